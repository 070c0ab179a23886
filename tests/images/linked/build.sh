#!/usr/bin/env bash
# build.sh ROOT: busybox, where what we mount and what we write are links that lead elsewhere, or folders.
set -euo pipefail
root=$1
"$(dirname "$0")/../busybox/build.sh" "$root"
ln -s /etc "$root/workspace"
ln -s /tmp "$root/devbench"
mkdir -p "$root/var/lib/users" "$root/etc/gitconfig"
mv "$root/etc/passwd" "$root/var/lib/users/passwd"
ln -s ../../../../../var/lib/users/passwd "$root/etc/passwd"
ln -sf group "$root/etc/group"
rmdir "$root/home"
ln -s /nowhere/home "$root/home"
