#!/usr/bin/env bash
# Draws every dashboard of deploy/grafana with real data: the native binary, a real Prometheus with the rules of deploy/prometheus, and some
# minutes of load with faults, in which Docker is unavailable for a while and a workspace's container is removed without the server.
# dashboards.sh [DURATION [FOLDER]], by default 8m and docs/images/dashboards.
. "$(dirname "$0")/lib.sh"
duration=${1:-8m}
folder=${2:-$root/docs/images/dashboards}

"$root/scripts/setup.sh"
"$root/scripts/engine.sh" start
[ -n "${MCP_DEVBENCH_BINARY:-}" ] || "$root/scripts/publish.sh"
"$root/scripts/images.sh"
"$root/scripts/monitoring.sh"
cd "$root"
dotnet build bench/McpDevBench.LoadTests -c Release -v quiet
suite=$artifacts/bin/McpDevBench.LoadTests/release/McpDevBench.LoadTests.dll

engine_socket=$(engine_address)
[ "${engine_socket#unix://}" != "$engine_socket" ] ||
    fail "the engine is at $engine_socket; this script needs a Unix socket, which it removes for a while"
engine_socket=${engine_socket#unix://}

scratch=$(mktemp -d)
running=()
finish() {
    ln -sfn "$engine_socket" "$scratch/docker.sock"
    # The load ends first, then the server, which removes its workspaces.
    for process in "${running[@]}"; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap finish EXIT

free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)) && (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}
until_answers() { for _ in $(seq 300); do curl -fsS -o /dev/null "$1" 2>/dev/null && return; sleep 0.1; done; fail "no answer from $1"; }

server=http://127.0.0.1:$(free_port)
metrics=http://127.0.0.1:$(free_port)
prometheus=http://127.0.0.1:$(free_port)

ln -s "$engine_socket" "$scratch/docker.sock"
MCP_PORT=${server##*:} MCP_METRICS_PORT=${metrics##*:} MCP_DOCKER_HOST=unix://$scratch/docker.sock \
    MCP_STATE_DB=$scratch/state.db MCP_AUDIT_LOG_FILE=$scratch/audit.log \
    MCP_DEFAULT_IMAGE_ALIAS=devbench-test/busybox:1 MCP_MAX_CONCURRENT_EXECS=32 MCP_STOP_CONTAINERS_ON_EXIT=true \
    "${MCP_DEVBENCH_BINARY:-$artifacts/mcp-devbench}" serve 2>"$scratch/server.log" &
running+=($!)
until_answers "$server/health/ready"

# The files of deploy/, with intervals of seconds, free ports, and no Alertmanager.
mkdir "$scratch/rules"
for rules in deploy/prometheus/rules/*.yml; do sed -E 's/^( +interval:) .*/\1 5s/' "$rules" >"$scratch/rules/${rules##*/}"; done
sed -E -e "s/(scrape_interval): .*/\1: 2s/; s/(evaluation_interval): .*/\1: 5s/" \
    -e "s/mcp-devbench:9090/127.0.0.1:${metrics##*:}/; /^alerting:/,/^$/d" \
    deploy/prometheus/prometheus.yml >"$scratch/prometheus.yml"
"$cache/monitoring/usr/bin/prometheus" --config.file="$scratch/prometheus.yml" --storage.tsdb.path="$scratch/tsdb" \
    --web.listen-address="127.0.0.1:${prometheus##*:}" --log.level=error &
running+=($!)
until_answers "$prometheus/-/ready"

say "running the load with faults for $duration"
dotnet "$suite" run bad-day --duration "$duration" --server "$server" --metrics "$metrics/metrics" --out "$artifacts/bad-day" \
    >"$cache/bad-day.log" 2>&1 &
load=$!
running=("$load" "${running[@]}")

call() {
    curl -fsS "$server/mcp" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
        -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"$1\",\"arguments\":$2}}"
}
seconds=$(case $duration in *m) echo $((${duration%m} * 60)) ;; *) echo "${duration%s}" ;; esac)
begin=$SECONDS
sleep_until() { sleep $((begin + $1 > SECONDS ? begin + $1 - SECONDS : 0)); }

sleep_until $((seconds / 2))
say "removing a workspace's container without the server"
lost=$(call spawn '{}' | grep -oE 'c_[0-9a-f-]{36}' | head -1)
docker rm -f "mcp-devbench-$lost" >/dev/null

sleep_until $((seconds * 5 / 8))
say "making Docker unavailable"
rm "$scratch/docker.sock"
sleep $((seconds / 30 + 5))
ln -s "$engine_socket" "$scratch/docker.sock"
say "Docker is available again"

# Drawn while the last operations still run. Most queries look back five minutes, so the first minutes are left out.
sleep_until "$seconds"
dotnet "$suite" dashboards --prometheus "$prometheus" --grafana deploy/grafana/dashboards --out "$folder" \
    --last "$((seconds * 5 / 8))s"
# With these faults, objectives are missed: the dashboards are meant to show that.
wait "$load" || true
