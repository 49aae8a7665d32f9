"""BiGAN: a GAN that also learns the way back, from a picture to its latent.

    keras-gan train bigan --data my_photos --size 32

DCGAN's networks, an encoder beside the generator, and a discriminator of pairs; non-saturating loss with lazy R1.
MNIST: `python scripts/learning bigan` tells what codes and reconstructions keep.

Reference: Donahue et al. 2017, arXiv:1605.09782. Deviations: R1 instead of batch normalization; a shared rate.
"""

from typing import Annotated, Any

import keras

from keras_gan.models.bigan import BiGAN
from keras_gan.networks import BiGANDiscriminator, DCGANGenerator, DCGANRecognizer
from keras_gan.penalties import R1
from keras_gan.recipes import dcgan, options

EPOCHS = 50
data = dcgan.data


def gan(
    dataset: Any,
    seed: options.Seed = 0,
    latent_dim: options.LatentDim = 50,
    filters: options.Filters = 32,
    gamma: Annotated[float, options.Between(0, 1e6)] = 0.02,
    learning_rate: Annotated[float, options.Between(0, 1)] = 1e-3,
    ema_half_life: float | None = 20_000,
) -> BiGAN:
    """Makes the compiled GAN.

    Args:
        dataset: batches of `data`.
        seed: The same seed draws the same latents.
        latent_dim: Numbers per latent.
        filters: Channels of the finest feature maps of all networks.
        gamma: Weight of R1, which is evaluated every 8 steps.
        learning_rate: Learning rate of Adam (betas 0.5 and 0.99), for both players.
        ema_half_life: Half-life of the moving averages of generator and encoder, in images, or none for no average.
    """
    image_shape = tuple(dataset.element_spec["image"].shape[1:])
    shared = {"filters": filters, "kernel_initializer": "glorot_uniform"}
    made = BiGAN(
        DCGANGenerator(image_shape, latent_dim=latent_dim, normalization="rms", **shared),
        DCGANRecognizer(image_shape, code_dim=latent_dim, units=512, **shared),
        BiGANDiscriminator(image_shape, latent_dim=latent_dim, filters=filters),
        ema_half_life=ema_half_life,
        seed=seed,
    )
    optimizer = keras.optimizers.Adam(learning_rate, beta_1=0.5, beta_2=0.99)
    made.compile(optimizer, penalties=[R1(gamma=gamma, interval=8)])
    return made
