"""GANs that are keras.Models: `compile`, `fit`, watch, `sample`, export."""

from keras_gan import data, losses, networks, penalties
from keras_gan.models.gan import GAN
from keras_gan.models.players import PlayerOptimizers
from keras_gan.version import __version__

__all__ = [
    "GAN",
    "PlayerOptimizers",
    "__version__",
    "data",
    "losses",
    "networks",
    "penalties",
]
