#!/usr/bin/env bash
# Checks the style and runs the tests, then those that concern the backend again on JAX. Arguments go to pytest, and
# paths or marks leave the JAX half out: bash scripts/test.sh -m slow, bash scripts/test.sh tests/data
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
cd "$root"
environment test
.venv/bin/ruff check .
.venv/bin/ruff format --check --quiet . || { echo "Run: .venv/bin/ruff format"; exit 1; }
.venv/bin/python -m pytest "$@"
case " $*" in *" -m "* | *" tests"* | *" keras_gan"*) exit ;; esac
echo "On JAX:"
KERAS_BACKEND=jax exec .venv/bin/python -m pytest "$@" tests/callbacks tests/exporting/test_process.py tests/losses \
  tests/models tests/networks tests/penalties tests/recipes tests/test_backend.py tests/test_runs.py
