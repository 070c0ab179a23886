#!/usr/bin/env bash
# Installs the third-party MCP clients of tests/clients if their lock file is newer than the installation.
. "$(dirname "$0")/lib.sh"

clients=$root/tests/clients
installed=$clients/node_modules/.installed
if ! fresh "$installed" "$clients/package.json" "$clients/package-lock.json"; then
    say "installing the MCP Inspector and the conformance suite"
    # Runs no package scripts. One package is the Node that these clients need, so npm's own Node may be older.
    npm ci --prefix "$clients" --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2
    touch "$installed"
fi
