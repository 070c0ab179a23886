#!/usr/bin/env bash
# build.sh ROOT: one static program and nothing else.
set -euo pipefail
mkdir -p "$1"
clang -static -Os -s -o "$1/hello" "$(dirname "$0")/hello.c"
