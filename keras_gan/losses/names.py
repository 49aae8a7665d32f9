"""Losses by name, as in Keras: `compile(loss="hinge")`."""

from keras_gan.losses.adversarial import AdversarialLoss
from keras_gan.losses.began import BEGAN
from keras_gan.losses.hinge import Hinge
from keras_gan.losses.least_squares import LeastSquares
from keras_gan.losses.minimax import Minimax
from keras_gan.losses.non_saturating import NonSaturating
from keras_gan.losses.relativistic import RelativisticAverage, RelativisticPaired
from keras_gan.losses.wasserstein import Wasserstein

NAMES = {
    "began": BEGAN,
    "hinge": Hinge,
    "least_squares": LeastSquares,
    "minimax": Minimax,
    "non_saturating": NonSaturating,
    "relativistic_average": RelativisticAverage,
    "relativistic_paired": RelativisticPaired,
    "wasserstein": Wasserstein,
}


def get(loss):
    """Returns a loss from its name, with its usual settings; a loss is returned as it is.

    Args:
        loss: an `AdversarialLoss`, one of the names "began", "hinge", "least_squares", "minimax", "non_saturating",
            "relativistic_average", "relativistic_paired", "wasserstein", or None for "non_saturating".

    Raises:
        ValueError: for another name.
        TypeError: for anything else.

    Example:

    >>> get("hinge").get_config()
    {}
    """
    if loss is None:
        return NonSaturating()
    if isinstance(loss, AdversarialLoss):
        return loss
    if not isinstance(loss, str):
        raise TypeError(f"`loss` must be a keras_gan.losses.AdversarialLoss or a name. Received: loss={loss!r}.")
    if loss not in NAMES:
        raise ValueError(f"`loss` must be one of {', '.join(NAMES)}. Received: loss={loss!r}.")
    return NAMES[loss]()
