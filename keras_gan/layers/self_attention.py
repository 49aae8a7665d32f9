import keras
from keras import layers, ops

from keras_gan.arguments import check_whole
from keras_gan.layers.spectral_normalization import SpectralNormalization


@keras.saving.register_keras_serializable("keras_gan")
class SelfAttention(layers.Layer):
    """Lets every place of a feature map look at every other: y = gamma * o + x.

    Queries g(x), keys f(x) and values h(x) are 1x1 convolutions; place j mixes the values of all places i:

        b_ij = softmax_i(f(x_i)^T g(x_j)),  o_j = v(sum_i b_ij h(x_i))

    with v a 1x1 convolution back to the channels of x. gamma is one number that starts at 0, where the layer is the
    identity. Convolutions have no bias. The softmax runs in float32. Time and memory grow with the square of the number
    of places.

    Input and output: float `(batch, height, width, channels)`, any batch size.

    Args:
        key_channels: int >= 1, channels of queries and keys, or None for an eighth of the input's. Defaults to None.
        value_channels: int >= 1, channels of values, or None for half of the input's. Defaults to None.
        pool_size: int >= 1, keys and values are the maxima of squares of so many pixels, which divides the cost by its
            square. Defaults to 1, no pooling; the authors' program has 2.
        spectral_normalization: bool, whether the convolutions are spectrally normalized, as in the paper. Defaults to
            False.
        kernel_initializer: a Keras initializer or its name. Defaults to `"glorot_uniform"`.

    Raises:
        ValueError: if a number is not whole and >= 1, the input is no feature map, or it is smaller than `pool_size`.

    Example:

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(2, 8, 8, 16)).astype("float32")
    >>> layer = SelfAttention(pool_size=2, spectral_normalization=True)
    >>> bool(np.array_equal(layer(x), x))  # gamma is 0
    True

    Reference:
        Zhang et al. 2019, arXiv:1805.08318, section 3, equations 1 to 3. Deviations: channels of the values as in the
        authors' program (half, not an eighth); pooling as there, on request.
    """

    def __init__(
        self,
        key_channels=None,
        value_channels=None,
        pool_size=1,
        spectral_normalization=False,
        kernel_initializer="glorot_uniform",
        **arguments,
    ):
        for name, value in (("key_channels", key_channels), ("value_channels", value_channels)):
            if value is not None:
                check_whole(name, value)
        check_whole("pool_size", pool_size)
        super().__init__(**arguments)
        self.key_channels = key_channels
        self.value_channels = value_channels
        self.pool_size = pool_size
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        if len(input_shape) != 4:
            raise ValueError(
                f"{self.name!r} takes (batch, height, width, channels). Received: input_shape={input_shape}."
            )
        if any(size is not None and size < self.pool_size for size in input_shape[1:3]):
            raise ValueError(
                f"`pool_size` must fit into the map of {input_shape[1]}x{input_shape[2]}. "
                f"Received: pool_size={self.pool_size}."
            )
        channels = input_shape[-1]
        keys = max(channels // 8, 1) if self.key_channels is None else self.key_channels
        values = max(channels // 2, 1) if self.value_channels is None else self.value_channels
        self.query = self._convolution(keys, "query")
        self.key = self._convolution(keys, "key")
        self.value = self._convolution(values, "value")
        self.output_convolution = self._convolution(channels, "output")
        for layer in (self.query, self.key, self.value):
            layer.build(input_shape)
        self.output_convolution.build((*input_shape[:-1], values))
        self.gamma = self.add_weight(shape=(), initializer="zeros", name="gamma")

    def _convolution(self, filters, name):
        # A new initializer each: one instance would give equal shapes equal weights.
        config = keras.initializers.serialize(self.kernel_initializer)
        layer = layers.Conv2D(
            filters,
            1,
            use_bias=False,
            kernel_initializer=keras.initializers.deserialize(config),
            data_format="channels_last",
            dtype=self.dtype_policy,
            name=name,
        )
        return SpectralNormalization(layer, name=f"{name}_normalized") if self.spectral_normalization else layer

    def _pooled(self, x):
        if self.pool_size == 1:
            return x
        return ops.max_pool(x, self.pool_size, self.pool_size, data_format="channels_last")

    def call(self, inputs):
        query = _places(self.query(inputs))
        key = _places(self._pooled(self.key(inputs)))
        value = _places(self._pooled(self.value(inputs)))
        similarity = ops.matmul(query, ops.swapaxes(key, 1, 2))
        weights = ops.softmax(ops.cast(similarity, keras.backend.result_type(similarity.dtype, "float32")), axis=-1)
        mixed = ops.matmul(ops.cast(weights, value.dtype), value)
        mixed = ops.reshape(mixed, (*ops.shape(inputs)[:3], value.shape[-1]))
        return inputs + self.gamma * self.output_convolution(mixed)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "key_channels": self.key_channels,
            "value_channels": self.value_channels,
            "pool_size": self.pool_size,
            "spectral_normalization": self.spectral_normalization,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _places(x):
    """Brings (batch, height, width, channels) into the shape (batch, places, channels)."""
    return ops.reshape(x, (ops.shape(x)[0], -1, x.shape[-1]))
