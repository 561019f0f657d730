#!/usr/bin/env bash
# Fails if a crate depends on one that it must not, or if a crate of the core does I/O or reads a clock.
#
# model ← policy ← engine ← source ← haechi. haechi-draw knows none of ours. haechi-bench measures, so it may know all.
# Only what is linked counts; a crate's tests may reach further.
set -euo pipefail
cd "$(dirname "$0")/.."

# crate: the crates of ours that it may depend on.
allowed() {
    case $1 in
    haechi-model | haechi-draw) echo "" ;;
    haechi-policy) echo "haechi-model" ;;
    haechi-engine) echo "haechi-model haechi-policy" ;;
    haechi-source) echo "haechi-model haechi-policy haechi-engine" ;;
    haechi) echo "haechi-model haechi-policy haechi-engine haechi-source haechi-draw" ;;
    haechi-bench) echo "haechi-model haechi-policy haechi-engine haechi-source haechi-draw haechi" ;;
    *) return 1 ;;
    esac
}

# Async runtimes, network clients and servers: nothing that the core may be built on, however far down.
outside='async-.*|aws-.*|futures.*|h2|hyper.*|kube.*|mio|notify|reqwest|rustls.*|smol|socket2|tokio.*|tonic|tower.*|ureq'

# What reaches outside of a function: files, sockets, processes, the environment, clocks, async.
doors='fs|env|process|time|os|net::(Tcp|Udp|ToSocketAddrs)[A-Za-z]*'
reaches="\bstd::($doors)\b|\basync\s+(fn|move|\{)|\.await\b|\b(SystemTime|Instant)::now\b"
grouped='use\s+std::\{[^;]*\b(fs|env|process|time|os)\b'

failed=0
complain() {
    printf 'check-edges: %s\n' "$*" >&2
    failed=1
}

for manifest in crates/*/Cargo.toml; do
    crate=$(basename "$(dirname "$manifest")")
    if ! may=$(allowed "$crate"); then
        complain "$crate is not in the list of scripts/check-edges.sh: say there, and in ARCHITECTURE.md, what it may depend on"
        continue
    fi
    tree=$(cargo tree --locked --quiet --package "$crate" --edges normal,build --target all --all-features --prefix none --format '{p}')
    grep -A1 -x '\[lints\]' "$manifest" | grep -qx 'workspace = true' ||
        complain "$crate does not take the workspace's lints, which forbid unsafe code"
    # The crate itself is in the list, which proves that there was one to read.
    grep -q "^$crate v" <<<"$tree" || complain "cargo tree says nothing of $crate"
    depends=$(cut -d' ' -f1 <<<"$tree" | sort -u)

    for dependency in $(grep -E '^haechi(-|$)' <<<"$depends" || true); do
        [ "$dependency" = "$crate" ] && continue
        case " $may " in
        *" $dependency "*) ;;
        *) complain "$crate depends on $dependency; it may on: ${may:-none of ours}" ;;
        esac
    done

    case $crate in
    haechi-model | haechi-policy | haechi-engine)
        while read -r dependency; do
            complain "$crate, which does no I/O, depends on $dependency"
        done < <(grep -Ex "$outside" <<<"$depends" || true)

        while IFS= read -r -d '' file; do
            # Comments may speak of what code must not do.
            code=$(sed -E 's,//.*,,' "$file")
            while IFS= read -r line; do
                complain "$file:$line"
            done < <(grep -nE "$reaches" <<<"$code" || true)
            if tr '\n' ' ' <<<"$code" | grep -qE "$grouped"; then
                complain "$file: a grouped use of std that takes files, time, processes or the environment"
            fi
        done < <(find "crates/$crate/src" -name '*.rs' ! -name 'tests.rs' ! -path '*/tests/*' -print0)
        ;;
    esac
done

[ "$failed" = 0 ] || exit 1
echo "check-edges: every dependency points inward"
