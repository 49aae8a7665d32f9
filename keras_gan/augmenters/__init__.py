"""Augmenters change the images that the discriminator sees at random; gradients flow through them."""

from keras_gan.augmenters.ada import ADA
from keras_gan.augmenters.augmenter import Augmenter
from keras_gan.augmenters.diff_augment import DiffAugment

__all__ = ["ADA", "Augmenter", "DiffAugment"]
