"""Operations on pixels that the augmenters share. Per-image arguments have the shape `(batch,)`."""

from keras import ops


def per_image(values):
    """Brings (batch,) into (batch, 1, 1, 1), to meet images."""
    return ops.reshape(values, (-1, 1, 1, 1))


def choose(active, changed, images):
    """Takes the changed image where `active`, a bool, and else the original, bit by bit."""
    return ops.where(per_image(active), changed, images)


def reflected(indices, size):
    """Folds indices into 0, ..., size - 1 by reflection at the outer pixels' centres, from any distance."""
    period = max(2 * (size - 1), 1)
    indices = ops.mod(indices, period)
    return ops.minimum(indices, period - indices)


def gather(images, rows, columns):
    """Reads pixels: returns images whose pixel (i, j) is the pixel (rows[i, j], columns[i, j]).

    Args:
        images: tensor `(batch, height, width, channels)`.
        rows, columns: int32 tensors that broadcast to `(batch, i, j)`, in range.
    """
    count, (height, width, channels) = ops.shape(images)[0], images.shape[1:]
    first = ops.reshape(ops.arange(count, dtype="int32") * (height * width), (-1, 1, 1))
    flat = ops.reshape(images, (-1, channels))
    return ops.take(flat, first + rows * width + columns, axis=0)


def shift(images, down, right, reflect):
    """Moves images by whole pixels.

    Args:
        images: tensor `(batch, height, width, channels)`.
        down, right: int32 tensors `(batch,)`.
        reflect: bool, whether what comes in is the reflected image; otherwise it is 0.
    """
    height, width, _ = images.shape[1:]
    rows = ops.arange(height, dtype="int32")[None, :, None] - ops.reshape(down, (-1, 1, 1))
    columns = ops.arange(width, dtype="int32")[None, None, :] - ops.reshape(right, (-1, 1, 1))
    if reflect:
        return gather(images, reflected(rows, height), reflected(columns, width))
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    moved = gather(images, ops.clip(rows, 0, height - 1), ops.clip(columns, 0, width - 1))
    return ops.where(inside[..., None], moved, 0.0)


def erase(images, top, bottom, left, right):
    """Sets a rectangle of every image to 0, the middle of the range: rows top <= i < bottom, columns left <= j < right.

    The rectangle may reach beyond the image; where it is empty nothing changes.
    """
    height, width, _ = images.shape[1:]
    rows, columns = ops.arange(height)[None, :, None, None], ops.arange(width)[None, None, :, None]
    tall = (rows >= per_image(top)) & (rows < per_image(bottom))
    wide = (columns >= per_image(left)) & (columns < per_image(right))
    return ops.where(tall & wide, 0.0, images)


def color_and_alpha(images):
    """Splits images into their colour channels and what is left of them: alpha, or None."""
    return (images[..., :3], images[..., 3:]) if images.shape[-1] == 4 else (images, None)


def with_alpha(color, alpha):
    """Undoes `color_and_alpha`."""
    return color if alpha is None else ops.concatenate([color, alpha], axis=-1)


def along_rows(matrix, images):
    """Multiplies every column of pixels by a matrix (out, height), or by one per image (batch, out, height)."""
    return ops.einsum("bih,bhwc->biwc" if len(matrix.shape) == 3 else "ih,bhwc->biwc", matrix, images)


def along_columns(matrix, images):
    """Multiplies every row of pixels by a matrix (out, width), or by one per image (batch, out, width)."""
    return ops.einsum("bjw,bhwc->bhjc" if len(matrix.shape) == 3 else "jw,bhwc->bhjc", matrix, images)
