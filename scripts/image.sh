#!/usr/bin/env bash
# Builds the container image mcp-devbench:dev around the published binary.
# `docker build -f Dockerfile.aot .` builds the same from source; it pulls a base image.
. "$(dirname "$0")/lib.sh"
"$root/scripts/setup.sh"
"$root/scripts/engine.sh" start
"$root/scripts/publish.sh"

files=$artifacts/image
rm -rf "$files"
mkdir -p "$files/rootfs/etc/ssl/certs" "$files/data" "$files/log"
cp "$artifacts/mcp-devbench" "$files/rootfs/mcp-devbench"
cp /etc/ssl/certs/ca-certificates.crt "$files/rootfs/etc/ssl/certs/"

stale=$(docker image inspect -f '{{.Id}}' mcp-devbench:dev 2>/dev/null || true)
build_log=$(docker build -q -f "$root/Dockerfile.aot" --target prebuilt -t mcp-devbench:dev "$root" 2>&1) || fail "$build_log"
current=$(docker image inspect -f '{{.Id}}' mcp-devbench:dev)
[ -z "$stale" ] || [ "$stale" = "$current" ] || docker image rm "$stale" >/dev/null 2>&1 || true
say "image: mcp-devbench:dev"
