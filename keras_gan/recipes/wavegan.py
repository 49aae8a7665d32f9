"""WaveGAN: draws sounds as waveforms, from a folder of WAV files.

    keras-gan train wavegan --data my_sounds --length 4096

Transposed convolutions from a latent to samples, strided ones back to a logit; non-saturating loss with lazy R1, one
step of the discriminator for one of the generator. Spoken digits: `python scripts/learning wavegan`.

Reference: Donahue et al. 2019, arXiv:1802.04208. Deviations: R1 instead of a gradient penalty with five steps of the
critic; RMS normalization in the generator; no phase shuffle; narrower networks by default.
"""

from typing import Annotated, Any, Literal

import keras

from keras_gan import data as kg_data
from keras_gan.models.gan import GAN
from keras_gan.networks import WaveGANDiscriminator, WaveGANGenerator
from keras_gan.penalties import R1
from keras_gan.recipes import options

EPOCHS = 200


def data(
    source: options.Source,
    length: Annotated[int, options.Between(64, 2**22)] = 4096,
    rate: Annotated[int | None, options.OfSource(), options.Between(1, 10**7)] = None,
    normalize: Literal["peak"] | None = "peak",
    batch_size: options.BatchSize = 32,
    seed: options.Seed = 0,
    passes: options.Passes = 1,
    bad_files: options.BadFiles = "raise",
) -> Any:
    """Makes batches of sounds: `keras_gan.data.sounds`.

    Args:
        source: A folder of WAV files, or an .npz or .npy file of sounds.
        length: Samples of each sound: 64, 256, 1024, 4096 or 16384. Longer sounds are cut, shorter ones get zeros.
        rate: Samples in a second. Defaults to that of the files, which must agree.
        normalize: Whether each sound is made as loud as can be. Voices and microphones differ in loudness.
        batch_size: Sounds per step.
        seed: The same seed begins with the same weights and gives the same order of the data.
        passes: Passes over the data that make one epoch.
        bad_files: What to do about files in a folder that are no sounds.
    """
    return kg_data.sounds(**locals())  # every option is one of its arguments


def gan(
    dataset: Any,
    seed: options.Seed = 0,
    latent_dim: options.LatentDim = 64,
    filters: options.Filters = 16,
    gamma: Annotated[float, options.Between(0, 1e6)] = 1.0,
    learning_rate: Annotated[float, options.Between(0, 1)] = 1e-3,
    ema_half_life: float | None = 20_000,
) -> GAN:
    """Makes the compiled GAN.

    Args:
        dataset: batches of `data`.
        seed: The same seed draws the same latents.
        latent_dim: Numbers per latent.
        filters: Channels of the longest feature maps of both networks.
        gamma: Weight of R1, which is evaluated every 16 steps.
        learning_rate: Learning rate of Adam (betas 0 and 0.99), for both players.
        ema_half_life: Half-life of the generator's moving average, in sounds, or none for no average.
    """
    sound_shape = tuple(dataset.element_spec["sound"].shape[1:])
    made = GAN(
        WaveGANGenerator(sound_shape, latent_dim=latent_dim, filters=filters),
        WaveGANDiscriminator(sound_shape, filters=filters),
        medium=dataset.columns["sound"],
        ema_half_life=ema_half_life,
        seed=seed,
    )
    optimizer = keras.optimizers.Adam(learning_rate, beta_1=0.0, beta_2=0.99)
    made.compile(optimizer, penalties=[R1(gamma=gamma, interval=16)])
    return made
