"""Where in the data training is."""

from collections.abc import Callable
from typing import Any

import numpy as np


class Place:
    """The place in a data set of `keras_gan.data.images`, as its attribute `place`.

    An epoch is one pass over the images, or several. What is random in a pass follows from the data set's seed and the
    number of the pass alone. Each pass that is begun takes the next number; `keras_gan.resume` sets it, so that
    training goes on where it stood.

    Args:
        batches_a_pass: int, batches in one pass, or None if that is not known.
        passes: int, passes that make one epoch.
        rest: function of a number of batches -> data set of the same epoch without these.

    Attributes:
        next_pass: int, the number of the pass that is begun next.
    """

    def __init__(self, batches_a_pass: int | None, passes: int, rest: Callable[[int], Any]):
        self.batches_a_pass = batches_a_pass
        self.passes = passes
        self.next_pass = 0
        self.rest = rest

    @property
    def batches_an_epoch(self) -> int | None:
        """Number of batches in an epoch, or None."""
        return None if self.batches_a_pass is None else self.passes * self.batches_a_pass

    def begin_pass(self) -> np.int64:
        """Returns the number of a pass that is begun."""
        number = self.next_pass
        self.next_pass += 1
        return np.int64(number)

    def begin_epoch(self, epoch: int, batches: int = 0) -> None:
        """Goes to an epoch, and in it past so many batches: what is begun next is of the pass there."""
        self.next_pass = epoch * self.passes + (batches // self.batches_a_pass if batches else 0)
