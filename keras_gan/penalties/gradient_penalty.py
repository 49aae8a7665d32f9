import keras
from keras import ops

from keras_gan import _backend, schedules
from keras_gan.part import plain
from keras_gan.penalties.penalty import Penalty

POINTS = ("interpolated", "real", "fake", "perturbed")
EPSILON = 1e-12  # under the root, whose slope at 0 is infinite


@keras.saving.register_keras_serializable("keras_gan")
class GradientPenalty(Penalty):
    """Keeps the length of the discriminator's gradient near a target, at chosen points.

        weight * E_x (||d D(x) / d x|| - target)^2

    The gradient is that of the logit (of the sum of the logits, for patches) of each image on its own; the norm is over
    all pixels and channels in the range [-1, 1], and over all that a judge of several things is shown. The default is
    the penalty of WGAN-GP.

    Args:
        weight: float >= 0 or a schedule, the papers' lambda. Defaults to 10, WGAN-GP's.
        at: where the gradient is taken. `"interpolated"`: u x_real + (1 - u) x_fake with one uniform u per image
            (WGAN-GP). `"real"`, `"fake"`. `"perturbed"`: x_real plus normal noise (DRAGAN). Defaults to
            `"interpolated"`.
        target: float >= 0, the length wanted. Defaults to 1. With 0 it is the mean squared norm, zero-centred.
        one_sided: bool, only lengths above the target cost. Defaults to False, the papers' choice.
        noise: float > 0, for `"perturbed"`: deviation of the noise as a share of the deviation of all the batch's
            pixels. Defaults to 0.5.
        interval: int >= 1, evaluate on every `interval`-th step and count that many times. Defaults to 1.
        name: str, the term's name in the logs. Defaults to `"gradient_penalty"`.

    Raises:
        ValueError: for an unknown `at`, a number out of range, or `one_sided` without a target above 0.

    Example:

    >>> GradientPenalty().get_config()["weight"]
    10.0

    Reference:
        Gulrajani et al. 2017, arXiv:1704.00028, equation 3 (one-sided: section 4). Zero-centred at interpolated points:
        Thanh-Tung et al. 2019, arXiv:1902.03984, equation 9. Deviation: the root is that of the squared norm + 1e-12.
    """

    differentiates_twice = True

    def __init__(
        self,
        weight=10.0,
        at="interpolated",
        target=1.0,
        one_sided=False,
        noise=0.5,
        interval=1,
        name="gradient_penalty",
    ):
        super().__init__(weight=weight, interval=interval, name=name)
        if at not in POINTS:
            raise ValueError(f"`at` must be one of {POINTS}. Received: at={at!r}.")
        if not target >= 0 or (one_sided and not target > 0):
            lowest = "> 0 where `one_sided` is True" if one_sided else ">= 0"
            raise ValueError(f"`target` must be a number {lowest}. Received: target={target!r}.")
        if not noise > 0:
            raise ValueError(f"`noise` must be a number > 0. Received: noise={noise!r}.")
        self.at = at
        self.target = target
        self.one_sided = one_sided
        self.noise = noise

    def draw(self, play, seed):
        if self.at == "interpolated":  # one number for each example, whatever it consists of
            shape = ops.shape(keras.tree.flatten(play.real)[0])
            return keras.random.uniform((shape[0], *[1] * (len(shape) - 1)), seed=seed)
        if self.at == "perturbed":
            return keras.tree.map_structure(lambda real: keras.random.normal(ops.shape(real), seed=seed), play.real)
        return None

    def points(self, play):
        """Returns the images at which the gradient is taken, or a dict of them for a judge of several things."""
        if self.at == "interpolated":

            def between(real, fake):
                share = ops.reshape(play.noise, (-1, *[1] * (len(real.shape) - 1)))
                return fake + share * (real - fake)

            return keras.tree.map_structure(between, play.real, play.fake)
        if self.at == "perturbed":
            return keras.tree.map_structure(
                lambda real, noise: real + self.noise * ops.std(real) * noise, play.real, play.noise
            )
        return play.real if self.at == "real" else play.fake

    def compute(self, play):
        found = keras.tree.flatten(_backend.input_gradients(play.critic, self.points(play)))
        squares = sum(
            ops.sum(ops.square(ops.cast(each, "float32")), axis=list(range(1, len(each.shape)))) for each in found
        )
        if self.target == 0:
            return ops.mean(squares)
        excess = ops.sqrt(squares + EPSILON) - self.target
        return ops.mean(ops.square(ops.relu(excess) if self.one_sided else excess))

    def get_config(self):
        config = super().get_config()
        del config["player"]
        own = {"at": self.at, "target": self.target, "one_sided": self.one_sided, "noise": self.noise}
        return {**config, **own}


