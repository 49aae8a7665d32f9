"""Penalties are terms that are added to the loss of a player, most of them to keep it smooth."""

from keras_gan.penalties.consistency import Consistency, LatentConsistency
from keras_gan.penalties.gradient_penalty import DRAGAN, R1, R2, GradientPenalty
from keras_gan.penalties.lecam import LeCam
from keras_gan.penalties.orthogonal import Orthogonal
from keras_gan.penalties.path_length import PathLength
from keras_gan.penalties.penalty import Penalty, Play
from keras_gan.penalties.weight_clipping import WeightClipping

__all__ = [
    "DRAGAN",
    "R1",
    "R2",
    "Consistency",
    "GradientPenalty",
    "LatentConsistency",
    "LeCam",
    "Orthogonal",
    "PathLength",
    "Penalty",
    "Play",
    "WeightClipping",
]
