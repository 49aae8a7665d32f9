import hashlib
import json
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from keras_gan.metrics.statistics import Statistics
from keras_gan.storage import files
from keras_gan.storage.arrays import read_arrays

FORMAT = 1  # of the files; part of the key, so that another one is never read


class RealStatistics:
    """A folder of statistics of real images, each file named by the images' content and what measured them.

    A file that cannot be read is a warning and is made again; one that cannot be written is a warning.

    Args:
        folder: path, made when first needed, or None to keep nothing.
    """

    def __init__(self, folder: Any = None) -> None:
        self.folder = None if folder is None else Path(folder)

    def load_or_make(
        self,
        batches: Callable[[], Iterable[dict[str, Any]]],
        wanted: dict[tuple, Statistics],
        extractor: dict[str, Any],
        make: Callable[[], dict[tuple, Statistics]],
    ) -> dict[tuple, Statistics]:
        """Returns the statistics of `batches()`, read from the folder or made by `make()` and kept there."""
        if self.folder is None or not wanted:
            return make() if wanted else {}
        images = content(batches())
        paths = {key: self.folder / f"{name_of(key, images, extractor)}.npz" for key in wanted}
        found = {key: load(path, key[0]) for key, path in paths.items()}
        if all(statistics is not None for statistics in found.values()):
            return found
        found = make()
        for key, path in paths.items():
            found[key].prepare()
            save(path, found[key])
        return found


def content(batches: Iterable[dict[str, Any]]) -> str:
    """Returns the SHA-256 of images, whatever batches they come in."""
    digest = hashlib.sha256()
    for index, batch in enumerate(batches):
        image = np.ascontiguousarray(batch["image"])
        if index == 0:
            digest.update(repr(image.shape[1:]).encode())
        digest.update(image)
    return digest.hexdigest()


def name_of(key: tuple, images: str, extractor: dict[str, Any]) -> str:
    """Returns the file's name: a hash of the images' content, the extractor's protocol and the kind of statistics."""
    kind, columns = key
    described = json.dumps([FORMAT, images, extractor, kind.__name__, columns], sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:32]


def load(path: Path, kind: type) -> Statistics | None:
    """Reads statistics, or returns None if there are none to be read."""
    if not path.exists():
        return None
    try:
        return kind.from_arrays(read_arrays(path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        warnings.warn(f"Statistics of the real images could not be read and are made again: {error}.", stacklevel=2)
        return None


def save(path: Path, statistics: Statistics) -> None:
    """Writes statistics."""
    try:
        with files.replacing(path) as written:
            np.savez(written, **statistics.arrays())
    except OSError as error:
        warnings.warn(f"Statistics of the real images were not kept: {error}.", stacklevel=2)
