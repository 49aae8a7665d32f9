"""WGAN-GP: Wasserstein loss, gradient penalty, five steps of the critic for one of the generator.

    keras-gan train wgan_gp --data my_photos --size 64

Loss, penalty, steps and betas are the paper's; networks and rate are those of the DCGAN recipe, whose generator
normalizes by RMS, not by batch.

Reference: Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1.
"""

import functools
from typing import Any

import keras

from keras_gan.losses import Wasserstein
from keras_gan.models.gan import GAN
from keras_gan.penalties import GradientPenalty
from keras_gan.recipes import dcgan
from keras_gan.recipes.signatures import passes_on

EPOCHS = 100
data = functools.partial(dcgan.data, batch_size=160)  # divisible by 5: each step of the critic gets a part
networks = functools.partial(dcgan.networks, discriminator_steps=5)


@passes_on(networks)
def gan(dataset: Any, learning_rate: float = 5e-4, **further: Any) -> GAN:
    """Makes the compiled GAN.

    Args:
        dataset: batches of `data`.
        learning_rate: Learning rate of Adam (betas 0 and 0.9), for both players.
        further: further arguments of `keras_gan.recipes.dcgan.networks`.
    """
    made = networks(dataset, **further)
    made.compile(
        keras.optimizers.Adam(learning_rate, beta_1=0.0, beta_2=0.9),
        loss=Wasserstein(),
        penalties=[GradientPenalty(weight=10.0)],
    )
    return made
