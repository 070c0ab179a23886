#!/usr/bin/env bash
# session.sh [COMMIT]: replays a recorded working day of 200 calls against the binary of this checkout, and of COMMIT, and prints the size
# of the answers of each.
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

commit=$(git rev-parse --verify --quiet "$1^{commit}") || fail "unknown commit '$1'"
other=$cache/session/$commit
if [ ! -x "$other/artifacts/mcp-devbench" ]; then
    mkdir -p "$cache/session"
    [ -d "$other" ] || git clone -q --no-checkout "$root" "$other"
    git -C "$other" checkout -q "$commit"
    "$other/scripts/publish.sh"
fi
say "commit $commit"
play "$other/artifacts/mcp-devbench"
