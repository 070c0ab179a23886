#!/usr/bin/env bash
# Removes all build results. First stops the Docker Engine that engine.sh started, because its log and pid file are in .cache.
. "$(dirname "$0")/lib.sh"
"$root/scripts/engine.sh" stop
rm -rf "$artifacts" "$cache" "$root"/tests/clients/*/node_modules "$root"/tests/clients/node_modules
