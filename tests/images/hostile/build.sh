#!/usr/bin/env bash
# build.sh ROOT: busybox, with an entrypoint that leaves a trace and a program that would like to be root.
set -euo pipefail
root=$1
"$(dirname "$0")/../busybox/build.sh" "$root"
printf '#!/bin/sh\ntouch /tmp/entrypoint-ran /var/trap/entrypoint-ran\nexec "$@"\n' >"$root/entrypoint"
chmod 755 "$root/entrypoint"
mkdir -p "$root/var/trap"
# A program that would make its caller root, were that still possible.
mkdir "$root/setuid"
cp "$root/bin/busybox" "$root/setuid/busybox"
chmod 4755 "$root/setuid/busybox"
