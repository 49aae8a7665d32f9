import keras
from keras import layers

from keras_gan.arguments import check_whole
from keras_gan.networks.conditioning import discriminator_outputs, generator_inputs, label_input
from keras_gan.networks.network import Network

STRIDE = 4
SHORTEST = 16  # samples of the first map, from the paper


@keras.saving.register_keras_serializable("keras_gan")
class WaveGANGenerator(Network):
    """WaveGAN's generator: latents -> sounds, four times as long after every transposed convolution.

    Inputs: `latent`, float32 `(batch, latent_dim)`, and with `num_classes` also `label`, int32 `(batch,)`. Output:
    float32 `(batch, samples, channels)` in [-1, 1].

    Args:
        sound_shape: (samples, channels), samples = 16 * 4**k with k >= 1, such as 4,096 or 16,384.
        latent_dim: int >= 1, numbers per latent. Defaults to 100, the paper's.
        filters: int >= 1, channels of the longest map; each shorter one has twice as many. Defaults to 64, the paper's.
        kernel_size: int >= 1, samples. Defaults to 25, the paper's.
        normalization: `"rms"` (over the channels of each moment; no sound depends on its batch mates) or None, the
            paper's. Defaults to `"rms"`.
        num_classes: int >= 1, for an input `label`, or None. Defaults to None.
        name: str, name of the model.

    Raises:
        ValueError: for another number of samples, or an argument out of range.

    Example:

    >>> WaveGANGenerator((256, 1), latent_dim=8, filters=4).output_shape
    (None, 256, 1)

    Reference:
        Donahue et al. 2019, arXiv:1802.04208, appendix D, table 3. Deviations: any length; RMS normalization by
        default.
    """

    def __init__(
        self,
        sound_shape,
        latent_dim=100,
        filters=64,
        kernel_size=25,
        normalization="rms",
        num_classes=None,
        name="wavegan_generator",
    ):
        samples, channels = sound_shape = checked_sound_shape(sound_shape)
        for argument, value in (("latent_dim", latent_dim), ("filters", filters), ("kernel_size", kernel_size)):
            check_whole(argument, value)
        if normalization not in ("rms", None):
            raise ValueError(f"`normalization` must be 'rms' or None. Received: normalization={normalization!r}.")
        stages = stages_of(samples)

        def activated(x):
            return layers.ReLU()(layers.RMSNormalization()(x) if normalization else x)

        inputs, x = generator_inputs(latent_dim, num_classes)
        widths = [filters * 2**stage for stage in reversed(range(stages))]
        x = layers.Dense(SHORTEST * widths[0])(x)
        x = activated(layers.Reshape((SHORTEST, widths[0]))(x))
        for width in widths[1:]:
            x = activated(layers.Conv1DTranspose(width, kernel_size, STRIDE, "same")(x))
        x = layers.Conv1DTranspose(channels, kernel_size, STRIDE, "same")(x)
        sound = layers.Activation("tanh", dtype="float32", name="sound")(x)
        super().__init__(inputs=inputs, outputs=sound, name=name)
        self.keep(
            sound_shape=sound_shape,
            latent_dim=latent_dim,
            filters=filters,
            kernel_size=kernel_size,
            normalization=normalization,
            num_classes=num_classes,
        )


@keras.saving.register_keras_serializable("keras_gan")
class WaveGANDiscriminator(Network):
    """WaveGAN's discriminator: a sound, a quarter as long after every convolution, -> one logit.

    Input: `sound`, float32 `(batch, samples, channels)` in [-1, 1], and with `num_classes` also `label`, int32
    `(batch,)`, whose projection joins the logit. Output: float32 `(batch, 1)`, no sigmoid.

    Args:
        sound_shape: (samples, channels), as for `WaveGANGenerator`.
        filters: int >= 1, channels of the first map; each shorter one has twice as many. Defaults to 64, the paper's.
        kernel_size: int >= 1, samples. Defaults to 25, the paper's.
        slope: float, slope of LeakyReLU below zero. Defaults to 0.2, the paper's.
        num_classes: int >= 1, or None. Defaults to None.
        name: str, name of the model.

    Raises:
        ValueError: for another number of samples, or an argument out of range.

    Example:

    >>> WaveGANDiscriminator((256, 1), filters=4).output_shape
    (None, 1)

    Reference:
        Donahue et al. 2019, arXiv:1802.04208, appendix D, table 4. Labels: Miyato and Koyama 2018, arXiv:1802.05637.
        Deviations: any length; no phase shuffle.
    """

    def __init__(
        self, sound_shape, filters=64, kernel_size=25, slope=0.2, num_classes=None, name="wavegan_discriminator"
    ):
        samples, _ = sound_shape = checked_sound_shape(sound_shape)
        check_whole("filters", filters)
        check_whole("kernel_size", kernel_size)
        inputs = {"sound": keras.Input(sound_shape, name="sound")}
        label = None
        if num_classes is not None:
            inputs["label"] = label = label_input()
        x = inputs["sound"]
        for stage in range(stages_of(samples)):
            x = layers.Conv1D(filters * 2**stage, kernel_size, STRIDE, "same")(x)
            x = layers.LeakyReLU(negative_slope=slope)(x)
        logits = discriminator_outputs(layers.Flatten()(x), num_classes, "projection", label)
        super().__init__(inputs=inputs["sound"] if label is None else inputs, outputs=logits, name=name)
        self.keep(
            sound_shape=sound_shape, filters=filters, kernel_size=kernel_size, slope=slope, num_classes=num_classes
        )


def checked_sound_shape(sound_shape):
    """Returns (samples, channels) as a tuple; raises ValueError unless they are two whole numbers from 1 on."""
    shape = tuple(sound_shape)
    if len(shape) != 2 or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in shape):
        raise ValueError(f"`sound_shape` must be (samples, channels). Received: sound_shape={sound_shape!r}.")
    return shape


def stages_of(samples):
    """Returns k of samples = 16 * 4**k.

    Raises:
        ValueError: if there is no such k >= 1.
    """
    stages, length = 0, samples
    while length > SHORTEST and length % STRIDE == 0:
        length, stages = length // STRIDE, stages + 1
    if length != SHORTEST or not stages:
        raise ValueError(
            f"A sound must have 16 * 4**k samples: 64, 256, 1024, 4096 or 16384. Received: {samples}. "
            "Cut or pad it: keras_gan.data.sounds(..., length=4096)."
        )
    return stages
