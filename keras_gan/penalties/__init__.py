"""Penalties: terms that keep a player smooth, added to its loss."""

from keras_gan.penalties.penalty import Penalty
from keras_gan.penalties.r1 import R1

__all__ = ["R1", "Penalty"]
