#!/usr/bin/env bash
# build.sh ROOT: busybox, where the directories that we mount are links that lead elsewhere (and have volumes in them).
set -euo pipefail
root=$1
"$(dirname "$0")/../busybox/build.sh" "$root"
ln -s /etc "$root/workspace"
ln -s /tmp "$root/devbench"
