"""The geometric transforms of ADA, as one affine map. Reference: arXiv:2006.06676, appendix B."""

import math

from keras import ops

from keras_gan.augmenters import pixels, wavelets

DEVIATION = 0.2  # of the base-2 logarithms of both scalings


def draw(chance, height, width):
    """Draws the parameters of scalings, rotations and translation, in this order of application.

    Returns:
        dict of (batch,) float32: `scale`, factor in both directions; `pre_rotation`, radians counter-clockwise;
        `stretch`, factor to the right, its inverse downwards; `post_rotation`, radians; `offset_down`, `offset_right`,
        pixels.
    """
    scale = chance.or_identity(chance.log_normal(DEVIATION), 1.0)
    # Either rotation happens with probability p: 1 - (1 - either)^2 = p.
    either = 1.0 - ops.sqrt(1.0 - ops.convert_to_tensor(chance.probability, "float32"))
    pre = chance.or_identity(chance.uniform(-math.pi, math.pi), 0.0, either)
    stretch = chance.or_identity(chance.log_normal(DEVIATION), 1.0)
    post = chance.or_identity(chance.uniform(-math.pi, math.pi), 0.0, either)
    offset = ops.stack([chance.normal(0.125) * height, chance.normal(0.125) * width], axis=-1)
    offset = chance.or_identity(offset, 0.0)
    return {
        "scale": scale,
        "pre_rotation": pre,
        "stretch": stretch,
        "post_rotation": post,
        "offset_down": offset[:, 0],
        "offset_right": offset[:, 1],
    }


def changes(drawn):
    """Returns (batch,) bool, whether the parameters change an image."""
    identity = (drawn["scale"] == 1.0) & (drawn["stretch"] == 1.0)
    for name in ("pre_rotation", "post_rotation", "offset_down", "offset_right"):
        identity = identity & (drawn[name] == 0.0)
    return ~identity


def inverse_linear(drawn):
    """Returns the linear part of the inverse map, ((xx, xy), (yx, yy)), each (batch,), x to the right, y downwards.

    Forwards the image is scaled by s, turned by a, stretched by diag(t, 1/t) and turned by b; so this is
    R(-a) diag(1/t, t) R(-b) / s with the columns of R(-a) (cos a, sin a) and (-sin a, cos a): the y axis points down.
    """
    scale, stretch = drawn["scale"], drawn["stretch"]
    cos_a, sin_a = ops.cos(drawn["pre_rotation"]), ops.sin(drawn["pre_rotation"])
    cos_b, sin_b = ops.cos(drawn["post_rotation"]), ops.sin(drawn["post_rotation"])
    # Products of numbers, not `matmul`, whose mantissa of 10 bits on GPUs would misplace pixels.
    xx, xy = cos_b / stretch, -sin_b / stretch
    yx, yy = sin_b * stretch, cos_b * stretch
    return (
        ((cos_a * xx - sin_a * yx) / scale, (cos_a * xy - sin_a * yy) / scale),
        ((sin_a * xx + cos_a * yx) / scale, (sin_a * xy + cos_a * yy) / scale),
    )


def warp(images, drawn, down=0, right=0):
    """Applies the map about the image's middle, at doubled resolution, with the image continued by reflection.

    Args:
        images: float32 tensor `(batch, height, width, channels)`.
        drawn: dict, as from `draw`.
        down, right: int32 tensors `(batch,)`, whole pixels to shift the image by beforehand.

    While it works it holds about sixteen times the images. On GPUs whose matrix products keep 10 bits of the mantissa
    colours are exact to about 1e-3; positions are not affected.
    """
    height, width, _ = images.shape[1:]
    rows, columns = _source(height, width, drawn, down, right)
    doubled = pixels.along_columns(wavelets.doubling(width), pixels.along_rows(wavelets.doubling(height), images))
    sampled = _bilinear(doubled, rows, columns)
    return pixels.along_rows(wavelets.halving(height), pixels.along_columns(wavelets.halving(width), sampled))


def _source(height, width, drawn, down, right):
    """Returns where, in the doubled image, each position that `halving` reads comes from: two (batch, i, j)."""
    delay = wavelets.delay(wavelets.SYM6)
    (xx, xy), (yx, yy) = (tuple(ops.reshape(entry, (-1, 1, 1)) for entry in row) for row in inverse_linear(drawn))
    i = ops.arange(wavelets.halving(height).shape[1], dtype="float32")[None, :, None]
    j = ops.arange(wavelets.halving(width).shape[1], dtype="float32")[None, None, :]
    offset_y = 2.0 * ops.reshape(drawn["offset_down"], (-1, 1, 1))
    offset_x = 2.0 * ops.reshape(drawn["offset_right"], (-1, 1, 1))
    y = i - (height - 1 + delay) - offset_y
    x = j - (width - 1 + delay) - offset_x
    shift_y = 2.0 * ops.cast(ops.reshape(down, (-1, 1, 1)), "float32")
    shift_x = 2.0 * ops.cast(ops.reshape(right, (-1, 1, 1)), "float32")
    # Written as a displacement, so that a position that stays, or moves by whole pixels, is not rounded.
    rows = i + (yx * x + (yy - 1.0) * y) - offset_y - shift_y
    columns = j + ((xx - 1.0) * x + xy * y) - offset_x - shift_x
    return rows, columns


def _bilinear(images, rows, columns):
    """Reads images, which are continued periodically, between their pixels."""
    height, width = images.shape[1:3]
    row, column = ops.floor(rows), ops.floor(columns)
    down, right = (rows - row)[..., None], (columns - column)[..., None]
    top, left = ops.mod(ops.cast(row, "int32"), height), ops.mod(ops.cast(column, "int32"), width)
    bottom, far = ops.mod(top + 1, height), ops.mod(left + 1, width)
    upper = (1.0 - right) * pixels.gather(images, top, left) + right * pixels.gather(images, top, far)
    lower = (1.0 - right) * pixels.gather(images, bottom, left) + right * pixels.gather(images, bottom, far)
    return (1.0 - down) * upper + down * lower
