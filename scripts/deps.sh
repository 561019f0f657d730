#!/usr/bin/env bash
# Installs what a target needs on a bare Debian or Ubuntu with Rust and a C compiler, and says what and why.
# What is there already is left alone.
#
#     scripts/deps.sh [build|ci|fuzz|mutants|peers]...
set -euo pipefail

# One place for the versions: raise them here.
cargo_deny=0.20.2
cargo_fuzz=0.13.2
cargo_mutants=27.1.0

say() { printf 'deps: %s\n' "$*" >&2; }

# A package of the distribution: program, package, why.
package() {
    command -v "$1" >/dev/null 2>&1 && return
    local sudo=()
    [ "$(id -u)" = 0 ] || sudo=(sudo)
    if ! command -v apt-get >/dev/null 2>&1; then
        say "$1 is missing ($3), and this is no Debian or Ubuntu: please install it"
        exit 1
    fi
    say "installing the package $2: $3"
    "${sudo[@]}" apt-get update -q >&2
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$2" >&2
}

# A cargo subcommand, pinned: name, version, why, further options of cargo install.
tool() {
    local name=$1 version=$2 why=$3
    shift 3
    local present
    present=$(cargo "${name#cargo-}" --version 2>/dev/null) || present=
    if [ -n "$present" ]; then
        [ "$present" = "$name $version" ] || say "using the $present that is here; CI uses $version"
        return
    fi
    say "installing $name $version: $why"
    local begin=$SECONDS
    # Without optimisation: it is the sooner built (cargo-deny in 46 s on two cores) and runs for a second.
    CARGO_PROFILE_DEV_DEBUG=0 cargo install --locked --debug --version "$version" "$@" "$name" >&2
    say "$name $version took $((SECONDS - begin)) s"
}

component() {
    cargo "$1" --version >/dev/null 2>&1 && return
    say "adding the toolchain component $2: $3"
    rustup component add "$2" >&2
}

if ! command -v cargo >/dev/null 2>&1; then
    say "Rust is missing: see https://rustup.rs"
    exit 1
fi

for want in "${@:-build}"; do
    case $want in
    build)
        package cc gcc "the linker that Rust calls"
        package git git "cargo and the version string read the checkout"
        ;;
    ci)
        "$0" build
        component fmt rustfmt "formatting is checked"
        component clippy clippy "lints are checked"
        tool cargo-deny "$cargo_deny" "checks licences, duplicates and sources of dependencies (deny.toml)"
        ;;
    fuzz)
        "$0" build
        package c++ g++ "libFuzzer is C++"
        if ! rustup toolchain list 2>/dev/null | grep -q '^nightly'; then
            say "adding the nightly toolchain: sanitizers and libFuzzer need it; nothing else does"
            rustup toolchain install nightly --profile minimal >&2
        fi
        tool cargo-fuzz "$cargo_fuzz" "runs the fuzz targets"
        ;;
    mutants)
        "$0" build
        tool cargo-mutants "$cargo_mutants" "changes the code and sees whether a test notices"
        ;;
    peers)
        "$0" build
        package go golang-go "the peers are Go programs, built as bench/peers pins them"
        # From 1.21 on, an older Go fetches by itself the newer one that a go.mod asks for.
        version=$(go env GOVERSION)
        if ! printf 'go1.21\n%s\n' "$version" | sort --version-sort --check=quiet; then
            say "$version is too old to build the peers: install a newer Go from https://go.dev/dl/"
            exit 1
        fi
        ;;
    *)
        say "unknown: $want (build, ci, fuzz, mutants, peers)"
        exit 2
        ;;
    esac
done
