#!/usr/bin/env bash
# Installs Chromium for the tests of browsers, unless it is installed.
. "$(dirname "$0")/lib.sh"
one_at_a_time

if have chromium; then exit 0; fi
have apt-get || fail "apt-get not found: install chromium yourself"
say "installing chromium"
as_root apt-get update -qq
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
