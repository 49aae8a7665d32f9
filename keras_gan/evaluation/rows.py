"""Rows of real data, from whatever holds them: what samples are compared with, and what translators are given."""

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np


def row_batches(source: Any, size: int = 256) -> Iterator[dict[str | int, np.ndarray]]:
    """Yields batches of rows as {column: array}, as they come; columns without names are numbered from 0.

    Args:
        source: a data set of `keras_gan.data`, or another iterable of batches (arrays, tuples of arrays, or dicts); or
            one array, or a dict of arrays, of which the batches are made here.
        size: int, rows in each of the batches that are made here.

    Example:

    >>> [{name: len(rows) for name, rows in batch.items()} for batch in row_batches(np.zeros((5, 8, 8, 1)), size=3)]
    [{0: 3}, {0: 2}]
    """
    if hasattr(source, "dtype"):
        source = {0: source}
    if isinstance(source, dict):
        count = len(next(iter(source.values())))
        parts = ({k: v[i : i + size] for k, v in source.items()} for i in range(0, count, size))
    elif isinstance(source, keras.utils.PyDataset):
        parts = (source[index] for index in range(len(source)))  # one need not end by itself
    else:
        parts = source
    for part in parts:
        if not isinstance(part, dict):
            part = dict(enumerate(part if isinstance(part, (tuple, list)) else (part,)))
        yield {name: keras.ops.convert_to_numpy(values) for name, values in part.items()}


def first_rows(source: Any, count: int, argument: str, least: int = 1) -> dict[str | int, np.ndarray]:
    """Returns the first `count` rows, or as many as there are, as one batch. See `row_batches`.

    Args:
        source: as for `row_batches`.
        count: int, rows at most.
        argument: str, what the source is called in an error.
        least: int, rows at least.

    Raises:
        ValueError: if there are fewer.
    """
    parts, found = [], 0
    for part in row_batches(source, count):
        parts.append(part)
        found += len(next(iter(part.values())))
        if found >= count:
            break
    if found < least:
        raise ValueError(f"`{argument}` must hold at least {least} rows. Received: {found}.")
    return {name: np.concatenate([part[name] for part in parts])[:count] for name in parts[0]}


def begun(rows: Mapping[str | int, np.ndarray], media: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Returns rows as networks see them; columns that have no medium are left out.

    Args:
        rows: {column: array}, as networks see them (float32) or as people hold them (pixels).
        media: {column: `keras_gan.media.Medium`}, in the order of columns without names.
    """
    names, found = list(media), {}
    for name, values in rows.items():
        name = names[name] if isinstance(name, int) and name < len(names) else name
        if (medium := media.get(name)) is None:
            continue
        held = values.dtype == medium.held_dtype != medium.dtype
        found[name] = medium.begin(values) if held else values.astype("float32") if values.dtype.kind == "f" else values
    return found
