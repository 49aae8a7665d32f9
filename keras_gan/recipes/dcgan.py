from typing import Any

import keras

from keras_gan import data as kg_data
from keras_gan.models.gan import GAN
from keras_gan.networks import DCGANDiscriminator, DCGANGenerator
from keras_gan.penalties import R1
from keras_gan.recipes.training import Training


def dcgan(
    data: Any = "digits",
    epochs: int = 20,
    batch_size: int = 64,
    seed: int = 0,
    latent_dim: int = 64,
    filters: int = 32,
    gamma: float = 0.5,
    learning_rate: float = 1e-3,
    **data_options: Any,
) -> Training:
    """DCGAN on any square images: your folder, an array, a TFDS name.

    Non-saturating loss, lazy R1 instead of the paper's batch normalization in the discriminator, moving average of the
    generator.

        keras-gan train dcgan --data my_photos --size 64 --channels 3 --epochs 100

    Args:
        data: source for `keras_gan.data.images`.
        epochs: passes over the data.
        batch_size: images per step.
        seed: sets Keras's global seed, the order of the data and the latents.
        latent_dim: numbers per latent.
        filters: channels of the finest feature maps of both networks.
        gamma: weight of R1.
        learning_rate: of Adam, for both players.
        data_options: further arguments of `keras_gan.data.images` (size, channels, flip, ...).
    """
    keras.utils.set_random_seed(seed)
    dataset = kg_data.images(data, batch_size=batch_size, seed=seed, **data_options)
    image_shape = tuple(dataset.element_spec["image"].shape[1:])
    gan = GAN(
        DCGANGenerator(image_shape, latent_dim=latent_dim, filters=filters),
        DCGANDiscriminator(image_shape, filters=filters),
        seed=seed,
    )
    gan.compile(
        optimizer=keras.optimizers.Adam(learning_rate, beta_1=0.5),
        penalties=[R1(gamma=gamma, interval=16)],
    )
    return Training(gan, dataset, epochs)
