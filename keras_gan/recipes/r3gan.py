"""The loss of R3GAN, relativistic with R1 and R2, on DCGAN's networks: loses modes least.

    keras-gan train r3gan --data my_photos --size 64

The networks are those of the DCGAN recipe, not the paper's.

Reference: Huang et al. 2024, arXiv:2501.05441.
"""

from typing import Any

import keras

from keras_gan.losses import RelativisticPaired
from keras_gan.models.gan import GAN
from keras_gan.penalties import R1, R2
from keras_gan.recipes import dcgan
from keras_gan.recipes.options import Interval
from keras_gan.recipes.signatures import passes_on

EPOCHS = 20
data = dcgan.data


@passes_on(dcgan.networks)
def gan(dataset: Any, gamma: float = 1.0, interval: Interval = 4, learning_rate: float = 1e-3, **further: Any) -> GAN:
    """Makes the compiled GAN.

    Args:
        dataset: batches of `data`.
        gamma: Weight of R1 and of R2.
        interval: Steps from one evaluation of R1 and R2 to the next.
        learning_rate: Learning rate of Adam (betas 0 and 0.99), for both players.
        further: further arguments of `keras_gan.recipes.dcgan.networks`.
    """
    made = dcgan.networks(dataset, **further)
    made.compile(
        keras.optimizers.Adam(learning_rate, beta_1=0.0, beta_2=0.99),
        loss=RelativisticPaired(),
        penalties=[R1(gamma, interval), R2(gamma, interval)],
    )
    return made
