import keras
from keras import layers, ops

from keras_gan.networks.conditioning import check_numbers
from keras_gan.networks.image_shape import checked_image_shape, halvings
from keras_gan.networks.network import Network


def _convolution(x, channels, **options):
    # He's variance, which the gain of ELU nearly keeps: the paper's Adam starts from whatever its framework gives.
    return layers.Conv2D(channels, 3, padding="same", kernel_initializer="he_normal", **options)(x)


def _pair(x, channels):
    for _ in range(2):
        x = layers.ELU()(_convolution(x, channels))
    return x


def _encoded(image, stages, filters, hidden_dim):
    """Returns embeddings `(batch, hidden_dim)`: each halving by a convolution of stride 2, `filters` channels more."""
    x = layers.ELU()(_convolution(image, filters))
    for stage in range(1, stages + 1):
        x = _pair(x, stage * filters)
        x = layers.ELU()(_convolution(x, (stage + 1) * filters, strides=2))
    x = _pair(x, (stages + 1) * filters)
    return layers.Dense(hidden_dim)(layers.Flatten()(x))


def _decoded(x, side, stages, filters, channels):
    """Returns images before their activation, from `(batch, width)`: each doubling by nearest neighbours."""
    x = layers.Reshape((side, side, filters))(layers.Dense(side * side * filters)(x))
    for _ in range(stages):
        x = layers.UpSampling2D(2, interpolation="nearest")(_pair(x, filters))
    return _convolution(_pair(x, filters), channels, dtype="float32")


@keras.saving.register_keras_serializable("keras_gan")
class BEGANGenerator(Network):
    """BEGAN's generator, of the same form as its discriminator's decoder.

    A dense layer makes a map of base x base; pairs of 3x3 convolutions with ELU, all of `filters` channels, alternate
    with nearest-neighbour doubling; a last convolution and tanh draw. Input: `latent`, float32 `(batch, latent_dim)`.
    Output: float32 `(batch, size, size, channels)` in [-1, 1].

    Args:
        image_shape: (size, size, channels), size = base * 2**k from 8 on (28 = 7 * 4 too), channels 1, 3 or 4.
        latent_dim: int >= 1, numbers per latent. Defaults to 64, the paper's; its latents are `"uniform"`.
        filters: int >= 1, channels of every map. Defaults to 64; the paper has 64 to 128.
        base: int, size of the first map, or None for the smallest from 4 on; the paper has 8. Defaults to None.
        name: str, name of the model.

    Raises:
        ValueError: for a shape that is not square or not base * 2**k, or a number that is not whole or below 1.

    Example:

    >>> BEGANGenerator((28, 28, 1), latent_dim=16, filters=8).output_shape
    (None, 28, 28, 1)

    Reference:
        Berthelot et al. 2017, arXiv:1703.10717, section 3.5 and figure 1. Deviations: tanh; none of the optional skip
        connections and vanishing residuals.
    """

    num_classes = None

    def __init__(self, image_shape, latent_dim=64, filters=64, base=None, name="began_generator"):
        image_shape = checked_image_shape(image_shape)
        check_numbers(latent_dim=latent_dim, filters=filters)
        side, stages = halvings(image_shape, base)
        latent = keras.Input((latent_dim,), name="latent")
        x = _decoded(latent, side, stages, filters, image_shape[-1])
        image = layers.Activation("tanh", dtype="float32", name="image")(x)
        super().__init__(inputs=latent, outputs=image, name=name)
        self.keep(image_shape=image_shape, latent_dim=latent_dim, filters=filters, base=base)


@keras.saving.register_keras_serializable("keras_gan")
class BEGANDiscriminator(Network):
    """BEGAN's discriminator: an autoencoder, whose answer is how badly it reconstructs an image.

    Input: `image` v, float32 `(batch, size, size, channels)` in [-1, 1]. Output: float32 `(batch, 1)`, the mean over
    pixels and channels of |v - D(v)|, for `keras_gan.losses.BEGAN` (its `logits` are such errors).

    The encoder's pairs of 3x3 convolutions with ELU gain `filters` channels at each halving (by a stride of 2); dense
    layers without activation lead to `hidden_dim` numbers and back; the decoder is of the generator's form, with no
    activation at its end.

    Args:
        image_shape: (size, size, channels), as for `BEGANGenerator`.
        hidden_dim: int >= 1, numbers between encoder and decoder. Defaults to 64, the paper's.
        filters: int >= 1, channels of the finest maps of the encoder and of all of the decoder. Defaults to 64.
        base: int, size of the smallest map, or None for the smallest from 4 on. Defaults to None.
        name: str, name of the model.

    Raises:
        ValueError: for a shape that is not square or not base * 2**k, or a number that is not whole or below 1.

    Example:

    >>> BEGANDiscriminator((28, 28, 1), filters=8).output_shape
    (None, 1)

    Reference:
        Berthelot et al. 2017, arXiv:1703.10717, sections 3.1 (eta = 1) and 3.5, figure 1. Deviations: the mean error of
        a pixel instead of a norm; no skip connections.
    """

    num_classes = None

    def __init__(self, image_shape, hidden_dim=64, filters=64, base=None, name="began_discriminator"):
        image_shape = checked_image_shape(image_shape)
        check_numbers(hidden_dim=hidden_dim, filters=filters)
        side, stages = halvings(image_shape, base)
        image = keras.Input(image_shape, name="image")
        hidden = _encoded(image, stages, filters, hidden_dim)
        reconstruction = _decoded(hidden, side, stages, filters, image_shape[-1])
        # Half precision would round images, and the error, to 1/1000.
        error = layers.Subtract(dtype="float32", name="error")([image, reconstruction])
        logits = ops.mean(ops.abs(layers.Flatten(dtype="float32")(error)), axis=1, keepdims=True)
        super().__init__(inputs=image, outputs=logits, name=name)
        self.keep(image_shape=image_shape, hidden_dim=hidden_dim, filters=filters, base=base)
