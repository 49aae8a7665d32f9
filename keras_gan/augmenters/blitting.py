"""Pixel blitting: the transforms of ADA that copy pixels as they are. Reference: arXiv:2006.06676, appendix B."""

from keras import ops

from keras_gan.augmenters import pixels


def draw(chance, height, width):
    """Draws mirror images, quarter turns and shifts.

    Returns:
        dict: `flip` (batch,) int32, 1 for a mirror image, left to right; `turns` (batch,) int32, quarter turns
        counter-clockwise after that, 0 to 3 (0 or 2 where height and width differ, so that the shape stays);
        `down`, `right` (batch,) int32, shift in pixels after that, at most an eighth of the size.
    """
    flip = chance.or_identity(chance.integer(0, 1), 0)
    turns = chance.integer(0, 3) if height == width else 2 * chance.integer(0, 1)
    turns = chance.or_identity(turns, 0)
    down, right = chance.uniform(-0.125, 0.125), chance.uniform(-0.125, 0.125)
    shift = ops.cast(ops.round(ops.stack([down * height, right * width], axis=-1)), "int32")
    shift = chance.or_identity(shift, 0)
    return {"flip": flip, "turns": turns, "down": shift[:, 0], "right": shift[:, 1]}


def turn(images, drawn):
    """Mirrors and turns images: exact copies of their pixels."""
    height, width, _ = images.shape[1:]
    turns = ops.reshape(drawn["turns"], (-1, 1, 1))
    i, j = ops.arange(height, dtype="int32")[None, :, None], ops.arange(width, dtype="int32")[None, None, :]
    # Turned once, pixel (i, j) is pixel (j, width - 1 - i); twice, (height - 1 - i, width - 1 - j).
    across = turns % 2 == 1
    rows, columns = ops.where(across, j, i), ops.where(across, i, j)
    rows = ops.where(turns >= 2, height - 1 - rows, rows)
    mirrored = ((turns == 1) | (turns == 2)) != (ops.reshape(drawn["flip"], (-1, 1, 1)) == 1)
    return pixels.gather(images, rows, ops.where(mirrored, width - 1 - columns, columns))
