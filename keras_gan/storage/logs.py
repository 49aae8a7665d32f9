"""The log of a run, by `keras.callbacks.CSVLogger`: a CSV file with a row an epoch. Strangers may have written it."""

import csv
import io
import math
import os
import re
import warnings
from pathlib import Path

from keras_gan.storage import files, texts

MOST = 2**28  # bytes: a million epochs
COLUMNS = 1000
EPOCH = re.compile(rb"[0-9]{1,9}")


def read_rows(path: Path) -> list[dict[str, str]]:
    """Reads a log: a dict for each epoch, with its number under "epoch".

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is no such log.
    """
    try:
        text = texts.read(path, "A log", MOST).decode()
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except (ValueError, csv.Error) as error:
        raise ValueError(f"A log must be readable. Received: {path}: {error}.") from error
    names = rows[0] if rows else {}
    if len(names) > COLUMNS or not all(EPOCH.fullmatch((row.get("epoch") or "").encode()) for row in rows):
        raise ValueError(
            f"A log must have a whole number under `epoch` in each row, and at most {COLUMNS} columns. "
            f"Received: {path}. Remove it, or put a copy in its place."
        )
    return rows


def number(text: str | None) -> float:
    """Returns what a cell of a log holds, NaN where that is no number."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return math.nan


def values(path: Path, name: str) -> list[float]:
    """Returns the finite values of one column of a log, none where there is no log."""
    if not path.exists():
        return []
    found = [number(row.get(name)) for row in read_rows(path)]
    return [value for value in found if math.isfinite(value)]


def forget_epochs_from(path: Path, epoch: int) -> None:
    """Removes from a log what a killed run had written about epochs that it did not save, and half a row.

    What is removed is the end of the file, as a rule, which needs no room on a full disk. Where it cannot be removed, a
    warning says so.
    """
    if not path.exists():
        return
    header, *rows = texts.read(path, "A log", MOST).splitlines(keepends=True) or [b""]
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
    of_epoch = EPOCH.fullmatch(first) and int(first) < epoch
    return bool(of_epoch) and len(others) >= header.count(b",") and row.endswith(b"\n")


def is_score(name, names):
    """Tells whether a logged value is a score of samples: validation of a loss or a probability is not."""
    return name.startswith("val_") and name.removeprefix("val_") not in names