class ZeroCentred(GradientPenalty):
    """gamma / 2 * E ||d D(x) / d x||^2 at one kind of points: what `R1` and `R2` share."""

    def __init__(self, at, gamma, interval, name):
        super().__init__(weight=halved(gamma), at=at, target=0.0, interval=interval, name=name)
        self.gamma = gamma

    def get_config(self):
        return {"gamma": plain(self.gamma), "interval": self.interval, "name": self.name}


def halved(gamma):
    """Returns gamma / 2, the weight, of a number or a schedule."""
    schedules.check("gamma", gamma)
    if not isinstance(gamma, schedules.Schedule):
        return gamma / 2.0
    return type(gamma)(**{**gamma.get_config(), "initial": gamma.initial / 2.0, "final": gamma.final / 2.0})


@keras.saving.register_keras_serializable("keras_gan")
class R1(ZeroCentred):
    """Zero-centred gradient penalty on real images: gamma / 2 * E ||d D(x) / d x||^2.

    The expectation is over real images x, the gradient is that of the logit (of the sum of the logits, for patches),
    the norm is over all pixels and channels in the range [-1, 1].

    Args:
        gamma: float >= 0 or a schedule, the paper's gamma. It should grow with the number of pixels; 0.1 to 10 are
            usual.
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

    def __init__(self, gamma=1.0, interval=16, name="r1"):
        super().__init__("real", gamma, interval, name)


@keras.saving.register_keras_serializable("keras_gan")
class R2(ZeroCentred):
    """Zero-centred gradient penalty on fakes: gamma / 2 * E ||d D(x) / d x||^2 over fake images x.

    With `RelativisticPaired` and `R1` it is the loss of R3GAN. Arguments as for `R1`; `name` defaults to `"r2"`.

    Example:

    >>> R2(gamma=1.0).interval
    16

    Reference:
        Mescheder et al. 2018, arXiv:1801.04406, equation 10; Huang et al. 2024 (R3GAN), arXiv:2501.05441, equation 5.
    """

    def __init__(self, gamma=1.0, interval=16, name="r2"):
        super().__init__("fake", gamma, interval, name)


@keras.saving.register_keras_serializable("keras_gan")
class DRAGAN(GradientPenalty):
    """The penalty of DRAGAN: gradients of length 1 around the reals, weight * E (||d D(x + d) / d x|| - 1)^2.

    Args:
        weight: float >= 0 or a schedule, the paper's lambda. Defaults to 10, the paper's.
        noise: float > 0, deviation of the noise d as a share of the deviation of all the batch's pixels. Defaults to
            0.5.
        interval: int >= 1, as for every penalty. Defaults to 1.
        name: str, the term's name in the logs. Defaults to `"dragan"`.

    Example:

    >>> DRAGAN().at
    'perturbed'

    Reference:
        Kodali et al. 2017, arXiv:1705.07215, section 2.3 and algorithm 1. Deviation: the noise is normal, as in the
        paper's formula, with the scale (half the batch's deviation) of the authors' code, whose noise is uniform and
        not centred.
    """

    def __init__(self, weight=10.0, noise=0.5, interval=1, name="dragan"):
        super().__init__(weight=weight, at="perturbed", noise=noise, interval=interval, name=name)

    def get_config(self):
        return {"weight": plain(self.weight), "noise": self.noise, "interval": self.interval, "name": self.name}
