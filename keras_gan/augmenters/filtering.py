"""ADA's image-space filter, which amplifies octaves. Reference: arXiv:2006.06676, appendix B."""

import numpy as np
from keras import ops

from keras_gan.augmenters import pixels, wavelets

POWER = (10.0, 1.0, 1.0, 1.0)  # what natural images hold in each band (spectrum 1/f), times 13


def draw(chance):
    """Draws the gains: each band's is changed in turn, and all scaled so that the expected power stays.

    Returns:
        dict: `gains`, (batch, 4) float32, from the lowest band to the highest.
    """
    gains = 1.0
    for band in range(4):
        gain = chance.or_identity(chance.log_normal(1.0), 1.0)
        factors = [gain if index == band else ops.ones_like(gain) for index in range(4)]
        power = sum(share * factor**2 for share, factor in zip(POWER, factors, strict=True)) / sum(POWER)
        gains = gains * ops.stack(factors, axis=-1) / ops.sqrt(power)[:, None]
    return {"gains": gains}


def amplify(images, drawn):
    """Filters images, continued by reflection, in both directions."""
    height, width, _ = images.shape[1:]
    gains = drawn["gains"]
    filtered = pixels.along_rows(_matrix(gains, height), images)
    filtered = pixels.along_columns(_matrix(gains, width), filtered)
    return pixels.choose(ops.any(gains != 1.0, axis=-1), filtered, images)


def _matrix(gains, size):
    # The bands add up to the identity, so that only what differs from it is rounded.
    return np.eye(size, dtype="float32") + ops.tensordot(gains - 1.0, wavelets.band_matrices(size), axes=1)
