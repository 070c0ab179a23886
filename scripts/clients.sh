#!/usr/bin/env bash
# Installs the clients that others wrote (tests/clients) when their lock file is newer than what is there.
. "$(dirname "$0")/lib.sh"

clients=$root/tests/clients
installed=$clients/node_modules/.installed
if ! fresh "$installed" "$clients/package.json" "$clients/package-lock.json"; then
    say "installing the MCP Inspector and the conformance suite"
    # No package's script runs. The Node that these clients need comes as a package among them, so npm's own may be older.
    npm ci --prefix "$clients" --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2
    touch "$installed"
fi
