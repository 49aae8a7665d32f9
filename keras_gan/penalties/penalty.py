from collections.abc import Callable
from typing import Any, NamedTuple

from keras_gan import schedules
from keras_gan.arguments import check_whole
from keras_gan.part import Part, plain


class Play(NamedTuple):
    """What a penalty may look at: one duel in one player's update, as it happens.

    Attributes:
        critic: function images -> logits of the judge, through the augmenter (the same random parameters at each call)
            and with the context of the reals, such as their labels. What it does to the network's state is forgotten.
        generate: function inputs -> fakes of the generators being trained. Inputs that are left out stay as they were.
        networks: list of the networks of the player whose loss the penalty joins.
        inputs: dict of tensors, what the fakes were drawn from.
        real, fake: what the judge is shown besides the context, as float32 tensors `(batch, ...)`, such as images in
            [-1, 1]; a dict of them for a judge of several things, such as a picture and its latent. In the judge's
            update the fakes carry no gradient.
        real_logits, fake_logits: float32, the judge's answers; for the penalty of a player that is judged None where
            its loss does not ask for them.
        noise: what the penalty's `draw` returned.
        duel: str, name of the duel.
        round: the `keras_gan.game.Round`: everything else in this update.
    """

    critic: Callable | None = None
    generate: Callable | None = None
    networks: list = ()
    inputs: dict | None = None
    real: Any = None
    fake: Any = None
    real_logits: Any = None
    fake_logits: Any = None
    noise: Any = None
    duel: str | None = None
    round: Any = None


class Penalty(Part):
    """Base of the penalties.

    A penalty adds `weight * compute(play)` to the loss of one player. With `interval=k` it is evaluated only on every
    k-th step and then counts k times, which costs less and has the same mean.

    Args:
        weight: float >= 0, or a `keras_gan.schedules.Schedule` of such, factor of the value. Defaults to 1.
        interval: int >= 1, steps from one evaluation to the next. Defaults to 1, every step.
        player: str, name of the player whose loss it joins, or None for the class's own.
        name: str, the term's name in the logs; defaults to the class name in lower case.

    Attributes:
        differentiates_twice: bool, whether `compute` takes gradients of the network; then the network must not hold
            `BatchNormalization` (its statistics couple the samples, and TensorFlow's second derivative through them is
            wrong).
        logged: bool, whether it is a term of the loss, with its name in the logs.
        of_weights: bool, whether it looks at weights alone, and so is played once and not in every duel.

    Raises:
        ValueError: for a negative weight or an interval that is not a whole number from 1 on.
    """

    player = "discriminator"
    differentiates_twice = False
    logged = True
    of_weights = False

    def __init__(self, weight=1.0, interval=1, player=None, name=None):
        super().__init__(name=name or type(self).__name__.lower())
        self.weight = schedules.check("weight", weight)
        check_whole("interval", interval)
        self.interval = interval
        if player is not None:
            self.player = player

    def draw(self, play, seed):
        """Returns the random numbers that `compute` needs, as tensors; `compute` itself draws none.

        Args:
            play: a `Play`.
            seed: the GAN's `keras.random.SeedGenerator`.
        """
        return

    def compute(self, play):
        """Returns the unweighted value, a float32 scalar, from a `Play`."""
        raise TypeError(f"{type(self).__name__} must define `compute(play)`.")

    def evaluate(self, play):
        """Returns the value, and the next values of the penalty's own variables (none, for most penalties)."""
        return self.compute(play), []

    def restrict(self, variables):
        """Is called with the player's trainable variables after each of its optimizer steps. Does nothing, mostly."""

    def get_config(self):
        return {
            "weight": plain(self.weight),
            "interval": self.interval,
            "player": self.player,
            "name": self.name,
        }
