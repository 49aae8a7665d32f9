from keras_gan.configurable import Configurable


class Penalty(Configurable):
    """Base of the penalties.

    A penalty adds `weight * compute(...)` to the loss of one player. With `interval=k` it is evaluated only on every
    k-th step and then counts k times, which costs less and has the same mean.

    Args:
        weight: float >= 0, factor of the value. Defaults to 1.
        interval: int >= 1, steps from one evaluation to the next. Defaults to 1, every step.
        name: str, the term's name in the logs; defaults to the class name in lower case.

    Attributes:
        player: name of the player whose loss it joins.
        differentiates_twice: bool, whether `compute` takes gradients of the network; then the network must not hold
            `BatchNormalization` (its statistics couple the samples, and TensorFlow's second derivative through them is
            wrong).

    Raises:
        ValueError: for a negative weight or an interval that is not a whole number from 1 on.
    """

    player = "discriminator"
    differentiates_twice = False

    def __init__(self, weight=1.0, interval=1, name=None):
        if not weight >= 0:
            raise ValueError(f"`weight` must be a number >= 0. Received: weight={weight!r}.")
        if isinstance(interval, bool) or not isinstance(interval, int) or interval < 1:
            raise ValueError(f"`interval` must be a whole number of steps >= 1. Received: interval={interval!r}.")
        self.weight = weight
        self.interval = interval
        self.name = name or type(self).__name__.lower()

    def compute(self, critic, real, fake):
        """Returns the unweighted value, a float32 scalar.

        Args:
            critic: function images -> logits; what it does to the network's state is forgotten.
            real, fake: images `(batch, height, width, channels)`, float32 in [-1, 1].
        """
        raise TypeError(f"{type(self).__name__} must define `compute(critic, real, fake)`.")

    def get_config(self):
        return {"weight": self.weight, "interval": self.interval, "name": self.name}
