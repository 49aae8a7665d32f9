import keras
from keras import ops

from keras_gan.losses.adversarial import AdversarialLoss


@keras.saving.register_keras_serializable("keras_gan")
class NonSaturating(AdversarialLoss):
    """The non-saturating logistic loss: the generator maximises log D(fake).

    With logits l, and D = sigmoid(l):

        discriminator: mean softplus(-l_real) + mean softplus(l_fake)
        generator:     mean softplus(-l_fake)

    At logits of zero the discriminator's loss is 2 log 2 = 1.386, the generator's log 2 = 0.693.

    Example:

    >>> import numpy as np
    >>> round(float(NonSaturating().discriminator(np.zeros((4, 1), "float32"), np.zeros((4, 1), "float32"))), 4)
    1.3863

    Reference:
        Goodfellow et al. 2014, arXiv:1406.2661, section 3 (the heuristic for the generator); as softplus of logits in
        Mescheder et al. 2018, arXiv:1801.04406.
    """

    def discriminator(self, real, fake):
        return ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))

    def generator(self, real, fake):
        return ops.mean(ops.softplus(-fake))
