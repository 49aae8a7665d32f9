"""Adversarial losses are what the players of a game minimise."""

from keras_gan.losses.adversarial import AdversarialLoss
from keras_gan.losses.began import BEGAN
from keras_gan.losses.hinge import Hinge
from keras_gan.losses.least_squares import LeastSquares
from keras_gan.losses.minimax import Minimax
from keras_gan.losses.names import get
from keras_gan.losses.non_saturating import NonSaturating
from keras_gan.losses.relativistic import RelativisticAverage, RelativisticPaired
from keras_gan.losses.wasserstein import Wasserstein

__all__ = [
    "BEGAN",
    "AdversarialLoss",
    "Hinge",
    "LeastSquares",
    "Minimax",
    "NonSaturating",
    "RelativisticAverage",
    "RelativisticPaired",
    "Wasserstein",
    "get",
]
