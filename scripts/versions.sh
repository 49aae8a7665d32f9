#!/usr/bin/env bash
# Builds the wheel, installs it into a new environment with the lowest or the newest versions that pyproject.toml allows,
# and runs the tests from a folder where the package's sources are not:
#   bash scripts/versions.sh lowest
#   bash scripts/versions.sh newest tests/models -x       # arguments go to pytest
# Takes the time of the tests, and a few minutes and 4 GB for the environment, in $TMPDIR, which is removed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
kind="${1:-}"
shift || true
case "$kind" in lowest | newest) ;; *) echo "Say which: bash scripts/versions.sh lowest, or newest" >&2; exit 2 ;; esac
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT

# A copy without the sources: what is imported is what the wheel has installed.
mkdir "$place/project"
(cd "$root" && git archive HEAD) | tar -x -C "$place/project"
"$(find_python)" -m venv "$place/venv"
pip="$place/venv/bin/python -m pip --disable-pip-version-check"
$pip install --quiet --upgrade "pip>=25"
(cd "$place/project" && $pip wheel --quiet --no-deps --wheel-dir "$place/wheel" .)
rm -rf "$place/project/keras_gan" "$place/project/build"

"$place/venv/bin/python" - "$place/project/pyproject.toml" "$kind" > "$place/constraints.txt" << 'PYTHON'
"""Prints a constraint for each dependency: of "keras>=3.15,<4" the lowest, "keras~=3.15.0"; of the newest none."""
import re
import sys

text, kind = open(sys.argv[1]).read(), sys.argv[2]
for name, lowest in re.findall(r'^    "([\w-]+)>=([\d.]+)', text, re.M) if kind == "lowest" else ():
    print(f"{name}~={lowest}.0" if lowest.count(".") < 2 else f"{name}=={lowest}")
PYTHON
wheel="$(ls "$place"/wheel/*.whl)"
$pip install --quiet --constraint "$place/constraints.txt" "${wheel}[test]"
echo "The $kind versions, from $(basename "$wheel"):"
$pip list 2> /dev/null | grep -E "^(jax|keras|keras-gan|numpy|onnx|onnxruntime|pillow|scikit-learn|tensorflow|tf2onnx) "

cd "$place/project"
"$place/venv/bin/python" -c "import keras_gan, sys; sys.exit('site-packages' not in keras_gan.__file__)"
[ $# -gt 0 ] || set -- -n 2 --dist loadfile tests
"$place/venv/bin/python" -m pytest "$@"
echo "The documentation's examples:"
"$place/venv/bin/python" -m pytest -q --pyargs keras_gan
