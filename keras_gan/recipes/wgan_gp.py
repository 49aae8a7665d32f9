from typing import Any

import keras

from keras_gan.losses import Wasserstein
from keras_gan.penalties import GradientPenalty
from keras_gan.recipes.dcgan import dcgan
from keras_gan.recipes.training import Training


def wgan_gp(
    data: Any = "digits", epochs: int = 100, batch_size: int = 160, learning_rate: float = 5e-4, **options: Any
) -> Training:
    """WGAN-GP: Wasserstein loss, gradient penalty, five steps of the critic for one of the generator.

        keras-gan train wgan_gp --data my_photos --size 64

    Loss, penalty, steps and betas are the paper's (Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1); networks and
    rate are those of the DCGAN recipe, whose generator normalizes by RMS, not by batch.

    Args:
        data: source for `keras_gan.data.images`.
        epochs: passes over the data.
        batch_size: images per step, divisible by 5: each of the critic's steps gets a part.
        learning_rate: of Adam (betas 0 and 0.9), for both players.
        options: further arguments of `dcgan`.
    """
    training = dcgan(data, epochs=epochs, batch_size=batch_size, discriminator_steps=5, **options)
    training.gan.compile(
        keras.optimizers.Adam(learning_rate, beta_1=0.0, beta_2=0.9),
        loss=Wasserstein(),
        penalties=[GradientPenalty(weight=10.0)],
    )
    return training
