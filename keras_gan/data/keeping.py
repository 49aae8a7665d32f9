"""Whether what has been decoded stays in memory, on disk or nowhere."""

import hashlib
import pathlib
import shutil
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gan.data import catalogue, optional
from keras_gan.data.rows import Rows, Streamed
from keras_gan.storage import files

if TYPE_CHECKING:
    import tensorflow as tf


def read(opened: Any, layout: Any, cache: bool | str | pathlib.Path, described: tuple | None) -> Rows:
    """Reads a source.

    Args:
        opened: the source, an object with `read(layout, keep)` and `in_memory`.
        layout: how what it holds becomes columns.
        cache: as for `keras_gan.data.images`.
        described: what decides the contents, to find them again on disk; None for a source without a name.
    """
    if isinstance(cache, bool) or opened.in_memory:
        return opened.read(layout, cache is not False)
    if not optional.has_tensorflow():
        raise ValueError(f"A cache on disk needs TensorFlow. Received: cache={str(cache)!r}. Use True or False.")
    if described is None:
        raise ValueError(
            "`cache` must be True or False for a tf.data.Dataset, which has no name to find it again by. "
            f"Received: cache={str(cache)!r}. Call `source.cache(path)` and use `cache=False`."
        )
    from keras_gan.data.pipeline import single_rows

    rows = opened.read(layout, keep=False)
    return Streamed(_on_disk(single_rows(rows), pathlib.Path(cache), described), rows.count, rows.columns)


def description(source: Any, *others: Any) -> tuple | None:
    """Returns what finds a source again on disk: its name or its path, and what else decides the contents."""
    if optional.is_dataset(source):
        return None
    if isinstance(source, (str, pathlib.Path)) and not (isinstance(source, str) and catalogue.is_name(source)):
        source = pathlib.Path(source).resolve()
    return (source, *others)


def _on_disk(dataset: "tf.data.Dataset", folder: pathlib.Path, described: tuple) -> "tf.data.Dataset":
    # The name holds what decides the contents: tf.data would read a file made with other arguments unseen.
    described = (*described, dataset.cardinality().numpy(), dataset.element_spec)
    final = folder / hashlib.sha256(repr(described).encode()).hexdigest()[:16]
    if not final.exists():
        # Filled at once, and under another name, so that neither a cut epoch nor a killed run leaves half a cache.
        folder.mkdir(parents=True, exist_ok=True)
        partial = pathlib.Path(tempfile.mkdtemp(prefix=f"{final.name}.", dir=folder))
        try:
            dataset.cache(str(partial / "images")).reduce(np.int64(0), lambda count, _: count + 1)
        except Exception as error:
            shutil.rmtree(partial, ignore_errors=True)
            if (trouble := files.trouble(error)) is None:
                raise
            raise OSError(trouble.errno, trouble.strerror, str(folder)) from error
        try:
            partial.rename(final)
        except OSError:  # another process was quicker
            shutil.rmtree(partial)
    return dataset.cache(str(final / "images"))
