# Every task of the repository. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

CARGO ?= cargo

# In CI one target directory serves every checkout; elsewhere cargo's own choice stands.
ifeq ($(CI),true)
export CARGO_TARGET_DIR := $(or $(HAECHI_TARGET_DIR),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/haechi/target)
endif

# The command, built if need be.
HAECHI = $(CARGO) run --quiet --locked --package haechi --bin haechi --
SHOP := examples/shop

# The measuring program, which measures the haechi that was built beside it.
BENCH_RUN = $(CARGO) run --quiet --locked --release --package haechi-bench --
# How long each fuzz target runs, and which.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= parse answer
# Options for the benches, for instance BENCH="--bench compile" or, of bench-peers, BENCH="--sizes 100,300 --runs 1".
BENCH ?=
# Options for cargo-mutants, for instance MUTANTS='--file crates/haechi-engine/src/space.rs'.
MUTANTS ?=

##@ Using it

.PHONY: help
help: ## List these targets.
	@awk 'BEGIN { FS = ":.*## " } \
	    /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	    /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: deps ## Build haechi and ask it about the example shop: the table, one explanation, a picture in docs/images/.
	@$(CARGO) build --locked --package haechi --bin haechi
	@printf '\n$$ haechi reach -f $(SHOP)\n'
	@$(HAECHI) reach -f $(SHOP)
	@printf '\n$$ haechi explain -f $(SHOP) checkout postgres 5432\n'
	@$(HAECHI) explain -f $(SHOP) checkout postgres 5432
	@mkdir -p docs/images
	@$(HAECHI) reach -f $(SHOP) -o svg > docs/images/shop.svg.new || { rm docs/images/shop.svg.new; exit 1; }
	@mv docs/images/shop.svg.new docs/images/shop.svg
	@printf '\nThe same as a picture: docs/images/shop.svg\n'

.PHONY: demo-diff
demo-diff: deps ## What a pull request to the example shop would really change (exit code 1 is a finding, not a failure).
	@after=$$(mktemp -d); trap 'rm -rf "$$after"' EXIT; \
	    cp -R $(SHOP)/. "$$after" && cp -R examples/shop-pr/. "$$after"; \
	    $(HAECHI) diff $(SHOP) "$$after" || [ $$? = 1 ]

.PHONY: install
install: deps ## Install haechi into cargo's bin folder.
	$(CARGO) install --locked --path crates/haechi

##@ Working on it

.PHONY: test
test: deps ## Run every test that a fresh clone can run.
	$(CARGO) test --locked --workspace
	$(HAECHI) test -f $(SHOP) $(SHOP)/tests

.PHONY: ci
ci: ## Run exactly what CI runs: format, edges, dependencies, clippy, docs, tests, demo, generated files.
	@.ci/run

.PHONY: fmt
fmt: ## Format the code.
	$(CARGO) fmt --all

.PHONY: fmt-check
fmt-check: ## Fail on code that is not formatted.
	$(CARGO) fmt --all --check

.PHONY: clippy
clippy: ## Fail on any warning of the compiler or of clippy.
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

.PHONY: doc
doc: ## Build the API documentation; fail on any warning.
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps

.PHONY: edges
edges: ## Fail on a dependency between crates that points outward, and on I/O in the core.
	@scripts/check-edges.sh

.PHONY: deny
deny: ## Check licences, duplicate versions and sources of dependencies (deny.toml).
	@scripts/deps.sh ci
	$(CARGO) deny --locked check licenses bans sources

.PHONY: advisories
advisories: ## Check dependencies against the RustSec database, which is fetched from GitHub (so not a part of ci).
	@scripts/deps.sh ci
	$(CARGO) deny --locked check advisories

.PHONY: generate
generate: ## Rewrite the files that are generated from the code (docs/schemas and the like).
	HAECHI_BLESS=1 $(CARGO) test --locked --package haechi --test generated

.PHONY: bench
bench: deps ## Run the benches of reading, compiling, all pairs and explaining, on generated clusters.
	$(CARGO) bench --locked --package haechi-bench $(or $(BENCH),--bench '*')

.PHONY: bench-parts
bench-parts: bench ## The same, and write the figures into docs/performance.md.
	$(BENCH_RUN) parts --update docs/performance.md

.PHONY: bench-command
bench-command: bench-build ## Measure what docs/performance.md promises of the command, and write the figures there.
	$(BENCH_RUN) command --update docs/performance.md $(BENCH)

.PHONY: bench-growth
bench-growth: bench-build ## Plot how cost grows with pods, policies, labels and ports, into docs/performance.md.
	$(BENCH_RUN) growth --out docs/performance --update docs/performance.md $(BENCH)

.PHONY: bench-peers
bench-peers: bench-build ## Run other analysers on the same clusters, growing, into docs/performance.md (needs Go).
	@scripts/deps.sh peers
	$(BENCH_RUN) peers --update docs/performance.md $(BENCH)

.PHONY: bench-build
bench-build: deps
	$(CARGO) build --locked --release --package haechi --bin haechi --package haechi-bench

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZ_SECONDS (needs nightly; what fuzzing found is replayed by `make test`).
	@scripts/deps.sh fuzz
	@# No unsafe code here, so a sanitizer would find nothing and halve the speed.
	@for target in $(FUZZ_TARGETS); do \
	    echo "== $$target: $(FUZZ_SECONDS) s =="; \
	    cargo +nightly fuzz run --sanitizer none "$$target" -- -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done

.PHONY: mutants
mutants: ## Change the policy and engine crates in every small way, and list what no test notices (days; see MUTANTS).
	@scripts/deps.sh mutants
	$(CARGO) mutants $(MUTANTS)

.PHONY: deps
deps: ## Install what building needs and is missing, saying what and why (`make deny`, `fuzz`, … install their own).
	@scripts/deps.sh build
