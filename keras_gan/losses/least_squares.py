import keras
from keras import ops

from keras_gan.losses.adversarial import AdversarialLoss


@keras.saving.register_keras_serializable("keras_gan")
class LeastSquares(AdversarialLoss):
    """Least squares: outputs are drawn to numbers, and far outputs on the right side are drawn back too.

        discriminator: 1/2 mean (l_real - real_target)^2 + 1/2 mean (l_fake - fake_target)^2
        generator:     1/2 mean (l_fake - generator_target)^2

    Args:
        real_target: float, the paper's b. Defaults to 1.
        fake_target: float, the paper's a. Defaults to 0.
        generator_target: float, the paper's c. Defaults to 1. With a = -1, b = 1, c = 0 the generator minimises the
            Pearson chi-squared divergence (equation 8); the default is equation 9, which the paper's figures use.

    Example:

    >>> import numpy as np
    >>> float(LeastSquares().discriminator(np.ones((4, 1), "float32"), np.zeros((4, 1), "float32")))
    0.0

    Reference: Mao et al. 2017, arXiv:1611.04076, equations 2, 8 and 9.
    """

    def __init__(self, real_target=1.0, fake_target=0.0, generator_target=1.0):
        super().__init__()
        if real_target == fake_target:
            raise ValueError(
                "`real_target` and `fake_target` must differ. "
                f"Received: real_target={real_target}, fake_target={fake_target}."
            )
        self.real_target = real_target
        self.fake_target = fake_target
        self.generator_target = generator_target

    def discriminator(self, real, fake):
        return (ops.mean(ops.square(real - self.real_target)) + ops.mean(ops.square(fake - self.fake_target))) / 2

    def generator(self, real, fake):
        return ops.mean(ops.square(fake - self.generator_target)) / 2

    def get_config(self):
        return {
            "real_target": self.real_target,
            "fake_target": self.fake_target,
            "generator_target": self.generator_target,
        }
