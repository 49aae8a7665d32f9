# Sourced by demo.sh and test.sh. `environment EXTRA` makes the project's .venv, or brings an existing one up to date,
# and installs the package with the extra (may be empty). Needs Python 3.11 to 3.13 and a package index.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

find_python() {
  local name
  for name in "${PYTHON:-}" python3.13 python3.12 python3.11 python3 python; do
    if [ -n "$name" ] && "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  echo "Python 3.11, 3.12 or 3.13 is needed and was not found. Install one, or set PYTHON=/path/to/python." >&2
  return 1
}

environment() {
  local extra="${1:-}" python stamp wanted
  local venv="$root/.venv"
  if ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
    python="$(find_python)"
    echo "Making $venv with $("$python" --version)"
    rm -rf "$venv"
    if ! "$python" -m venv "$venv"; then
      echo "The module venv is missing. On Debian and Ubuntu: apt install python3-venv" >&2
      return 1
    fi
  fi
  stamp="$venv/installed-${extra:-package}"
  wanted="$(cat "$root/pyproject.toml" "$root/scripts/environment.sh" | cksum)"
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    echo "Installing keras_gan and what it needs (a few minutes the first time)"
    # Old versions of pip take hours to resolve these dependencies.
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$root${extra:+[$extra]}"
    echo "$wanted" > "$stamp"
  fi
}
