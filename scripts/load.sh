#!/usr/bin/env bash
# Puts the native binary under load and checks its SLOs. The report is artifacts/load-report/README.md.
# Without arguments: every scenario for two minutes. Arguments are passed to the suite: scripts/load.sh mixed --duration 5m --rate 20
. "$(dirname "$0")/lib.sh"
"$root/scripts/setup.sh"
"$root/scripts/engine.sh" start
"$root/scripts/publish.sh"
"$root/scripts/images.sh"
cd "$root"
[ $# -gt 0 ] || set -- --duration 2m
dotnet run --project bench/McpDevBench.LoadTests -c Release -- run "$@"
