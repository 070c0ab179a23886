#!/usr/bin/env bash
# Downloads Debian's docker-registry into .cache/registry/usr/bin, for the tests of pulls. The package is only unpacked: no service starts.
. "$(dirname "$0")/lib.sh"
one_at_a_time

registry=$cache/registry
if fresh "$registry/usr/bin" "$root/scripts/registry.sh"; then exit 0; fi
if ! have apt-get || ! have dpkg-deb; then
    fail "apt-get or dpkg-deb not found: put docker-registry into ${registry#"$root"/}/usr/bin yourself"
fi

say "downloading a registry"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
# As the calling user: apt's own user cannot write here.
download() { apt-get download -qq -o APT::Sandbox::User="$(id -un)" docker-registry >/dev/null; }
# The lists may be missing, or older than the package.
if ! download 2>/dev/null; then
    as_root apt-get update -qq
    download
fi
dpkg-deb -x ./docker-registry_*.deb unpacked
unpacked/usr/bin/docker-registry --version >/dev/null ||
    fail "docker-registry does not run here: $(ldd unpacked/usr/bin/docker-registry 2>&1)"
rm -rf "$registry"
mv unpacked "$registry"
touch "$registry/usr/bin"
