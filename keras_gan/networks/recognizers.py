import keras
from keras import layers

from keras_gan.networks.conditioning import check_numbers
from keras_gan.networks.dcgan import halved, initializers
from keras_gan.networks.image_shape import checked_image_shape, halvings
from keras_gan.networks.network import Network


@keras.saving.register_keras_serializable("keras_gan")
class DCGANRecognizer(Network):
    """Reads InfoGAN's code from images with DCGAN's convolutions.

    Input: `image`, float32 `(batch, size, size, channels)` in [-1, 1]. Output: float32 `(batch, code_dim)`, of each
    category the logits of its values, then of each continuous code the mean.

    Args:
        image_shape: (size, size, channels), as for `DCGANGenerator`.
        code_dim: int >= 1, numbers in a code: of categories with 10 and 3 values and 2 continuous codes 15.
        filters, max_filters, kernel_size, slope, kernel_initializer, base: as for `DCGANDiscriminator`.
        units: int >= 1, features of the dense layer before the code. Defaults to 128, the paper's.
        name: str, name of the model.

    Raises:
        ValueError: for a shape that is not square or not base * 2**k, or a number that is not whole or below 1.

    Example:

    >>> DCGANRecognizer((28, 28, 1), code_dim=12, filters=8).output_shape
    (None, 12)

    Reference:
        Chen et al. 2016, arXiv:1606.03657, appendix C.1. Deviations: a network of its own, which shares no layers with
        the discriminator; no batch normalization.
    """

    def __init__(
        self,
        image_shape,
        code_dim,
        filters=64,
        max_filters=1024,
        kernel_size=4,
        slope=0.2,
        units=128,
        kernel_initializer=None,
        base=None,
        name="dcgan_recognizer",
    ):
        image_shape = checked_image_shape(image_shape)
        check_numbers(code_dim=code_dim, units=units)
        weights = initializers(kernel_initializer)
        _, stages = halvings(image_shape, base)
        image = keras.Input(image_shape, name="image")
        x = halved(image, stages, filters, max_filters, kernel_size, slope, False, 0.0, weights)
        x = layers.LeakyReLU(negative_slope=slope)(layers.Dense(units, kernel_initializer=weights())(x))
        code = layers.Dense(code_dim, dtype="float32", kernel_initializer=weights(), name="code")(x)
        super().__init__(inputs=image, outputs=code, name=name)
        self.keep(
            image_shape=image_shape,
            code_dim=code_dim,
            filters=filters,
            max_filters=max_filters,
            kernel_size=kernel_size,
            slope=slope,
            units=units,
            kernel_initializer=kernel_initializer,
            base=base,
        )


@keras.saving.register_keras_serializable("keras_gan")
class MLPRecognizer(Network):
    """Reads InfoGAN's code from images with dense layers.

    Input: `image`, float32 `(batch, height, width, channels)` in [-1, 1]. Output: float32 `(batch, code_dim)`, as of
    `DCGANRecognizer`.

    Args:
        image_shape: (height, width, channels), channels 1, 3 or 4.
        code_dim: int >= 1, numbers in a code.
        units: sizes of the hidden layers. Defaults to (512, 128).
        slope: float, slope of LeakyReLU below zero. Defaults to 0.2.
        name: str, name of the model.

    Raises:
        ValueError: for an `image_shape` that is not three whole numbers with 1, 3 or 4 channels, or a `code_dim` that
            is not whole or below 1.

    Example:

    >>> MLPRecognizer((8, 8, 1), code_dim=12, units=(32,)).output_shape
    (None, 12)

    Reference: Chen et al. 2016, arXiv:1606.03657, section 6. Deviation: dense layers, a network of its own.
    """

    def __init__(self, image_shape, code_dim, units=(512, 128), slope=0.2, name="mlp_recognizer"):
        image_shape = checked_image_shape(image_shape)
        check_numbers(code_dim=code_dim)
        image = keras.Input(image_shape, name="image")
        x = layers.Flatten()(image)
        for width in units:
            x = layers.LeakyReLU(negative_slope=slope)(layers.Dense(width, kernel_initializer="he_normal")(x))
        code = layers.Dense(code_dim, dtype="float32", name="code")(x)
        super().__init__(inputs=image, outputs=code, name=name)
        self.keep(image_shape=image_shape, code_dim=code_dim, units=tuple(units), slope=slope)
