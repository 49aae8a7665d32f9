"""The log of a run: a CSV file with a row an epoch."""

import csv
import math
import os
import warnings
from pathlib import Path

from keras_gan import files
from keras_gan.callbacks.loss_plot import number


def values(path: Path, name: str) -> list[float]:
    """Returns the finite values of one column of a log, none where there is no log."""
    if not path.exists():
        return []
    with open(path, newline="", errors="replace") as file:
        found = [number(row.get(name)) for row in csv.DictReader(file)]
    return [value for value in found if math.isfinite(value)]


def forget_epochs_from(path: Path, epoch: int) -> None:
    """Removes from a log what a killed run had written about epochs that it did not save, and half a row.

    What is removed is the end of the file, as a rule, which needs no room on a full disk. Where it cannot be removed, a
    warning says so.
    """
    if not path.exists():
        return
    header, *rows = path.read_bytes().splitlines(keepends=True) or [b""]
    kept = [row for row in rows if _is_row_before(epoch, row, header)]
    if kept == rows:
        return
    try:
        if kept == rows[: len(kept)]:
            os.truncate(path, len(header) + sum(map(len, kept)))
            return
        with files.replacing(path) as written:
            written.write_bytes(b"".join([header, *kept]))
    except OSError as error:
        warnings.warn(f"The log was not cut: {error}. Training goes on.", stacklevel=3)


def _is_row_before(epoch: int, row: bytes, header: bytes) -> bool:
    """Tells whether a row of a log is whole and of an epoch before this one."""
    first, *others = row.split(b",")
    return first.isdigit() and int(first) < epoch and len(others) >= header.count(b",") and row.endswith(b"\n")
