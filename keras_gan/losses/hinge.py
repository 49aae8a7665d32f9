import keras
from keras import ops

from keras_gan.losses.adversarial import AdversarialLoss


@keras.saving.register_keras_serializable("keras_gan")
class Hinge(AdversarialLoss):
    """The hinge loss: the discriminator stops where it is sure by a margin of 1.

        discriminator: mean relu(1 - l_real) + mean relu(1 + l_fake)
        generator:     -mean l_fake

    Example:

    >>> import numpy as np
    >>> float(Hinge().discriminator(np.ones((4, 1), "float32"), -np.ones((4, 1), "float32")))
    0.0

    Reference: Lim and Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957, equations 16 and 17.
    """

    def discriminator(self, real, fake):
        return ops.mean(ops.relu(1.0 - real)) + ops.mean(ops.relu(1.0 + fake))

    def generator(self, real, fake):
        return -ops.mean(fake)
