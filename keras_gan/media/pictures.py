"""From float images to pixels, grids and files."""

import math
import os

import numpy as np

from keras_gan.storage.files import replacing


def grid(images, columns=None, gap=2, smallest=64, ground=255):
    """Lays images out in rows.

    Args:
        images: uint8 array `(count, height, width, channels)` with 1, 3 or 4 channels.
        columns: int, images per row. Defaults to the ceiling of the square root of `count`.
        gap: int, pixels between images (of the result). Defaults to 2.
        smallest: int, pixels: images narrower than this are enlarged by whole factors (each pixel repeated), so that
            8x8 digits can be seen. Defaults to 64.
        ground: int, the level of the ground between and behind them. Defaults to 255: white.

    Returns:
        uint8 array `(rows * (height + gap) + gap, columns * (width + gap) + gap, channels)`.
    """
    count, height, width, channels = images.shape
    factor = max(1, math.ceil(smallest / width))
    images = images.repeat(factor, axis=1).repeat(factor, axis=2)
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    height, width = height * factor + gap, width * factor + gap
    sheet = np.full((rows * height + gap, columns * width + gap, channels), ground, "uint8")
    for index, image in enumerate(images):
        top, left = (index // columns) * height + gap, (index % columns) * width + gap
        sheet[top : top + image.shape[0], left : left + image.shape[1]] = image
    return sheet


def to_pillow(image):
    """Makes a Pillow image from a uint8 array `(height, width, channels)` with 1, 3 or 4 channels."""
    from PIL import Image

    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def save_image(path: str | os.PathLike, image, parents: bool = True) -> None:
    """Writes a uint8 array `(height, width, channels)` as an image file; the format is that of the suffix.

    `parents`: whether missing folders are made.
    """
    with replacing(path, parents) as written:
        to_pillow(image).save(written)
