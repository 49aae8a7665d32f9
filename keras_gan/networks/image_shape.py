"""Reading and checking the shape of the images a network is for."""


def checked_image_shape(image_shape):
    """Returns `image_shape` as a tuple of ints (height, width, channels).

    Raises:
        ValueError: unless it is three whole numbers from 1 on with 1, 3 or 4 channels.
    """
    shape = tuple(image_shape)
    if len(shape) != 3 or not all(isinstance(n, int) and n > 0 for n in shape) or shape[-1] not in (1, 3, 4):
        raise ValueError(
            "`image_shape` must be (height, width, channels) with 1 (grey), 3 (RGB) or 4 (RGBA) channels. "
            f"Received: image_shape={image_shape!r}."
        )
    return shape


def halvings(image_shape, base=None):
    """Returns (base, k): a square size as base * 2**k, with the smallest base from 4 on unless one is given.

    Raises:
        ValueError: if the image is not square, smaller than 8 pixels, or not base * 2**k with k >= 1.
    """
    height, width, _ = checked_image_shape(image_shape)
    if height != width or height < 8:
        raise ValueError(f"Images must be square, from 8 pixels on. Received: image_shape={tuple(image_shape)}.")
    size, k = height, 0
    while size != base and size % 2 == 0 and size // 2 >= (base or 4):
        size, k = size // 2, k + 1
    if k == 0 or (base is not None and size != base):
        near = [n for n in (height - height % 4, height - height % 4 + 4) if n >= 8]
        wanted = "base from 4 on" if base is None else f"base={base}"
        raise ValueError(
            f"The image size must be base * 2**k with k >= 1 and {wanted}. "
            f"Received: image_shape={tuple(image_shape)}. Use a size like {' or '.join(map(str, near))}."
        )
    return size, k
