import keras
from keras import ops

from keras_gan import _backend
from keras_gan.penalties.penalty import Penalty


@keras.saving.register_keras_serializable("keras_gan")
class R1(Penalty):
    """Zero-centred gradient penalty on real images: gamma / 2 * E ||d D(x) / d x||^2.

    The expectation is over real images x, the gradient is that of the logit (of the sum of the logits, for patches),
    the norm is over all pixels and channels in the range [-1, 1].

    Args:
        gamma: float >= 0, the paper's gamma. It should grow with the number of pixels; 0.1 to 10 are usual.
        interval: int >= 1, evaluate on every `interval`-th step and count that many times. Defaults to 16, which costs
            a few per cent of a step.
        name: str, the term's name in the logs. Defaults to `"r1"`.

    Raises:
        ValueError: for a negative `gamma` or an `interval` below 1.

    Example:

    >>> penalty = R1(gamma=10.0, interval=16)
    >>> penalty.weight
    5.0

    Reference:
        Mescheder et al. 2018, arXiv:1801.04406, equation 9. Lazy evaluation: Karras et al. 2020, arXiv:1912.04958,
        appendix B. Deviation: there the lazy term is an optimizer step of its own, and learning rate and betas are
        corrected for that; here it joins the gradient of the step it falls in, so no correction applies.
    """

    differentiates_twice = True

    def __init__(self, gamma=1.0, interval=16, name="r1"):
        if not gamma >= 0:
            raise ValueError(f"`gamma` must be a number >= 0. Received: gamma={gamma!r}.")
        super().__init__(weight=gamma / 2.0, interval=interval, name=name)
        self.gamma = gamma

    def compute(self, critic, real, fake):
        gradients = ops.cast(_backend.input_gradients(critic, real), "float32")
        return ops.mean(ops.sum(ops.square(gradients), axis=list(range(1, len(gradients.shape)))))

    def get_config(self):
        return {"gamma": self.gamma, "interval": self.interval, "name": self.name}
