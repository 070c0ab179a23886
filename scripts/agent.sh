#!/usr/bin/env bash
# Builds the agent, artifacts/agent/devbench-agent: a static binary, small enough for every workspace.
. "$(dirname "$0")/lib.sh"
one_at_a_time

limit=$((4 * 1024 * 1024))
agent=$artifacts/agent/devbench-agent
cd "$root"
if ! fresh "$agent" src/McpDevBench.Agent src/McpDevBench.AgentProtocol Directory.*.props global.json; then
    say "building the agent"
    build_begins
    quietly "$cache/agent.log" dotnet publish src/McpDevBench.Agent -c Release -r "$(rid)" -o "$artifacts/agent" -v quiet
    touch -r "$begun" "$agent"
fi
is_static "$agent"
size=$(stat -c %s "$agent")
[ "$size" -le $limit ] || fail "the agent has $size bytes; at most $limit are allowed"
say "agent: $size bytes, ${agent#"$root"/}"
