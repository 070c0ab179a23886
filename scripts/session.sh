#!/usr/bin/env bash
# Plays a recorded working day of 200 calls against the binary that is built here, and against that of another commit, and prints what the answers
# of each weigh.   scripts/session.sh [COMMIT]
. "$(dirname "$0")/lib.sh"
"$root/scripts/setup.sh"
"$root/scripts/engine.sh" start
"$root/scripts/publish.sh"
"$root/scripts/images.sh"
cd "$root"

play() { MCP_DEVBENCH_BINARY=$1 dotnet run --project bench/McpDevBench.LoadTests -c Release -- session; }

say "this checkout"
play "$artifacts/mcp-devbench"
[ $# -gt 0 ] || exit 0

commit=$(git rev-parse --verify --quiet "$1^{commit}") || fail "there is no commit $1"
other=$cache/session/$commit
if [ ! -x "$other/artifacts/mcp-devbench" ]; then
    mkdir -p "$cache/session"
    [ -d "$other" ] || git clone -q --no-checkout "$root" "$other"
    git -C "$other" checkout -q "$commit"
    "$other/scripts/publish.sh"
fi
say "commit $commit"
play "$other/artifacts/mcp-devbench"
