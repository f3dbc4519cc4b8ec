#!/bin/sh
# An apply of 1,000 services and 103,000 files with an empty store, then a no-op plan of them beside git status, Turborepo, moon and Nx;
# and the peak resident set of both.
# usage: SHARED_BENCH=DIR bench/plan.sh [SERVICES] [FILES]     (DIR holds compare-planners.sh and generate-plan-monorepo.mjs)
set -eu
: "${SHARED_BENCH:?must name the directory of compare-planners.sh}"
here=$(cd "$(dirname "$0")/.." && pwd)
work=${BENCH_DIR:-${TMPDIR:-/tmp}/orchestrate-bench}
repo="$work/mono-${1:-1000}-${2:-100}"
export BENCH_DIR="$work" ORCHESTRATE_STORE="$work/store"
peak_of() {
  command=$1
  shift
  /usr/bin/time --format="peak resident set of $command: %M KiB (at most 204800)" \
    --output="$work/peaks" --append node "$here/packages/cli/dist/orchestrate.js" "$command" "$@" >/dev/null 2>"$work/$command.log"
}
rm -rf "$ORCHESTRATE_STORE" "$work/peaks"
mkdir -p "$work"
mkdir -m 700 "$ORCHESTRATE_STORE"
[ -d "$repo/.git" ] || node "$SHARED_BENCH/generate-plan-monorepo.mjs" "$repo" "${1:-1000}" "${2:-100}"
cd "$repo"
peak_of apply --no-load
bash "$SHARED_BENCH/compare-planners.sh" "node $here/packages/cli/dist/orchestrate.js" "$@"
peak_of plan --json
cat "$work/peaks"
