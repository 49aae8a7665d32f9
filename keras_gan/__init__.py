"""GANs that are keras.Models: `compile`, `fit`, watch, `sample`, export."""

from keras_gan import _startup  # noqa: F401  (before TensorFlow is loaded)

from keras_gan import callbacks, data, evaluation, exporting, losses, metrics, networks, penalties, recipes  # isort: skip
from keras_gan.models.gan import GAN
from keras_gan.models.players import PlayerOptimizers
from keras_gan.version import __version__

__all__ = [
    "GAN",
    "PlayerOptimizers",
    "__version__",
    "callbacks",
    "data",
    "evaluation",
    "exporting",
    "losses",
    "metrics",
    "networks",
    "penalties",
    "recipes",
]
