"""Numbers that change while a GAN learns, counted in images it has seen."""

import math

import keras
from keras import ops

__all__ = ["Cosine", "Linear", "Schedule"]


class Schedule:
    """Base of the schedules: a function of the number of real images seen.

    It may stand for the weight of a penalty, the half-life of the average, an augmenter's probability, and, in
    `compile(schedules=...)`, for what an optimizer has as a number. Images, not steps: a run with twice the batch size
    follows the same curve.

    Args:
        initial: float, the value until `begin`.
        final: float, the value from `end` on.
        end: int, images after which it stays.
        begin: int, images before it starts. Defaults to 0.

    Raises:
        ValueError: if it ends before it starts, or a value is not finite.
    """

    def __init__(self, initial, final, end, begin=0):
        if not 0 <= begin < end:
            raise ValueError(
                f"A schedule must begin at 0 images or later, and end after that. Received: begin={begin}, end={end}."
            )
        if not (math.isfinite(initial) and math.isfinite(final)):
            raise ValueError(f"A schedule must go between finite numbers. Received: initial={initial}, final={final}.")
        self.initial = initial
        self.final = final
        self.end = end
        self.begin = begin

    def curve(self, share):
        """Returns how much of the way is done, 0 to 1, from the share of the images."""
        raise TypeError(f"{type(self).__name__} must define `curve(share)`.")

    def __call__(self, images):
        """Returns the value, a float32 scalar tensor.

        Args:
            images: int or scalar tensor, number of images seen.
        """
        share = (ops.cast(images, "float32") - float(self.begin)) / float(self.end - self.begin)
        done = self.curve(ops.clip(share, 0.0, 1.0))
        return float(self.initial) * (1.0 - done) + float(self.final) * done

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in self.get_config().items())})"

    def get_config(self):
        """Returns the constructor's arguments as a dict."""
        return {"initial": self.initial, "final": self.final, "end": self.end, "begin": self.begin}

    @classmethod
    def from_config(cls, config):
        """Makes the schedule from `get_config`'s dict."""
        return cls(**config)


@keras.saving.register_keras_serializable("keras_gan")
class Linear(Schedule):
    """A straight line from `initial` to `final`. Arguments as for every `Schedule`.

    Example:

    >>> float(Linear(1.0, 0.0, end=1000)(250))
    0.75
    """

    def curve(self, share):
        return share


@keras.saving.register_keras_serializable("keras_gan")
class Cosine(Schedule):
    """Half a cosine from `initial` to `final`: slow at both ends. Arguments as for every `Schedule`.

    Example:

    >>> float(Cosine(1.0, 0.0, end=1000)(500))
    0.5

    Reference: Loshchilov and Hutter 2017, arXiv:1608.03983, equation 5, without restarts.
    """

    def curve(self, share):
        return (1.0 - ops.cos(math.pi * share)) / 2.0


def value_at(value, images):
    """Returns a number as it is, and a schedule's value after that many images."""
    return value(images) if isinstance(value, Schedule) else value


def check(name, value, lowest=0.0, above=False, highest=math.inf):
    """Returns a number, or a schedule; raises where it leaves its range.

    Args:
        name: str, what it is called in the error.
        value: number or `Schedule`.
        lowest, highest: float, the range.
        above: bool, whether `lowest` itself is out of range.

    Raises:
        ValueError: if so, or if it is neither.
    """
    for number in (value.initial, value.final) if isinstance(value, Schedule) else (value,):
        real = isinstance(number, (int, float)) and not isinstance(number, bool) and math.isfinite(number)
        if not real or not (number > lowest if above else number >= lowest) or number > highest:
            wanted = f"{'>' if above else '>='} {lowest:g}" + (f" and <= {highest:g}" if highest < math.inf else "")
            raise ValueError(f"`{name}` must be a number {wanted}, or a schedule of such. Received: {name}={value!r}.")
    return value
