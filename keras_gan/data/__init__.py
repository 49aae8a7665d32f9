"""Data sets: folders, arrays and named data sets become batches of named columns, each with its medium."""

from keras_gan.data.class_names import class_names
from keras_gan.data.domains import domains
from keras_gan.data.images import images
from keras_gan.data.pairs import pairs
from keras_gan.data.sounds import sounds

__all__ = ["class_names", "domains", "images", "pairs", "sounds"]
