import math

import keras
from keras import layers

from keras_gan.networks.image_shape import checked_image_shape
from keras_gan.networks.network import Network


@keras.saving.register_keras_serializable("keras_gan")
class MLPGenerator(Network):
    """The generator of the first GAN: dense layers from a latent to every pixel.

    Input: `latent`, float32 `(batch, latent_dim)`. Output: float32 `(batch, height, width, channels)` in [-1, 1].

    Args:
        image_shape: (height, width, channels), channels 1, 3 or 4; need not be square.
        latent_dim: int >= 1, numbers per latent. Defaults to 100, the paper's for MNIST.
        units: sizes of the hidden ReLU layers. Defaults to (1200, 1200), those of the authors' code for MNIST.
        name: str, name of the model.

    Raises:
        ValueError: for an `image_shape` that is not three whole numbers with 1, 3 or 4 channels.

    Example:

    >>> MLPGenerator((8, 8, 1), latent_dim=16, units=(32,)).output_shape
    (None, 8, 8, 1)

    Reference: Goodfellow et al. 2014, arXiv:1406.2661, section 5. Deviation: tanh and images in [-1, 1].
    """

    def __init__(self, image_shape, latent_dim=100, units=(1200, 1200), name="mlp_generator"):
        image_shape = checked_image_shape(image_shape)
        latent = x = keras.Input((latent_dim,), name="latent")
        for width in units:
            x = layers.Dense(width, activation="relu", kernel_initializer="he_normal")(x)
        x = layers.Reshape(image_shape)(layers.Dense(math.prod(image_shape))(x))
        image = layers.Activation("tanh", dtype="float32", name="image")(x)
        super().__init__(inputs=latent, outputs=image, name=name)
        self.keep(image_shape=image_shape, latent_dim=latent_dim, units=tuple(units))


@keras.saving.register_keras_serializable("keras_gan")
class MLPDiscriminator(Network):
    """A discriminator of dense layers.

    Input: `image`, float32 `(batch, height, width, channels)` in [-1, 1]. Output: float32 `(batch, 1)`, no sigmoid.

    Args:
        image_shape: (height, width, channels), channels 1, 3 or 4.
        units: sizes of the hidden layers. Defaults to (512, 256).
        slope: float, slope of LeakyReLU below zero. Defaults to 0.2.
        dropout: float in [0, 1), share of features dropped after each hidden layer. Defaults to 0.
        name: str, name of the model.

    Raises:
        ValueError: for an `image_shape` that is not three whole numbers with 1, 3 or 4 channels.

    Example:

    >>> MLPDiscriminator((8, 8, 1), units=(32,)).output_shape
    (None, 1)

    Reference: Goodfellow et al. 2014, arXiv:1406.2661, section 5. Deviation: LeakyReLU instead of maxout.
    """

    def __init__(self, image_shape, units=(512, 256), slope=0.2, dropout=0.0, name="mlp_discriminator"):
        image_shape = checked_image_shape(image_shape)
        image = keras.Input(image_shape, name="image")
        x = layers.Flatten()(image)
        for width in units:
            x = layers.LeakyReLU(negative_slope=slope)(layers.Dense(width, kernel_initializer="he_normal")(x))
            x = layers.Dropout(dropout)(x) if dropout else x
        logits = layers.Dense(1, dtype="float32", name="logits")(x)
        super().__init__(inputs=image, outputs=logits, name=name)
        self.keep(image_shape=image_shape, units=tuple(units), slope=slope, dropout=dropout)
