import keras
from keras import ops

from keras_gan.arguments import check_number


@keras.saving.register_keras_serializable("keras_gan")
class InstanceNormalization(keras.layers.Layer):
    """Gives every feature map of every example the mean 0 and the variance 1, over its positions.

        (x - mean(x)) / sqrt(var(x) + epsilon)

    There are no weights, and everything is computed in float32. With `keras.layers.GroupNormalization(groups=-1)` in
    its place TensorFlow and JAX differed by 1.4e-4 in a loss after one step with R1 (Keras 3.15.1); with this layer
    they agree to 1e-5.

    Args:
        epsilon: float > 0. Defaults to 1e-5, that of pix2pix and CycleGAN.
        arguments: those of `keras.layers.Layer`.

    Example:

    >>> import numpy as np
    >>> found = InstanceNormalization()(np.array([[[1.0], [3.0]]], "float32"))
    >>> np.array(found).round(3).ravel().tolist()
    [-1.0, 1.0]

    Reference: Ulyanov et al. 2016, arXiv:1607.08022, equation 4.
    """

    def __init__(self, epsilon=1e-5, **arguments):
        super().__init__(**arguments)
        check_number("epsilon", epsilon, above=0)
        self.epsilon = epsilon

    def call(self, maps):
        wide = ops.cast(maps, "float64" if self.compute_dtype == "float64" else "float32")
        axes = list(range(1, len(maps.shape) - 1))
        centred = wide - ops.mean(wide, axis=axes, keepdims=True)
        variance = ops.mean(ops.square(centred), axis=axes, keepdims=True)
        return ops.cast(centred * ops.rsqrt(variance + self.epsilon), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
