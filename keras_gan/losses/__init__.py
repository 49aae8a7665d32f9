"""Adversarial losses: what the players of the game minimise."""

from keras_gan.losses.adversarial import AdversarialLoss
from keras_gan.losses.minimax import Minimax
from keras_gan.losses.non_saturating import NonSaturating

__all__ = ["AdversarialLoss", "Minimax", "NonSaturating"]
