"""CSV logs that somebody else may have written."""

import csv
import io
import re
from pathlib import Path

from keras_gan.untrusted.texts import read

MOST = 2**28  # bytes: a million epochs
COLUMNS = 1000
EPOCH = re.compile(r"[0-9]{1,9}", re.ASCII)


def read_rows(path: Path) -> list[dict[str, str]]:
    """Reads what `keras.callbacks.CSVLogger` wrote: a dict for each epoch, with its number under "epoch".

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is no such log.
    """
    try:
        text = read(path, "A log", MOST).decode()
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except (ValueError, csv.Error) as error:
        raise ValueError(f"A log must be readable. Received: {path}: {error}.") from error
    names = rows[0] if rows else {}
    if len(names) > COLUMNS or not all(EPOCH.fullmatch(row.get("epoch") or "") for row in rows):
        raise ValueError(
            f"A log must have a whole number under `epoch` in each row, and at most {COLUMNS} columns. "
            f"Received: {path}. Remove it, or put a copy in its place."
        )
    return rows
