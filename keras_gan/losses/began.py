import keras
from keras import ops

from keras_gan import _backend
from keras_gan.losses.adversarial import AdversarialLoss


@keras.saving.register_keras_serializable("keras_gan")
class BEGAN(AdversarialLoss):
    """Boundary equilibrium: the discriminator is an autoencoder, and its "logits" are reconstruction errors L >= 0.

        discriminator: mean L_real - k * mean L_fake
        generator:     mean L_fake
        controller:    k <- clip(k + gain * (diversity * mean L_real - mean L_fake), 0, 1)

    k starts at 0 and is a weight of the loss, saved with the GAN; it moves once for each update of the discriminator.
    `keras_gan.networks.BEGANDiscriminator` gives such errors.

    Args:
        diversity: float in (0, 1], the paper's gamma: mean L_fake / mean L_real at the equilibrium. Lower is sharper
            and less varied. Defaults to 0.5.
        gain: float > 0, the paper's lambda_k. Defaults to 0.001, the paper's.

    Raises:
        ValueError: for a number out of range.

    Example:

    >>> import numpy as np
    >>> float(BEGAN().discriminator(np.full((4, 1), 0.5, "float32"), np.full((4, 1), 9.0, "float32")))
    0.5

    Reference: Berthelot et al. 2017, arXiv:1703.10717, section 3.4.
    """

    def __init__(self, diversity=0.5, gain=0.001):
        super().__init__()
        if not 0 < diversity <= 1:
            raise ValueError(f"`diversity` must lie in (0, 1]. Received: diversity={diversity!r}.")
        if not gain > 0:
            raise ValueError(f"`gain` must be a number > 0. Received: gain={gain!r}.")
        self.diversity = diversity
        self.gain = gain
        self.balance = self.remember("balance")

    def discriminator(self, real, fake):
        return ops.mean(real) - self.balance.value * ops.mean(fake)

    def generator(self, real, fake):
        return ops.mean(fake)

    def adapt(self, real, fake):
        error = _backend.replica_mean(self.diversity * ops.mean(real) - ops.mean(fake))
        self.balance.assign(ops.clip(self.balance.value + self.gain * error, 0.0, 1.0))

    def get_config(self):
        return {"diversity": self.diversity, "gain": self.gain}
