#!/usr/bin/env bash
# build.sh ROOT: Debian with the usual tools of six languages, and what installs and builds there without a network. Has to be root.
set -euo pipefail
root=${1:?}
mkdir -p "$root"
log=$root.log
packages=(
    bash coreutils ca-certificates curl file git less openssl patch procps
    python3 python3-venv python3-pip python3-pytest python3-setuptools-whl python3-wheel-whl
    nodejs npm node-gyp libnode-dev
    gcc g++ libc6-dev make cmake gdb
    golang-go rustc cargo default-jdk-headless
)
cleanup() { ! mountpoint -q "$root/proc" || umount "$root/proc"; }
trap cleanup EXIT
install() {
    debootstrap --variant=minbase bookworm "$root"
    mount -t proc proc "$root/proc"
    # Installing writes nothing that has to survive a power cut, and starts no service.
    printf 'force-unsafe-io\n' >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    printf 'path-exclude=/usr/share/%s/*\n' doc man info locale lintian >"$root/etc/dpkg/dpkg.cfg.d/excludes"
    # Some packages link their manual pages when they are installed.
    mkdir -p "$root/usr/share/man/man1"
    chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"
    rm "$root/etc/dpkg/dpkg.cfg.d/unsafe-io" "$root/usr/sbin/policy-rc.d"
    ln -s python3 "$root/usr/bin/python"
}
install >"$log" 2>&1 || { tail -n 30 "$log" >&2; exit 1; }
cleanup
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/cache/debconf/* "$root"/var/log/* \
    "$root"/usr/share/{doc,man,info,locale,lintian}/* "${root:?}"/dev/* "${root:?}"/sys/* "$root"/etc/{resolv.conf,hostname}
