import keras
import numpy as np
from keras import ops

from keras_gan.arguments import check_whole
from keras_gan.layers.arguments import check_pair

EPSILON = 1e-8
FILTER = np.array([1.0, 3.0, 3.0, 1.0]) / 4.0  # sums to 2 a direction: every other pixel that it meets is 0


@keras.saving.register_keras_serializable("keras_gan")
class ModulatedConv2D(keras.layers.Layer):
    """A convolution whose kernel each image scales by its own style, and whose outputs have unit deviation for it.

    In the paper image n is convolved with a kernel of its own, w'' = w' / sqrt(sum_{i,k} w'^2 + 1e-8), where
    w'_ijk = s_ni w_ijk, i counts input channels, j output channels and k places. Here all images share w: the features
    are scaled by s, convolved with w, and scaled by

        d_nj = 1 / sqrt(sum_i s_ni^2 sum_k w_ijk^2 + 1e-8)

    which gives the same without grouped convolutions, so that it exports with any batch size. d is computed in float32.

    Padding keeps the size. With `upsampling` the map becomes twice as large: zeros are inserted between pixels,
    convolution, then the filter [1, 3, 3, 1] along both sides, so that away from the borders it is bilinear resizing
    followed by convolution, at a quarter of the products.

    Inputs: a list of two: features, float `(batch, height, width, channels)`; styles, float `(batch, channels)`, around
    1 (usually a dense layer of the mapped latents with biases of 1). Output: `(batch, height, width, filters)`, or
    twice the height and width.

    Args:
        filters: int >= 1, output channels.
        kernel_size: int >= 1, pixels of the square kernel; 3 with `upsampling`. Defaults to 3.
        demodulate: bool, divide by the deviation. Defaults to True; False in the layers that draw colours.
        upsampling: bool, double the size. Defaults to False.
        use_bias: bool, add a number per output channel. Defaults to True.
        kernel_initializer: a Keras initializer or its name. Defaults to `"glorot_uniform"`; wrap the layer in
            `EqualizedLearningRate(..., gain=1.0)` for the paper's.

    Raises:
        ValueError: if a number is out of range, or the inputs are not features and styles of as many channels.

    Example:

    >>> import numpy as np
    >>> layer = ModulatedConv2D(6, kernel_size=3, upsampling=True)
    >>> tuple(layer([np.ones((2, 4, 4, 8), "float32"), np.ones((2, 8), "float32")]).shape)
    (2, 8, 8, 6)

    Reference:
        Karras et al. 2020, arXiv:1912.04958, section 2.2, equations 1 to 3. Deviations: scales features instead of
        kernels; bias inside.
    """

    def __init__(
        self,
        filters,
        kernel_size=3,
        demodulate=True,
        upsampling=False,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        **arguments,
    ):
        check_whole("filters", filters)
        check_whole("kernel_size", kernel_size)
        if upsampling and kernel_size != 3:
            raise ValueError(f"`kernel_size` must be 3 with `upsampling`. Received: kernel_size={kernel_size}.")
        super().__init__(**arguments)
        self.filters = filters
        self.kernel_size = kernel_size
        self.demodulate = demodulate
        self.upsampling = upsampling
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        check_pair(self, input_shape, "features (batch, height, width, channels) and styles (batch, channels)")
        features, styles = map(tuple, input_shape)
        if len(features) != 4 or len(styles) != 2 or features[-1] != styles[-1]:
            raise ValueError(
                f"{self.name!r} takes features (batch, height, width, channels) and styles (batch, channels). "
                f"Received: input_shape={[features, styles]}. Make styles with a dense layer of {features[-1]} units."
            )
        self.kernel = self.add_weight(
            shape=(self.kernel_size, self.kernel_size, features[-1], self.filters),
            initializer=self.kernel_initializer,
            autocast=False,
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias") if self.use_bias else None

    def call(self, inputs):
        features, styles = inputs
        x = self._convolved(features * styles[:, None, None, :])
        if self.demodulate:
            x = x * ops.cast(self._demodulation(styles)[:, None, None, :], x.dtype)
        return x if self.bias is None else x + self.bias

    def _demodulation(self, styles):
        """Returns d: (batch, filters)."""
        styles = ops.cast(styles, keras.backend.result_type(styles.dtype, "float32"))
        energy = ops.cast(ops.sum(ops.square(self.kernel), axis=(0, 1)), styles.dtype)
        return ops.rsqrt(ops.matmul(ops.square(styles), energy) + EPSILON)

    def _convolved(self, x):
        kernel = ops.cast(self.kernel, x.dtype)
        if not self.upsampling:
            return ops.conv(x, kernel, padding="same", data_format="channels_last")
        # A convolution gathers by its kernel, a transposed one spreads by it: turned round, the two agree.
        kernel = ops.swapaxes(ops.flip(kernel, axis=(0, 1)), 2, 3)
        x = ops.conv_transpose(x, kernel, strides=2, padding="valid", data_format="channels_last")
        x = ops.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])  # 2 * size + 1 pixels; the filter leaves 2 * size
        smooth = ops.convert_to_tensor(np.outer(FILTER, FILTER)[:, :, None, None], x.dtype)
        smooth = ops.tile(smooth, (1, 1, self.filters, 1))
        return ops.depthwise_conv(x, smooth, padding="valid", data_format="channels_last")

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape[0]
        factor = 2 if self.upsampling else 1
        return (batch, *(size and size * factor for size in (height, width)), self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "demodulate": self.demodulate,
            "upsampling": self.upsampling,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
