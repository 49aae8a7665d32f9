from typing import Any

import keras

from keras_gan.losses import RelativisticPaired
from keras_gan.penalties import R1, R2
from keras_gan.recipes.dcgan import dcgan
from keras_gan.recipes.training import Training


def r3gan(
    data: Any = "digits",
    epochs: int = 20,
    gamma: float = 1.0,
    interval: int = 4,
    learning_rate: float = 1e-3,
    **options: Any,
) -> Training:
    """The loss of R3GAN, relativistic with R1 and R2, on DCGAN's networks: loses modes least.

        keras-gan train r3gan --data my_photos --size 64

    Huang et al. 2024, arXiv:2501.05441; the networks are those of the DCGAN recipe, not the paper's.

    Args:
        data: source for `keras_gan.data.images`.
        epochs: passes over the data.
        gamma: weight of R1 and of R2.
        interval: steps from one evaluation of them to the next.
        learning_rate: of Adam (betas 0 and 0.99), for both players.
        options: further arguments of `dcgan`.
    """
    training = dcgan(data, epochs=epochs, **options)
    training.gan.compile(
        keras.optimizers.Adam(learning_rate, beta_1=0.0, beta_2=0.99),
        loss=RelativisticPaired(),
        penalties=[R1(gamma, interval), R2(gamma, interval)],
    )
    return training
