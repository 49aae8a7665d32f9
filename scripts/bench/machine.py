"""What every benchmark tells with its numbers: the machine, the versions, and the file that --json asks for."""

import argparse
import importlib.metadata
import json
import os
import pathlib
import platform


def parser(documentation: str, rounds: int | None = None) -> argparse.ArgumentParser:
    """Returns a parser that knows --json, and --rounds where a default is given."""
    made = argparse.ArgumentParser(description=documentation.splitlines()[0])
    made.add_argument("--json", type=pathlib.Path, help="also write the results to this file")
    if rounds:
        made.add_argument("--rounds", type=int, default=rounds, help=f"how often each side is measured ({rounds})")
    return made


def facts(*packages: str) -> dict:
    """Prints and returns what the machine is, how busy it is, and the versions of these packages."""
    found = {
        "cores": os.cpu_count(),
        "load": [round(load, 1) for load in os.getloadavg()],
        "processor": platform.processor() or platform.machine(),
        "platform": platform.platform(),
        "python": platform.python_version(),
    }
    for name in packages:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    print(", ".join(f"{key} {value}" for key, value in found.items()))
    return found


def write(path: pathlib.Path | None, facts: dict, rows: list) -> None:
    """Writes the results as JSON, where --json has named a file."""
    if path:
        path.write_text(json.dumps({"machine": facts, "rows": rows}, indent=1) + "\n")
