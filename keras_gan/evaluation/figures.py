"""Pictures as PNG files in memory."""

import io
import math
from pathlib import Path
from typing import Any

import numpy as np

from keras_gan.media.pictures import grid, to_pillow
from keras_gan.storage.logs import is_score, number, read_rows

LARGEST = 96  # pixels: larger images are made smaller, so that a page of 200 of them stays within megabytes


def png(image: np.ndarray) -> bytes:
    """Returns a uint8 array `(height, width, channels)` as a PNG file."""
    buffer = io.BytesIO()
    to_pillow(image).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def sheet(images: np.ndarray, columns: int, smallest: int, gap: int = 2) -> bytes:
    """Returns images in rows as a PNG file, small ones enlarged (see `pictures.grid`), large ones reduced.

    Args:
        images: uint8 `(count, height, width, channels)`.
        columns: images per row.
        smallest: pixels; narrower images are enlarged by whole factors.
        gap: pixels between images.
    """
    return png(grid(reduced(images), min(columns, len(images)), gap, smallest))


def reduced(images: np.ndarray) -> np.ndarray:
    """Returns images of at most 96 pixels a side: the means of squares of pixels, a whole number a side.

    Example:

    >>> reduced(np.zeros((2, 256, 200, 3), "uint8")).shape
    (2, 86, 67, 3)
    """
    factor = math.ceil(max(images.shape[1:3]) / LARGEST)
    smaller = [np.asarray(to_pillow(image).reduce(factor)) for image in images]
    return np.stack(smaller).reshape(len(images), *smaller[0].shape[:2], images.shape[-1])


def read_log(log: Path) -> dict[str, tuple[list[int], list[float]]]:
    """Reads what `keras.callbacks.CSVLogger` wrote: {name: (epochs from 1, values)}, where the values are finite."""
    rows = read_rows(log)
    curves = {}
    for name in filter(None, rows[0] if rows else ()):
        values = [number(row[name]) for row in rows]
        points = [(int(row["epoch"]) + 1, v) for row, v in zip(rows, values, strict=True) if math.isfinite(v)]
        if name != "epoch" and points:
            curves[name] = tuple(map(list, zip(*points, strict=True)))
    return curves


def curves(logged: dict[str, tuple[list[int], list[float]]]) -> bytes:
    """Draws curves over the epochs as a PNG file: losses, probabilities, and each score by itself.

    Args:
        logged: what `read_log` returns, not empty.
    """
    from matplotlib.figure import Figure

    panels: dict[str, dict[str, Any]] = {}
    for name, curve in logged.items():
        kind = "mean probability of being real" if name.endswith("probability") else "losses"
        panels.setdefault(name if is_score(name, logged) else kind, {})[name] = curve
    rows = math.ceil(len(panels) / 2)
    figure = Figure(figsize=(9, 2.6 * rows + 0.3), layout="constrained")
    axes = figure.subplots(rows, 2, squeeze=False).ravel()
    for axis, (title, lines) in zip(axes, panels.items(), strict=False):
        for name, (epochs, values) in lines.items():
            axis.plot(epochs, values, marker="." if len(epochs) <= 30 else "", label=name.replace("_", " "))
        axis.set_title(title.replace("_", " "), fontsize="medium")
        axis.set_xlabel("epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(alpha=0.3)
        if len(lines) > 1:
            axis.legend(fontsize="small")
    for axis in axes[len(panels) :]:
        axis.set_axis_off()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    return buffer.getvalue()
