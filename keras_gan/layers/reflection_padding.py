import keras
from keras import ops

from keras_gan.arguments import check_whole


@keras.saving.register_keras_serializable("keras_gan")
class ReflectionPadding2D(keras.layers.Layer):
    """Widens images on every side by their mirror image, without repeating the edge.

    Convolutions after it see no dark frame, which zeros would be.

    Args:
        padding: int >= 1, pixels on each side; the image must be larger. Defaults to 1.
        arguments: those of `keras.layers.Layer`.

    Example:

    >>> import numpy as np
    >>> np.array(ReflectionPadding2D(1)(np.array([[1.0, 2.0], [3.0, 4.0]], "float32")[None, ..., None]))[0, 0, :, 0]
    array([4., 3., 4., 3.], dtype=float32)
    """

    def __init__(self, padding=1, **arguments):
        super().__init__(**arguments)
        check_whole("padding", padding)
        self.padding = padding

    def call(self, images):
        sides = (self.padding, self.padding)
        return ops.pad(images, [(0, 0), sides, sides, (0, 0)], mode="reflect")

    def compute_output_shape(self, input_shape):
        batch, *sides, channels = input_shape
        return (batch, *(side and side + 2 * self.padding for side in sides), channels)

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}
