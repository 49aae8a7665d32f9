"""Many converted images into few arrays, in parallel and within the memory that there is."""

import concurrent.futures
import itertools
import os
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from keras_gan.storage.memory import memory_limit

CHUNK = 512  # images in flight at once: bounds the memory, long enough to keep every thread busy
BLOCK = 8  # images at most that a thread is given at once: handing over takes as long as decoding a tiny image


def parallel_map(function: Callable, items: Iterable) -> Iterator:
    """Maps in threads (Pillow releases the interpreter lock), in order, a bounded number at a time."""
    items, threads = iter(items), max(2, os.cpu_count() or 1)
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        while chunk := list(itertools.islice(items, CHUNK)):
            size = max(1, min(BLOCK, len(chunk) // threads))
            blocks = [chunk[start : start + size] for start in range(0, len(chunk), size)]
            for done in pool.map(lambda block: list(map(function, block)), blocks):
                yield from done


def collect(rows: Iterable[dict[str, np.ndarray]], count: int | None) -> dict[str, np.ndarray]:
    """Stacks the values of each column, which are of one shape, into an array.

    Args:
        rows: {name: value}, `count` rows or fewer.
        count: the most rows that can come, or None when that is unknown.
    """
    rows, limit = iter(rows), memory_limit()
    first = next(rows, None)
    if first is None:
        raise ValueError("At least one readable image or sound is needed. Received: none.")
    rows = itertools.chain([first], rows)
    if count is None:
        return _collect_unknown(rows, limit)
    check_memory(count * _size(first), limit)
    stacked = {name: np.empty((count, *value.shape), value.dtype) for name, value in first.items()}
    filled = 0
    for row in rows:
        _check_same(row, first, filled)
        for name, value in row.items():
            stacked[name][filled] = value
        filled += 1
    return {name: array[:filled] for name, array in stacked.items()}


def _collect_unknown(rows: Iterable[dict[str, np.ndarray]], limit: float) -> dict[str, np.ndarray]:
    kept, size = [], 0
    for row in rows:
        kept.append(row)
        _check_same(row, kept[0], len(kept) - 1)
        size += _size(row)
        check_memory(2 * size, limit)  # twice: np.stack copies
    return {name: np.stack([row[name] for row in kept]) for name in kept[0]}


def _size(row: dict[str, np.ndarray]) -> int:
    return sum(value.nbytes for value in row.values())


def _check_same(row: dict[str, np.ndarray], first: dict[str, np.ndarray], index: int) -> None:
    for name, value in row.items():
        if value.shape != first[name].shape:
            raise ValueError(
                "Images of different shapes need a common `size`, or `channels`. "
                f"Received: {name} 0 with shape={first[name].shape}, {name} {index} with shape={value.shape}. "
                "Use for example `size=64, channels=3`."
            )


def check_memory(needed: int, limit: float) -> None:
    """Raises ValueError when `needed` bytes are more than `limit`."""
    if needed > limit:
        raise ValueError(
            "What is decoded must fit in half of the available memory. "
            f"Received: cache=True for {needed / 1e9:.1f} GB, where {limit / 1e9:.1f} GB may be used. "
            "Use `cache=False` (decode in every epoch) or `cache` with the path of a folder (decode once, to disk)."
        )
