#!/usr/bin/env bash
# Installs missing packages on Debian or Ubuntu: the linker and the static libraries for a Native AOT build, programs for the test images,
# npm, and a Docker Engine if none answers.
. "$(dirname "$0")/lib.sh"

have dotnet || fail ".NET 10 SDK not found: install it from https://dotnet.microsoft.com/download"

packages=(clang lld binutils cmake libssl-dev zlib1g-dev busybox-static debootstrap patch curl ca-certificates)
have npm || packages+=(nodejs npm)
# The engine's package includes the client, except on newer Debians, which have a separate package.
if ! engine_answers && ! have dockerd && [ ! -x /usr/sbin/dockerd ]; then packages+=(docker.io); fi
if ! have docker; then
    if [ -n "$(apt-cache search --names-only '^docker-cli$' 2>/dev/null)" ]; then packages+=(docker-cli); else packages+=(docker.io); fi
fi

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing=()
if have dpkg-query; then
    for package in "${packages[@]}"; do installed "$package" || missing+=("$package"); done
else
    say "dpkg not found: make sure that ${packages[*]} are installed"
fi
[ ${#missing[@]} -gt 0 ] || exit 0

say "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
as_root apt-get update -qq
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
