#!/usr/bin/env bash
# build.sh ROOT: Debian's smallest base with bash, coreutils and Python. Has to be root.
set -euo pipefail
root=${1:?}
mkdir -p "$root"
log=$root.log
debootstrap --variant=minbase --include=python3 bookworm "$root" >"$log" 2>&1 || { tail -n 30 "$log" >&2; exit 1; }
ln -s python3 "$root/usr/bin/python"
# What nobody runs in a workspace: package lists and archives, manuals, translations, the device nodes of the host's making.
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/cache/debconf/* "$root"/var/log/* \
    "$root"/usr/share/{doc,man,info,locale,lintian}/* "${root:?}"/dev/* "${root:?}"/proc/* "${root:?}"/sys/*
