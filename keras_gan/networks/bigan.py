import keras
from keras import layers

from keras_gan.arguments import check_whole
from keras_gan.networks.dcgan import halved, initializers
from keras_gan.networks.image_shape import checked_image_shape, halvings
from keras_gan.networks.network import Network


@keras.saving.register_keras_serializable("keras_gan")
class BiGANDiscriminator(Network):
    """Judges pairs of a picture and a latent: do they belong together, and is the picture real?

    Inputs: `image`, float32 `(batch, height, width, channels)` in [-1, 1], and `latent`, float32
    `(batch, latent_dim)`. Output: float32 `(batch, 1)`, no sigmoid. Convolutions of stride 2 read the picture, a dense
    layer the latent; dense layers read both.

    Args:
        image_shape: (height, width, channels); with `filters` as for `DCGANDiscriminator`.
        latent_dim: int >= 1, numbers per latent. Defaults to 50, the paper's for MNIST.
        filters: int >= 1, channels of the first convolution, or None to read the pixels by dense layers as the paper
            does on MNIST. Defaults to 32.
        units: sizes of the dense layers that read both. Defaults to (512, 512); the paper has (1024, 1024).
        slope: float, slope of LeakyReLU below zero. Defaults to 0.2, the paper's.
        name: str, name of the model.

    Raises:
        ValueError: for a shape that is not square or not base * 2**k, or a number that is not whole or below 1.

    Example:

    >>> BiGANDiscriminator((8, 8, 1), latent_dim=4, filters=4, units=(16,)).output_shape
    (None, 1)

    Reference:
        Donahue et al. 2017, arXiv:1605.09782, section 4 and appendix C.1. Deviations: convolutions by default; no batch
        normalization, so that gradient penalties can be used.
    """

    def __init__(self, image_shape, latent_dim=50, filters=32, units=(512, 512), slope=0.2, name="bigan_discriminator"):
        image_shape = checked_image_shape(image_shape)
        check_whole("latent_dim", latent_dim)
        weights = initializers("he_normal")
        image, latent = keras.Input(image_shape, name="image"), keras.Input((latent_dim,), name="latent")
        features = layers.Flatten()(image)
        if filters is not None:
            check_whole("filters", filters)
            _, stages = halvings(image_shape)
            features = halved(image, stages, filters, 8 * filters, 4, slope, False, 0.0, weights)
        x = layers.Concatenate()([features, _dense(latent, units[0], slope)])
        for width in units:
            x = _dense(x, width, slope)
        logits = layers.Dense(1, dtype="float32", name="logits")(x)
        super().__init__(inputs={"image": image, "latent": latent}, outputs=logits, name=name)
        self.keep(image_shape=image_shape, latent_dim=latent_dim, filters=filters, units=tuple(units), slope=slope)


def _dense(x, width, slope):
    return layers.LeakyReLU(negative_slope=slope)(layers.Dense(width, kernel_initializer="he_normal")(x))
