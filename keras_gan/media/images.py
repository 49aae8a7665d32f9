import keras
import numpy as np
from keras import ops

from keras_gan.media import pictures
from keras_gan.media.medium import Medium


@keras.saving.register_keras_serializable("keras_gan")
class Images(Medium):
    """Pictures `(height, width, channels)`: float32 in [-1, 1] inside, uint8 in [0, 255] outside.

    A value x becomes the pixel floor(127.5 * (x + 1) + 0.5), clipped; a pixel p becomes p / 127.5 - 1. Sheets and files
    need 1, 3 or 4 channels: grey, colour, colour with transparency.

    Example:

    >>> import numpy as np
    >>> Images().finish(np.array([-1.0, 0.0, 1.0], "float32"))
    array([  0, 128, 255], dtype=uint8)
    """

    column = "image"
    rank = 3
    held_dtype = "uint8"
    suffix = ".png"

    def finish_tensor(self, values):
        levels = ops.cast(values, "float32") * 127.5 + 128.0  # 127.5 * (x + 1) + 0.5
        return ops.cast(ops.clip(levels, 0.0, 255.0), "uint8")  # the cast cuts off: floor, for values from 0 on

    def begin_tensor(self, values):
        return values / 127.5 - 1.0  # a division: x * (1 / 127.5) - 1 can exceed 1

    def sheet(self, held, columns=None, smallest=64):
        return pictures.grid(held, columns, smallest=smallest)

    def describe(self, shape):
        height, width, channels = ("any" if side is None else side for side in shape)
        colours = {1: "grey", 3: "in colour", 4: "in colour with transparency"}.get(channels, f"{channels} channels")
        return f"images of {height}x{width} pixels, {colours}"

    def write(self, path, held):
        pictures.save_image(path, held)


def to_uint8(images):
    """Converts images from float [-1, 1] to uint8 [0, 255] as `Images.finish` does.

    Args:
        images: array-like of any shape, float.

    Returns:
        numpy uint8 array of the same shape.
    """
    return Images().finish(np.asarray(images, "float32"))
