"""Augmenters: random changes of the images that the discriminator sees, through which gradients flow."""

from keras_gan.augmenters.ada import ADA
from keras_gan.augmenters.augmenter import Augmenter
from keras_gan.augmenters.diff_augment import DiffAugment

__all__ = ["ADA", "Augmenter", "DiffAugment"]
