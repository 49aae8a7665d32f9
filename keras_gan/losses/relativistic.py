import keras
from keras import ops

from keras_gan import _backend
from keras_gan.losses.adversarial import AdversarialLoss


@keras.saving.register_keras_serializable("keras_gan")
class RelativisticPaired(AdversarialLoss):
    """The relativistic paired loss (RpGAN): each real is judged against one fake.

        discriminator: mean softplus(-(l_real - l_fake))
        generator:     mean softplus(-(l_fake - l_real))

    Every real has a fake to be told from, so leaving out a mode costs the generator something there: of the losses here
    it drops modes least. It takes zero-centred penalties on reals and on fakes (`R1` and `R2`) to converge.

    Raises:
        ValueError: if there are not as many reals as fakes.

    Example:

    >>> import numpy as np
    >>> round(float(RelativisticPaired().generator(np.zeros((4, 1), "float32"), np.zeros((4, 1), "float32"))), 4)
    0.6931

    Reference:
        Jolicoeur-Martineau 2018, arXiv:1807.00734, section 4.1, with f = softplus; Huang et al. 2024 (R3GAN),
        arXiv:2501.05441, equations 2 and 3.
    """

    generator_uses_real = True

    def discriminator(self, real, fake):
        return ops.mean(ops.softplus(-(real - _paired(real, fake))))

    def generator(self, real, fake):
        return ops.mean(ops.softplus(-(_paired(real, fake) - real)))


@keras.saving.register_keras_serializable("keras_gan")
class RelativisticAverage(AdversarialLoss):
    """The relativistic average loss (RaGAN): reals are judged against the mean fake, fakes against the mean real.

        discriminator: mean softplus(-(l_real - mean l_fake)) + mean softplus(l_fake - mean l_real)
        generator:     mean softplus(-(l_fake - mean l_real)) + mean softplus(l_real - mean l_fake)

    The means are over all logits of the batch, patches included.

    Example:

    >>> import numpy as np
    >>> round(float(RelativisticAverage().discriminator(np.zeros((4, 1), "float32"), np.zeros((4, 1), "float32"))), 4)
    1.3863

    Reference: Jolicoeur-Martineau 2018, arXiv:1807.00734, section 4.2, with the logistic losses (RaSGAN).
    """

    generator_uses_real = True

    def discriminator(self, real, fake):
        return _average(real, fake)

    def generator(self, real, fake):
        return _average(fake, real)


def _paired(real, fake):
    if real.shape[0] != fake.shape[0]:
        raise ValueError(
            "A paired loss needs as many reals as fakes. "
            f"Received: {real.shape[0]} reals and {fake.shape[0]} fakes. Use RelativisticAverage."
        )
    return fake


def _average(higher, lower):
    means = _backend.replica_mean(ops.stack([ops.mean(lower), ops.mean(higher)]))
    return ops.mean(ops.softplus(means[0] - higher)) + ops.mean(ops.softplus(lower - means[1]))
