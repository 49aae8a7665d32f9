"""GANs that are keras.Models: `compile`, `fit`, watch, `sample`, export."""

from keras_gan import _startup  # noqa: F401  (before TensorFlow is loaded)

from keras_gan import (  # isort: skip
    augmenters,
    callbacks,
    data,
    evaluation,
    exporting,
    features,
    game,
    inputs,
    latents,
    layers,
    losses,
    media,
    metrics,
    networks,
    penalties,
    recipes,
    schedules,
)
from keras_gan.game.optimizers import PlayerOptimizers
from keras_gan.models.acgan import ACGAN
from keras_gan.models.bigan import BiGAN
from keras_gan.models.cycle_gan import CycleGAN
from keras_gan.models.gan import GAN
from keras_gan.models.infogan import InfoGAN
from keras_gan.models.pix2pix import Pix2Pix
from keras_gan.models.semi_supervised_gan import SemiSupervisedGAN
from keras_gan.runs.resuming import resume
from keras_gan.version import __version__

__all__ = [
    "ACGAN",
    "GAN",
    "BiGAN",
    "CycleGAN",
    "InfoGAN",
    "Pix2Pix",
    "PlayerOptimizers",
    "SemiSupervisedGAN",
    "__version__",
    "augmenters",
    "callbacks",
    "data",
    "evaluation",
    "exporting",
    "features",
    "game",
    "inputs",
    "latents",
    "layers",
    "losses",
    "media",
    "metrics",
    "networks",
    "penalties",
    "recipes",
    "resume",
    "schedules",
]
