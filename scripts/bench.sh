#!/usr/bin/env bash
# Runs the benchmarks, on the JIT and as native code, and then compares one call with the same through docker exec. With arguments it
# runs the benchmarks alone, and they are theirs: `record`, `compare`, or `--filter '*Metric*' --job short`. docs/performance.md says more.
. "$(dirname "$0")/lib.sh"
"$root/scripts/setup.sh"
# Embedded in the server; its build also brings the native compiler that the benchmarks need.
"$root/scripts/agent.sh"
cd "$root"
dotnet run --project bench/McpDevBench.Benchmarks -c Release -- "$@"
[ $# = 0 ] || exit 0

"$root/scripts/engine.sh" start
"$root/scripts/publish.sh"
"$root/scripts/images.sh"
"$root/scripts/image.sh"
dotnet run --project bench/McpDevBench.LoadTests -c Release
