#!/usr/bin/env bash
# Runs other analysers beside haechi on the same generated clusters, growing until one takes longer than LIMIT seconds
# or the sizes end, and prints a Markdown table: CPU seconds (user + system) of the whole command. Needs Go.
#
#     LIMIT=300 SIZES="100 300 1000 3000 10000" NETPOL_ANALYZER=path CYCLONUS=path scripts/bench-peers.sh
#
# A peer whose module Go cannot fetch is left out, and the table says so; NETPOL_ANALYZER and CYCLONUS name programs that
# are there already.
set -euo pipefail
cd "$(dirname "$0")/.."

limit=${LIMIT:-300}
read -ra sizes <<<"${SIZES:-100 300 1000 3000 10000}"
target=${CARGO_TARGET_DIR:-target}
peers=${target}/peers
mkdir -p "$peers"
peers=$(cd "$peers" && pwd)

say() { printf 'bench-peers: %s\n' "$*" >&2; }

# name of the program, module and version: prints the program's path, or nothing.
peer() {
    if [ ! -x "$peers/$1" ]; then
        say "building $2"
        GOBIN=$peers go install "$2" >&2 || { say "$1 is left out: Go cannot fetch or build $2"; return; }
    fi
    echo "$peers/$1"
}

netpol_analyzer=${NETPOL_ANALYZER:-$(peer netpolicy github.com/np-guard/netpol-analyzer/cmd/netpolicy@latest)}
cyclonus=${CYCLONUS:-$(peer cyclonus github.com/mattfenwick/cyclonus/cmd/cyclonus@v0.5.6)}

cargo build --locked --release --package haechi --package haechi-bench >&2
haechi=$target/release/haechi

# Writes a cluster of $1 pods in ten-replica workloads and a tenth as many policies into the folder $2:
# cluster/ (one pod object a pod, and namespaces), cluster/policies.yaml (one NetworkPolicyList), and probe.json, the same pods as
# cyclonus wants them.
generate() {
    "$target/release/haechi-bench" generate --pods "$1" --policies "$(($1 / 10))" --seed 1 --peers --out "$2"
}

# CPU seconds of a command, or why there are none.
measure() {
    local spent code=0
    # The shell counts only children that it waited for, so the command gets a shell of its own.
    spent=$(
        TIMEFORMAT='%U %S'
        { time timeout "$limit" "$@" >/dev/null 2>"$work/stderr"; } 2>&1
    ) || code=$?
    case $code in
    0) awk '{ printf "%.2f", $1 + $2 }' <<<"$spent" ;;
    124) printf '> %s' "$limit" ;;
    *)
        say "exit $code of $*: $(tail -n 1 "$work/stderr")"
        printf 'failed'
        ;;
    esac
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "CPU seconds on $(nproc) cores, limit $limit s of wall clock; $("$haechi" --version | head -n 1)"
echo
echo '| pods | policies | haechi | netpol-analyzer | cyclonus |'
echo '|---:|---:|---:|---:|---:|'
alive_netpol=${netpol_analyzer:+yes}
alive_cyclonus=${cyclonus:+yes}
for pods in "${sizes[@]}"; do
    generate "$pods" "$work/$pods"
    ours=$(measure "$haechi" reach --pods -f "$work/$pods/cluster" -o json)
    theirs=-
    if [ -n "$alive_netpol" ]; then
        theirs=$(measure "$netpol_analyzer" list --quiet --dirpath "$work/$pods/cluster")
        [[ $theirs = [0-9]* ]] || alive_netpol=
    fi
    others=-
    if [ -n "$alive_cyclonus" ]; then
        others=$(measure "$cyclonus" analyze --mode probe --policy-path "$work/$pods/cluster/policies.yaml" --probe-path "$work/$pods/probe.json")
        [[ $others = [0-9]* ]] || alive_cyclonus=
    fi
    echo "| $pods | $((pods / 10)) | $ours | $theirs | $others |"
    rm -rf "${work:?}/$pods"
done
