#!/bin/sh
# `orchestrate --version` beside a bare `node -e 0`. To reach: at most 40 ms more, as medians of one run.
set -eu
cd "$(dirname "$0")/.."
command -v hyperfine >/dev/null || { echo 'hyperfine is missing: apt-get install hyperfine' >&2; exit 5; }
report=$(mktemp)
trap 'rm -f "$report"' EXIT
hyperfine --warmup 5 --runs "${RUNS:-30}" --shell=none --export-json "$report" \
  --command-name node 'node -e 0' \
  --command-name orchestrate 'node packages/cli/dist/orchestrate.js --version'
node -e '
const [node, orchestrate] = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).results
console.log(`orchestrate --version: ${((orchestrate.median - node.median) * 1000).toFixed(0)} ms more than a bare node (to reach: 40)`)
' "$report"
