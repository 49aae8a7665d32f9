"""Images from NumPy arrays and from .npz and .npy files."""

import pathlib

import numpy as np

from keras_gan.data.rows import InMemory
from keras_gan.data.sources import collect
from keras_gan.data.sources.layout import Layout
from keras_gan.media import Labels, pixels
from keras_gan.storage.arrays import read_array, read_arrays

IMAGE_KEYS = ("image", "images", "x")
LABEL_KEYS = ("label", "labels", "y")


class Arrays:
    """Images, and labels if any, that are in memory already.

    Args:
        images: (count, height, width) or (count, height, width, channels).
        labels: (count,) integers or None.
        value_range: see `keras_gan.data.images`.
        name: what to call the images in an error.
        num_classes: number of classes, or None where that is not known.
    """

    in_memory = True

    def __init__(self, images, labels=None, value_range=None, name="images", num_classes=None):
        images = np.asarray(images)
        if images.ndim == 3:
            images = images[..., None]
        pixels.check_shape(images.shape, name)
        self.labels = None if labels is None else pixels.to_labels(labels, len(images))
        self.images = pixels.to_pixels(images, value_range, name)
        self.num_classes = num_classes

    def read(self, layout: Layout, keep: bool = True) -> InMemory:
        """Converts the images. They are in memory whatever `keep` says."""
        if layout.keeps(*self.images.shape[1:]):
            arrays = dict.fromkeys(layout.converts, self.images)
        else:
            rows = collect.parallel_map(
                lambda item: layout(item[1], f"image {item[0]} of the array"), enumerate(self.images)
            )
            arrays = collect.collect(rows, len(self.images))
        if self.labels is None or not layout.labelled:
            return InMemory(arrays, layout.columns)
        return InMemory(arrays | {"label": self.labels}, layout.columns | {"label": Labels(self.num_classes)})


def read_file(path: pathlib.Path, split: str, value_range: tuple | None) -> Arrays:
    """Reads a .npy of images, or a .npz of images and perhaps labels. Never unpickles."""
    images, labels, name, _ = read_columns(path, split, "images", IMAGE_KEYS, (3, 4))
    return Arrays(images, labels, value_range, name)


def read_columns(
    path: pathlib.Path, split: str, what: str, keys: tuple[str, ...], ranks: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray | None, str, dict[str, np.ndarray]]:
    """Reads a .npy of examples, or a .npz of examples and perhaps labels. Never unpickles.

    Args:
        path: the file.
        split: part of the keys that end in one.
        what: what the examples are called, in the plural.
        keys: names that they may have.
        ranks: numbers of axes that they may have.

    Returns:
        The examples, their labels or None, what to call them in errors, and everything by its name.
    """
    arrays = _load(path)
    if path.suffix == ".npy":
        return arrays, None, path.name, {}
    found = _pick(arrays, (*keys, f"x_{split}"), what, path)
    if found is None:
        ranked = [key for key, value in arrays.items() if value.ndim in ranks]
        if len(ranked) != 1:
            raise ValueError(
                f"The {what} must be under one of the keys {', '.join(keys)}, x_{split}, or be the only array of "
                f"{' or '.join(map(str, ranks))} dimensions. "
                f"Received: source={str(path)!r} with the keys {_describe(arrays)}."
            )
        found = ranked[0]
    labels = _pick(arrays, (*LABEL_KEYS, f"y_{split}"), "labels", path)
    return arrays[found], arrays.get(labels), f"{found} of {path.name}", arrays


def _load(path: pathlib.Path) -> np.ndarray | dict[str, np.ndarray]:
    try:
        return read_array(path) if path.suffix == ".npy" else read_arrays(path)
    except ValueError as error:
        raise ValueError(
            f"A {path.suffix} file of plain arrays (no Python objects) was expected. "
            f"Received: source={str(path)!r}, which cannot be read: {error}"
        ) from error


def _pick(arrays: dict, keys: tuple, what: str, path: pathlib.Path) -> str | None:
    present = [key for key in keys if key in arrays]
    if len(present) > 1:
        raise ValueError(
            f"The {what} must be under one key. Received: source={str(path)!r} with the keys {_describe(arrays)}, "
            f"of which {' and '.join(present)} could be the {what}. Load the file and pass the arrays."
        )
    return present[0] if present else None


def _describe(arrays: dict) -> str:
    return ", ".join(f"{key} {value.shape}" for key, value in arrays.items())
