#!/usr/bin/env bash
# Starts a server from a fresh clone, prints how to connect, and runs in the foreground until Ctrl-C.
. "$(dirname "$0")/lib.sh"

export MCP_HOST=${MCP_HOST:-127.0.0.1} MCP_PORT=${MCP_PORT:-8000} MCP_PATH=${MCP_PATH:-/mcp}
state=${XDG_STATE_HOME:-$HOME/.local/state}/mcp-devbench
export MCP_STATE_DB=${MCP_STATE_DB:-$state/state.db}
# An IPv6 address needs brackets in a URL.
in_url() { case $1 in *:*) echo "[$1]" ;; *) echo "$1" ;; esac; }
base=http://$(in_url "$MCP_HOST"):$MCP_PORT
url=$base$MCP_PATH
export MCP_METRICS_ENABLED=${MCP_METRICS_ENABLED:-true} MCP_METRICS_PORT=${MCP_METRICS_PORT:-9090}
metrics="off (MCP_METRICS_ENABLED=$MCP_METRICS_ENABLED)"
case ${MCP_METRICS_ENABLED,,} in
    true | 1 | yes | on) metrics=http://$(in_url "${MCP_METRICS_HOST:-$MCP_HOST}"):$MCP_METRICS_PORT/metrics ;;
esac

answers() { curl -fsS -o /dev/null --max-time 2 "$base/health/$1" 2>/dev/null; }

how_to_connect() {
    cat <<TEXT

MCP DevBench answers at $url

Claude Code:
  claude mcp add --transport http devbench '$url'

VS Code (.vscode/mcp.json):
  { "servers": { "devbench": { "type": "http", "url": "$url" } } }

Cursor (~/.cursor/mcp.json):
  { "mcpServers": { "devbench": { "url": "$url" } } }

curl:
  curl -s '$url' -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \\
    -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"system_status","arguments":{}}}'

Metrics for Prometheus: $metrics
Health: $base/health/ready

Without access to a registry, 'scripts/images.sh python' builds a local image to spawn: devbench-test/python:1

TEXT
}

if answers live; then
    say "a server is running already"
    how_to_connect
    exit 0
fi

"$root/scripts/setup.sh"
"$root/scripts/engine.sh" start
export MCP_DOCKER_HOST=${MCP_DOCKER_HOST:-$(engine_address)}
"$root/scripts/publish.sh"
mkdir -p "$(dirname "$MCP_STATE_DB")"

"$artifacts/mcp-devbench" serve &
server=$!
trap 'kill -TERM $server 2>/dev/null' INT TERM HUP

until answers ready; do
    kill -0 $server 2>/dev/null || { wait $server || true; fail "the server did not start: see its output above"; }
    sleep 0.1
done
how_to_connect
say "Ctrl-C stops the server; its workspaces continue to run"

# A trapped signal ends the first wait early, so wait again until the server has ended.
status=0
while kill -0 $server 2>/dev/null; do
    status=0
    wait $server || status=$?
done
exit $status
