import keras
from keras import ops

from keras_gan.losses.adversarial import AdversarialLoss


@keras.saving.register_keras_serializable("keras_gan")
class Wasserstein(AdversarialLoss):
    """The Wasserstein-1 distance in its dual form: the discriminator is a critic, without a bound on its outputs.

        discriminator: mean l_fake - mean l_real
        generator:     -mean l_fake

    It is a distance only while the critic is 1-Lipschitz: train it with a gradient penalty or clipped weights, and
    several `discriminator_steps` (the paper: 5).

    Example:

    >>> import numpy as np
    >>> float(Wasserstein().discriminator(np.full((4, 1), 3.0, "float32"), np.full((4, 1), 1.0, "float32")))
    -2.0

    Reference: Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1 (with the sign of a loss to be minimised).
    """

    def discriminator(self, real, fake):
        return ops.mean(fake) - ops.mean(real)

    def generator(self, real, fake):
        return -ops.mean(fake)
