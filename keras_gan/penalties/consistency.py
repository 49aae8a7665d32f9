import keras
from keras import ops

from keras_gan.part import plain
from keras_gan.penalties.penalty import Penalty


@keras.saving.register_keras_serializable("keras_gan")
class Consistency(Penalty):
    """The discriminator is to say the same of an image and of a transformed copy of it.

        real_weight * E (D(x) - D(T(x)))^2 + fake_weight * E (D(G(z)) - D(T(G(z))))^2

    With `fake_weight=0` it is CR, with both bCR. The transformed images are seen by the penalty only, so the generator
    does not learn to draw them.

    Args:
        augmenter: `keras_gan.augmenters.Augmenter`, the transformation T. Defaults to
            `DiffAugment(color=False, cutout=0.0)`: translations.
        real_weight: float >= 0 or a schedule, lambda for reals. Defaults to 10, the papers'.
        fake_weight: float >= 0, lambda for fakes as a number of its own. Defaults to 10, bCR's.
        interval: int >= 1, as for every penalty. Defaults to 1.
        name: str, the term's name in the logs. Defaults to `"consistency"`.

    Raises:
        ValueError: for a negative weight.

    Example:

    >>> Consistency(fake_weight=0.0).name
    'consistency'

    Reference:
        CR: Zhang et al. 2020, arXiv:1910.12027, equation 5. bCR: Zhao et al. 2021, arXiv:2002.04724, algorithm 1.
    """

    def __init__(self, augmenter=None, real_weight=10.0, fake_weight=10.0, interval=1, name="consistency"):
        super().__init__(interval=interval, name=name)
        for what, value in (("real_weight", real_weight), ("fake_weight", fake_weight)):
            if not value >= 0:
                raise ValueError(f"`{what}` must be a number >= 0. Received: {what}={value!r}.")
        if augmenter is None:
            from keras_gan.augmenters import DiffAugment

            augmenter = DiffAugment(color=False, cutout=0.0)
        self.augmenter = augmenter
        self.real_weight = real_weight
        self.fake_weight = fake_weight

    def draw(self, play, seed):
        return self.augmenter.draw(play.real), self.augmenter.draw(play.fake)

    def compute(self, play):
        total = ops.zeros(())
        sides = ((self.real_weight, play.real, play.real_logits), (self.fake_weight, play.fake, play.fake_logits))
        for (weight, images, logits), drawn in zip(sides, play.noise, strict=True):
            if weight:
                again = play.critic(self.augmenter.apply(images, drawn))
                total = total + weight * ops.mean(ops.square(logits - again))
        return total

    def get_config(self):
        return {
            "augmenter": plain(self.augmenter),
            "real_weight": self.real_weight,
            "fake_weight": self.fake_weight,
            "interval": self.interval,
            "name": self.name,
        }


@keras.saving.register_keras_serializable("keras_gan")
class LatentConsistency(Penalty):
    """A small step in the latent space: the discriminator is to say the same, the generator to draw another picture.

    Of the discriminator:  weight * E (D(G(z)) - D(G(z + d)))^2
    Of the generator:     -weight * E (G(z) - G(z + d))^2, the mean over pixels

    with d normal noise. zCR is one of each; with `Consistency` besides it is ICR.

    Args:
        player: `"discriminator"` or `"generator"`.
        weight: float >= 0 or a schedule. Defaults to 5 for the discriminator, 0.5 for the generator.
        deviation: float > 0, deviation of d. Defaults to 0.05.
        interval: int >= 1, as for every penalty. Defaults to 1.
        name: str or None, the term's name in the logs. Defaults to `"latent_consistency_<player>"`.

    Raises:
        ValueError: for another player, or a number out of range.

    Example:

    >>> LatentConsistency("generator").weight
    0.5

    Reference: Zhao et al. 2021, arXiv:2002.04724, algorithm 2. Deviation: squares are averaged over pixels.
    """

    WEIGHTS = {"discriminator": 5.0, "generator": 0.5}

    def __init__(self, player="discriminator", weight=None, deviation=0.05, interval=1, name=None):
        if player not in self.WEIGHTS:
            raise ValueError(f"`player` must be one of {list(self.WEIGHTS)}. Received: player={player!r}.")
        weight = self.WEIGHTS[player] if weight is None else weight
        super().__init__(weight, interval, player, name or f"latent_consistency_{player}")
        if not deviation > 0:
            raise ValueError(f"`deviation` must be a number > 0. Received: deviation={deviation!r}.")
        self.deviation = deviation

    def draw(self, play, seed):
        return self.deviation * keras.random.normal(ops.shape(play.inputs["latent"]), seed=seed)

    def compute(self, play):
        near = play.generate({**play.inputs, "latent": play.inputs["latent"] + play.noise})
        if self.player == "generator":
            return -ops.mean(ops.square(play.fake - near))
        return ops.mean(ops.square(play.fake_logits - play.critic(near)))

    def get_config(self):
        return {**super().get_config(), "deviation": self.deviation}
