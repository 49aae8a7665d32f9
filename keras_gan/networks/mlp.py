import math

import keras
from keras import layers

from keras_gan.layers.instance_noise import InstanceNoise
from keras_gan.networks.conditioning import (
    check_conditioning,
    discriminator_outputs,
    embedded,
    generator_inputs,
    label_input,
    takes_label,
)
from keras_gan.networks.image_shape import checked_image_shape
from keras_gan.networks.network import Network


@keras.saving.register_keras_serializable("keras_gan")
class MLPGenerator(Network):
    """The generator of the first GAN: dense layers from a latent to every pixel.

    Inputs: `latent`, float32 `(batch, latent_dim)`; with `code_dim` also `code`, float32 `(batch, code_dim)`, and with
    `num_classes` also `label`, int32 `(batch,)`. Output: float32 `(batch, height, width, channels)` in [-1, 1].

    Args:
        image_shape: (height, width, channels), channels 1, 3 or 4; need not be square.
        latent_dim: int >= 1, numbers per latent. Defaults to 100, the paper's for MNIST.
        units: sizes of the hidden ReLU layers. Defaults to (1200, 1200), those of the authors' code for MNIST.
        name: str, name of the model.
        num_classes: int >= 1, for an input `label` from 0 to `num_classes - 1`, whose learned embedding joins the
            latent; or None. Defaults to None.
        code_dim: int >= 1, numbers of an input `code` that joins the latent (`keras_gan.InfoGAN`), or None. Defaults
            to None.

    Raises:
        ValueError: for an `image_shape` that is not three whole numbers with 1, 3 or 4 channels, or a number that is
            not whole or below 1.

    Example:

    >>> MLPGenerator((8, 8, 1), latent_dim=16, units=(32,)).output_shape
    (None, 8, 8, 1)

    Reference:
        Goodfellow et al. 2014, arXiv:1406.2661, section 5. Labels: Mirza and Osindero 2014, arXiv:1411.1784,
        section 3.2, here by embedding. Deviation: tanh and images in [-1, 1].
    """

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        units=(1200, 1200),
        name="mlp_generator",
        *,
        num_classes=None,
        code_dim=None,
    ):
        image_shape = checked_image_shape(image_shape)
        inputs, x = generator_inputs(latent_dim, num_classes, code_dim)
        for width in units:
            x = layers.Dense(width, activation="relu", kernel_initializer="he_normal")(x)
        x = layers.Reshape(image_shape)(layers.Dense(math.prod(image_shape))(x))
        image = layers.Activation("tanh", dtype="float32", name="image")(x)
        super().__init__(inputs=inputs, outputs=image, name=name)
        self.keep(
            image_shape=image_shape,
            latent_dim=latent_dim,
            units=tuple(units),
            num_classes=num_classes,
            code_dim=code_dim,
        )


@keras.saving.register_keras_serializable("keras_gan")
class MLPDiscriminator(Network):
    """A discriminator of dense layers.

    Input: `image`, float32 `(batch, height, width, channels)` in [-1, 1]. Output: float32 `(batch, 1)`, no sigmoid.
    With `num_classes` there may be an input `label`, int32 `(batch,)`, or the output be a dict, as `conditioning` says:
    see `DCGANDiscriminator`; by `"concatenation"` the label's embedding joins the pixels.

    Args:
        image_shape: (height, width, channels), channels 1, 3 or 4.
        units: sizes of the hidden layers. Defaults to (512, 256).
        slope: float, slope of LeakyReLU below zero. Defaults to 0.2.
        dropout: float in [0, 1), share of features dropped after each hidden layer. Defaults to 0.
        name: str, name of the model.
        num_classes: int >= 1, number of classes, or None for a discriminator without labels. Defaults to None.
        conditioning: `"projection"`, `"concatenation"`, `"classifier"` or `"semi_supervised"`, what to do with the
            classes, where there are any. Defaults to `"projection"`.
        noise: float >= 0, deviation of Gaussian noise added in training to the input of each hidden layer (pixels
            included). Defaults to 0.

    Raises:
        ValueError: for an `image_shape` that is not three whole numbers with 1, 3 or 4 channels, or an unknown
            `conditioning`.

    Example:

    >>> MLPDiscriminator((8, 8, 1), units=(32,)).output_shape
    (None, 1)

    Reference:
        Goodfellow et al. 2014, arXiv:1406.2661, section 5. Noise: Salimans et al. 2016, arXiv:1606.03498, whose code
        has it in the classifier of MNIST. Deviation: LeakyReLU instead of maxout.
    """

    def __init__(
        self,
        image_shape,
        units=(512, 256),
        slope=0.2,
        dropout=0.0,
        name="mlp_discriminator",
        *,
        num_classes=None,
        conditioning="projection",
        noise=0.0,
    ):
        image_shape = checked_image_shape(image_shape)
        check_conditioning(num_classes, conditioning)
        inputs = {"image": keras.Input(image_shape, name="image")}
        x, label = layers.Flatten()(inputs["image"]), None
        if takes_label(num_classes, conditioning):
            inputs["label"] = label = label_input()
        if label is not None and conditioning == "concatenation":
            x = layers.Concatenate()([x, embedded(label, num_classes)])
        for width in units:
            x = InstanceNoise(noise)(x) if noise else x
            x = layers.LeakyReLU(negative_slope=slope)(layers.Dense(width, kernel_initializer="he_normal")(x))
            x = layers.Dropout(dropout)(x) if dropout else x
        outputs = discriminator_outputs(x, num_classes, conditioning, label)
        super().__init__(inputs=inputs["image"] if label is None else inputs, outputs=outputs, name=name)
        self.keep(
            image_shape=image_shape,
            units=tuple(units),
            slope=slope,
            dropout=dropout,
            num_classes=num_classes,
            conditioning=conditioning,
            noise=noise,
        )
