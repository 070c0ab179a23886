#!/usr/bin/env bash
# Runs the benchmarks, on the JIT and as native code, and then compares one call with docker exec. Arguments are passed to the benchmarks,
# and nothing else runs: `record`, `compare`, or `--filter '*Metric*' --job short`. See docs/performance.md.
. "$(dirname "$0")/lib.sh"
"$root/scripts/setup.sh"
# The server embeds the agent; building it also downloads the native compiler for the benchmarks.
"$root/scripts/agent.sh"
cd "$root"
dotnet run --project bench/McpDevBench.Benchmarks -c Release -- "$@"
[ $# = 0 ] || exit 0

"$root/scripts/engine.sh" start
"$root/scripts/publish.sh"
"$root/scripts/images.sh"
"$root/scripts/image.sh"
dotnet run --project bench/McpDevBench.LoadTests -c Release
