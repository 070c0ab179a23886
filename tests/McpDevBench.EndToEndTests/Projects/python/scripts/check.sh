#!/bin/sh
# Every module has to compile and every test has to pass.
set -e
cd "$(dirname "$0")/.."
.venv/bin/python -m compileall -q ledger tests
exec .venv/bin/python -m pytest -q "$@"
