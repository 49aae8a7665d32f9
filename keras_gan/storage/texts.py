"""Reading small files and JSON that somebody else may have written."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MOST = 8 * 2**20  # bytes of a JSON text; the configuration of a GAN has some thousands
DEEPEST = 64  # levels of JSON; networks within wrappers within networks need about 20
LONGEST = 10_000  # entries of one list or dict


def read(path: Path, what: str, most: int = MOST) -> bytes:
    """Reads a file: a regular one, so that a pipe or a device does not hang, and one of no more bytes than plausible.

    Args:
        path: the file.
        what: what it is called in errors, with its article.
        most: bytes at most.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is not a regular file, or larger.
    """
    check_regular(path, what)
    with open(path, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{what} must have at most {most:,} bytes. Received: {path} with more.")
    return content


def check_regular(path: Path, what: str) -> None:
    """Raises ValueError for a pipe, a device or a folder, which would be waited for or read without an end."""
    if not stat.S_ISREG(Path(path).stat().st_mode):
        raise ValueError(f"{what} must be a file. Received: {path}, which is a folder, a pipe or a device.")


def parse_json(text: bytes | str, most: int = MOST) -> Any:
    """Parses JSON of plausible size and depth.

    Raises:
        ValueError: if it is no JSON, larger, nested deeper, or holds a longer list than plausible.
    """
    if len(text) > most:
        raise ValueError(f"JSON of at most {most:,} bytes was expected, not {len(text):,}")
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError(f"JSON of at most {DEEPEST} levels was expected") from None
    for _ in walk(value):
        pass
    return value


def walk(value: Any) -> Iterator[Any]:
    """Yields a JSON value and all that is in it. Raises ValueError where it is deeper or longer than plausible."""
    waiting = [(value, 1)]
    while waiting:
        value, depth = waiting.pop()
        yield value
        if not isinstance(value, (dict, list)):
            continue
        if depth > DEEPEST or len(value) > LONGEST:
            raise ValueError(f"JSON of at most {DEEPEST} levels and {LONGEST:,} entries in each was expected")
        waiting.extend((inner, depth + 1) for inner in (value.values() if isinstance(value, dict) else value))
