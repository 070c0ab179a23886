#!/usr/bin/env bash
# Removes what was built here. The engine that was started here is stopped first: its log and pid file live in .cache.
. "$(dirname "$0")/lib.sh"
"$root/scripts/engine.sh" stop
rm -rf "$artifacts" "$cache" "$root"/tests/clients/*/node_modules "$root"/tests/clients/node_modules
