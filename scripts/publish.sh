#!/usr/bin/env bash
# Builds the server, artifacts/mcp-devbench: one static binary without dependencies.
. "$(dirname "$0")/lib.sh"
"$root/scripts/agent.sh"
"$root/scripts/sqlite.sh"
one_at_a_time

binary=$artifacts/mcp-devbench
cd "$root"
if ! fresh "$binary" src "$artifacts/agent/devbench-agent" "$artifacts/sqlite/libe_sqlite3.a" Directory.*.props global.json; then
    say "building the server (Native AOT: about three minutes)"
    build_begins
    quietly "$cache/publish.log" dotnet publish src/McpDevBench -c Release -r "$(rid)" -o "$artifacts/publish" -v quiet
    # Moved into place under a new inode, so a server that runs from the old file is not affected.
    cp "$artifacts/publish/mcp-devbench" "$binary.new"
    touch -r "$begun" "$binary.new"
    mv "$binary.new" "$binary"
fi
is_static "$binary"
say "server: $(stat -c %s "$binary") bytes, ${binary#"$root"/}"
