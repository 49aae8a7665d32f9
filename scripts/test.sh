#!/usr/bin/env bash
# Checks the style and runs the tests. Arguments go to pytest: bash scripts/test.sh -m slow, bash scripts/test.sh tests/data
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
cd "$root"
environment test
.venv/bin/ruff check .
.venv/bin/ruff format --check --quiet . || { echo "Run: .venv/bin/ruff format"; exit 1; }
exec .venv/bin/python -m pytest "$@"
