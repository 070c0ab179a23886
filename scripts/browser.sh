#!/usr/bin/env bash
# Installs Chromium, which the tests open pages with, unless it is there.
. "$(dirname "$0")/lib.sh"
one_at_a_time

if have chromium; then exit 0; fi
have apt-get || fail "no apt here: install chromium yourself"
say "installing chromium"
as_root apt-get update -qq
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
