"""The two ways in which images are brought to an extractor's size."""

import numpy as np
from keras import ops


def legacy_resize(images, size):
    """Resizes as TensorFlow 1 did: bilinear from the upper left corner, without antialiasing.

    Bit for bit `tf.raw_ops.ResizeBilinear(align_corners=False, half_pixel_centers=False)`, on every backend:
    position p = i * float32(in / out), low = floor(p), high = min(low + 1, in - 1), value = low + (high - low) * (p -
    floor(p)), across columns, then across rows. Later resizes of TensorFlow and Keras sample at pixel centres; on 28 x
    28 pixels of noise the two are more than 150 grey levels apart.

    Args:
        images: uint8 or float array `(count, height, width, channels)`.
        size: (height, width) of the result.

    Returns:
        float32 tensor `(count, *size, channels)`.

    Reference:
        Heusel et al. 2017, arXiv 1706.08500: the resize inside the graph that they measured FID with.

    Example:

    >>> import numpy as np
    >>> image = np.array([[0, 100]], "uint8").reshape(1, 1, 2, 1)
    >>> np.array(legacy_resize(image, (1, 4))).ravel()
    array([  0.,  50., 100., 100.], dtype=float32)
    """
    images = ops.cast(images, "float32")
    for axis, length in ((2, size[1]), (1, size[0])):
        before = images.shape[axis]
        position = np.arange(length, dtype="float32") * (np.float32(before) / np.float32(length))
        low = np.floor(position).astype("int32")
        high = np.minimum(low + 1, before - 1)
        weight = (position - low).astype("float32").reshape((-1,) + (1,) * (3 - axis))
        lows, highs = ops.take(images, low, axis=axis), ops.take(images, high, axis=axis)
        images = lows + (highs - lows) * weight
    return images


def clean_resize(images, size):
    """Resizes with antialiasing: Pillow's bicubic (a = -0.5) on each channel as floats, clipped to 0 to 255.

    Not rounded to whole grey levels afterwards.

    Args:
        images: uint8 array `(count, height, width, channels)`.
        size: (height, width) of the result.

    Returns:
        float32 array `(count, *size, channels)`.

    Reference:
        Parmar et al. 2021, arXiv 2104.11222.

    Example:

    >>> import numpy as np
    >>> clean_resize(np.full((1, 4, 4, 3), 7, "uint8"), (2, 2))[0, 0, 0]
    array([7., 7., 7.], dtype=float32)
    """
    from PIL import Image

    result = np.empty((len(images), *size, images.shape[-1]), "float32")
    for image, resized in zip(images, result, strict=True):
        for channel in range(image.shape[-1]):
            plane = Image.fromarray(np.ascontiguousarray(image[..., channel], "float32"))
            resized[..., channel] = plane.resize((size[1], size[0]), Image.Resampling.BICUBIC)
    return np.clip(result, 0, 255, out=result)


RESIZES = {"legacy": legacy_resize, "clean": clean_resize}
