import keras
from keras import ops

from keras_gan.losses.adversarial import AdversarialLoss


@keras.saving.register_keras_serializable("keras_gan")
class NonSaturating(AdversarialLoss):
    """The non-saturating logistic loss: the generator maximises log D(fake).

    With logits l, and D = sigmoid(l):

        discriminator: mean softplus(-l_real) + mean softplus(l_fake)
        generator:     mean softplus(-l_fake)

    At logits of zero the discriminator's loss is 2 log 2 = 1.386, the generator's log 2 = 0.693. This is the "logistic"
    or "softplus" loss of StyleGAN.

    Args:
        real_target: float in (0.5, 1], the probability that the discriminator is to give reals. Below 1 this is
            one-sided label smoothing: its term for reals becomes
            mean(real_target * softplus(-l) + (1 - real_target) * softplus(l)). Defaults to 1, no smoothing.

    Raises:
        ValueError: if `real_target` is outside of (0.5, 1].

    Example:

    >>> import numpy as np
    >>> round(float(NonSaturating().discriminator(np.zeros((4, 1), "float32"), np.zeros((4, 1), "float32"))), 4)
    1.3863

    Reference:
        Goodfellow et al. 2014, arXiv:1406.2661, section 3 (the heuristic for the generator); as softplus of logits in
        Mescheder et al. 2018, arXiv:1801.04406. Smoothing: Salimans et al. 2016, arXiv:1606.03498, section 3.4.
    """

    def __init__(self, real_target=1.0):
        super().__init__()
        if not 0.5 < real_target <= 1:
            raise ValueError(f"`real_target` must lie in (0.5, 1]. Received: real_target={real_target!r}.")
        self.real_target = real_target

    def discriminator(self, real, fake):
        # softplus(x) - softplus(-x) = x: smoothing adds (1 - real_target) * l_real.
        smoothing = (1.0 - self.real_target) * ops.mean(real) if self.real_target < 1 else 0.0
        return ops.mean(ops.softplus(-real)) + smoothing + ops.mean(ops.softplus(fake))

    def generator(self, real, fake):
        return ops.mean(ops.softplus(-fake))

    def get_config(self):
        return {"real_target": self.real_target}
