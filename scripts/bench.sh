#!/usr/bin/env bash
# Runs the benchmarks and the load suite; arguments go to both.
. "$(dirname "$0")/lib.sh"
"$root/scripts/setup.sh"
"$root/scripts/engine.sh" start
"$root/scripts/publish.sh"
"$root/scripts/images.sh"
"$root/scripts/image.sh"
cd "$root"
for project in bench/McpDevBench.Benchmarks bench/McpDevBench.LoadTests; do
    [ -d "$project" ] || { say "$project is not there"; continue; }
    dotnet run --project "$project" -c Release -- "$@"
done
