"""The corruptions of ADA: noise and cutout. Reference: arXiv:2006.06676, appendix B."""

import keras
from keras import ops

from keras_gan.augmenters import pixels


def draw_noise(chance, height, width, channels):
    """Draws white noise for the colour channels, with a half-normal deviation of 0.1.

    Returns:
        dict: `noise`, float32 (batch, height, width, colours).
    """
    deviation = chance.or_identity(ops.abs(chance.normal(0.1)), 0.0)
    shape = (chance.count, height, width, 3 if channels == 4 else channels)
    noise = keras.random.normal(shape, dtype="float32", seed=chance.seed)
    return {"noise": pixels.per_image(deviation) * noise}


def add_noise(images, drawn):
    """Adds the noise."""
    color, alpha = pixels.color_and_alpha(images)
    return pixels.with_alpha(color + drawn["noise"], alpha)


def draw_cutout(chance, height, width):
    """Draws a rectangle of half the height and width about a centre anywhere in the image.

    Returns:
        dict of (batch,) int32: `cut_top`, `cut_bottom`, `cut_left`, `cut_right`; all 0 for none.
    """
    y, x = chance.uniform(0.0, 1.0), chance.uniform(0.0, 1.0)
    edges = [(y - 0.25) * height, (y + 0.25) * height, (x - 0.25) * width, (x + 0.25) * width]
    edges = chance.or_identity(ops.cast(ops.round(ops.stack(edges, axis=-1)), "int32"), 0)
    return {name: edges[:, i] for i, name in enumerate(("cut_top", "cut_bottom", "cut_left", "cut_right"))}


def cut(images, drawn):
    """Sets the rectangle to 0 in all channels."""
    return pixels.erase(images, drawn["cut_top"], drawn["cut_bottom"], drawn["cut_left"], drawn["cut_right"])
