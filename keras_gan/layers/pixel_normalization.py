import keras
from keras import ops

from keras_gan.arguments import check_number


@keras.saving.register_keras_serializable("keras_gan")
class PixelNormalization(keras.layers.Layer):
    """Scales the channels of each pixel to a mean square of 1: x / sqrt(mean_c x^2 + epsilon).

    Nothing is learned, and no image depends on another. On latents `(batch, latent_dim)` it puts them on a sphere of
    radius sqrt(latent_dim). Computed in float32. Input and output: float `(batch, ..., channels)`.

    Args:
        epsilon: float above 0. Defaults to 1e-8, the paper's.

    Raises:
        ValueError: if `epsilon` is not above 0.

    Example:

    >>> import numpy as np
    >>> np.array(PixelNormalization()(np.array([[3.0, 4.0]]))).round(4)
    array([[0.8485, 1.1314]], dtype=float32)

    Reference:
        Karras et al. 2018, arXiv:1710.10196, section 4.2.
    """

    def __init__(self, epsilon=1e-8, **arguments):
        check_number("epsilon", epsilon, above=0)
        super().__init__(**arguments)
        self.epsilon = epsilon

    def build(self, input_shape):
        pass

    def call(self, inputs):
        x = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        x = x * ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + self.epsilon)
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
