#!/usr/bin/env bash
# Checks the style and runs the tests, then those that concern the backend again on JAX, in two processes. Arguments go to
# pytest; paths or marks run in one process and leave the JAX half out: bash scripts/test.sh -m slow
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
cd "$root"
environment test
.venv/bin/ruff check .
.venv/bin/ruff format --check --quiet . || { echo "Run: .venv/bin/ruff format"; exit 1; }
if [ "${1:-}" = --contract ]; then # the whole contract, of all rows or of those named: bash scripts/test.sh --contract cycle_gan
  shift
  names="$(printf '%s or ' "$@")"
  exec .venv/bin/python -m pytest -m contract ${1:+-k "${names% or }"} tests
fi
case " $*" in *" -m "* | *" tests"* | *" keras_gan"*) exec .venv/bin/python -m pytest "$@" ;; esac
.venv/bin/python -m pytest -n 2 --dist loadfile "$@"
echo "On JAX:"
KERAS_BACKEND=jax exec .venv/bin/python -m pytest -n 2 --dist loadfile "$@" \
  tests/callbacks tests/losses tests/exporting/test_process.py tests/models/test_gan.py tests/game \
  tests/penalties tests/networks/test_networks.py tests/test_backend.py tests/runs tests/test_schedules.py
