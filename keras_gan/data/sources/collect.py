"""Many converted images into one array, in parallel and within the memory that there is."""

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


def collect(images: Iterable[np.ndarray], count: int | None) -> np.ndarray:
    """Stacks images of one shape into (count, height, width, channels).

    Args:
        images: the images, `count` or fewer.
        count: the most images that can come, or None when that is unknown.
    """
    images, limit = iter(images), memory_limit()
    first = next(images, None)
    if first is None:
        raise ValueError("At least one readable image is needed. Received: none.")
    if count is None:
        return _collect_unknown(itertools.chain([first], images), limit)
    check_memory(count * first.nbytes, limit)
    stacked = np.empty((count, *first.shape), first.dtype)
    filled = 0
    for image in itertools.chain([first], images):
        _check_same(image, first, filled)
        stacked[filled] = image
        filled += 1
    return stacked[:filled]


def _collect_unknown(images: Iterable[np.ndarray], limit: float) -> np.ndarray:
    kept, size = [], 0
    for image in images:
        kept.append(image)
        _check_same(image, kept[0], len(kept) - 1)
        size += image.nbytes
        check_memory(2 * size, limit)  # twice: np.stack copies
    return np.stack(kept)


def _check_same(image: np.ndarray, first: np.ndarray, index: int) -> None:
    if image.shape != first.shape:
        raise ValueError(
            "Images of different shapes need a common `size`, or `channels`. "
            f"Received: image 0 with shape={first.shape}, image {index} with shape={image.shape}. "
            "Use for example `size=64, channels=3`."
        )


def check_memory(needed: int, limit: float) -> None:
    """Raises ValueError when `needed` bytes are more than `limit`."""
    if needed > limit:
        raise ValueError(
            "The decoded images must fit in half of the available memory. "
            f"Received: cache=True for {needed / 1e9:.1f} GB of images, where {limit / 1e9:.1f} GB may be used. "
            "Use `cache=False` (decode in every epoch) or `cache` with the path of a folder (decode once, to disk)."
        )
