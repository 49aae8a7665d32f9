import keras
from keras import ops

from keras_gan.losses.adversarial import AdversarialLoss


@keras.saving.register_keras_serializable("keras_gan")
class Minimax(AdversarialLoss):
    """The original minimax loss: the generator minimises log(1 - D(fake)).

    With logits l, and D = sigmoid(l):

        discriminator: mean softplus(-l_real) + mean softplus(l_fake)
        generator:     -mean softplus(l_fake)

    The generator's gradient vanishes where the discriminator is sure, so it rarely learns from a poor start:
    `NonSaturating` has the same discriminator and is the one to train with.

    Example:

    >>> import numpy as np
    >>> round(float(Minimax().generator(None, np.zeros((4, 1), "float32"))), 4)
    -0.6931

    Reference: Goodfellow et al. 2014, arXiv:1406.2661, equation 1.
    """

    def discriminator(self, real, fake):
        return ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))

    def generator(self, real, fake):
        return -ops.mean(ops.softplus(fake))
