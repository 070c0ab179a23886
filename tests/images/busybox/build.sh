#!/usr/bin/env bash
# build.sh ROOT: static busybox under the name of each of its applets, and the little that programs expect around it.
set -euo pipefail
root=$1
mkdir -p "$root"/{bin,etc,home,proc,sys,dev,run,var/tmp}
mkdir -m 1777 "$root/tmp"
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in $(busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
printf 'root:x:0:0:root:/:/bin/sh\nuser:x:1000:1000:user:/tmp:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nuser:x:1000:\n' >"$root/etc/group"
