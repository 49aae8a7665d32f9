"""Lists the scripts of a folder and runs one of them, for the folders bench, parity, learning and robustness.

    python scripts/bench                   # lists the scripts, each with the first line of its docstring
    python scripts/bench train --rounds 3  # does what python scripts/bench/train.py --rounds 3 does

A file of these folders is a script if it holds `if __name__ == "__main__"`; the others are imported by the scripts.
"""

import ast
import os
import pathlib
import sys


def runnable(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """Returns {name: path} of the scripts in a folder."""
    files = sorted(folder.glob("[!_]*.py"))
    return {path.stem: path for path in files if '__name__ == "__main__"' in path.read_text()}


def summary(path: pathlib.Path) -> str:
    """Returns the first line of a file's docstring."""
    return ast.get_docstring(ast.parse(path.read_text())).splitlines()[0]


def listing(title: str, command: str, scripts: dict[str, pathlib.Path]) -> str:
    """Returns what an entrance prints when it is asked for nothing, or for help."""
    width = max(map(len, scripts)) + 2
    lines = [f"  {name:{width}}{summary(path)}" for name, path in scripts.items()]
    usage = [
        f"{command}                     lists the scripts",
        f"{command} NAME [arguments]    runs one; NAME --help tells its arguments",
    ]
    return "\n".join([*usage, "", title, "", *lines])


def main(file: str, title: str) -> None:
    """Answers the command line of an entrance.

    Args:
        file: `__file__` of the entrance, which lies in the folder of its scripts.
        title: one sentence about the scripts.
    """
    folder = pathlib.Path(file).resolve().parent
    command, scripts = f"python scripts/{folder.name}", runnable(folder)
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        print(listing(title, command, scripts))
    elif name not in scripts:
        print(f"The name of a script was expected. Received: {name!r}. Run `{command}` to see them.", file=sys.stderr)
        sys.exit(2)
    else:
        # The script takes the place of this process: signals, exit code and `__main__` are its own.
        os.execv(sys.executable, [sys.executable, str(scripts[name]), *arguments])
