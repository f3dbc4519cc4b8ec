#!/bin/sh
# A no-op plan of 1,000 services and 103,000 files beside git status, Turborepo, moon and Nx; and its peak resident set.
# usage: SHARED_BENCH=DIR bench/plan.sh [SERVICES] [FILES]     (DIR holds compare-planners.sh)
set -eu
: "${SHARED_BENCH:?must name the directory of compare-planners.sh}"
here=$(cd "$(dirname "$0")/.." && pwd)
work=${BENCH_DIR:-${TMPDIR:-/tmp}/orchestrate-bench}
export BENCH_DIR="$work" ORCHESTRATE_STORE="$work/store"
mkdir -p -m 700 "$ORCHESTRATE_STORE"
bash "$SHARED_BENCH/compare-planners.sh" "node $here/packages/cli/dist/orchestrate.js" "$@"
cd "$work/mono-${1:-1000}-${2:-100}"
/usr/bin/time --format='peak resident set of plan: %M KiB (at most 204800)' node "$here/packages/cli/dist/orchestrate.js" plan --json >/dev/null
