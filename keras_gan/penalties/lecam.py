import keras
from keras import ops

from keras_gan.penalties.penalty import Penalty


@keras.saving.register_keras_serializable("keras_gan")
class LeCam(Penalty):
    """Draws the discriminator's answers to where its answers to the other kind have been: for training on few images.

        E (D(x_real) - a_fake)^2 + E (D(x_fake) - a_real)^2

    a_real and a_fake are moving averages of the mean logits for reals and fakes, kept as weights and saved.

    Args:
        weight: float >= 0 or a schedule. Defaults to 0.1; the paper has 0.3 to 0.5 on CIFAR, 0.01 for StyleGAN2.
        decay: float in [0, 1), of the moving averages. Defaults to 0.99, the paper's.
        name: str, the term's name in the logs. Defaults to `"lecam"`.

    Raises:
        ValueError: for a negative weight or a decay out of range.

    Example:

    >>> LeCam(weight=0.3).decay
    0.99

    Reference:
        Tseng et al. 2021, arXiv:2104.03310, equations 3 and 4. The averages start at 0 and take each step's logits in
        before they are used.
    """

    def __init__(self, weight=0.1, decay=0.99, name="lecam"):
        super().__init__(weight=weight, name=name)
        if not 0 <= decay < 1:
            raise ValueError(f"`decay` must lie in [0, 1). Received: decay={decay!r}.")
        self.decay = decay
        self.real_average = self.remember("real_average")
        self.fake_average = self.remember("fake_average")

    def evaluate(self, play):
        pairs = ((self.real_average, play.real_logits), (self.fake_average, play.fake_logits))
        means = [
            self.decay * average.value + (1 - self.decay) * ops.stop_gradient(ops.mean(logits))
            for average, logits in pairs
        ]
        real_average, fake_average = means
        far = ops.square(play.real_logits - fake_average), ops.square(play.fake_logits - real_average)
        return ops.mean(far[0]) + ops.mean(far[1]), means

    def get_config(self):
        config = super().get_config()
        return {"weight": config["weight"], "decay": self.decay, "name": self.name}
