"""The kinds of signals that networks see and make, and how they become what people look at and keep."""

from keras_gan.media.images import Images, to_uint8
from keras_gan.media.labels import Labels
from keras_gan.media.medium import Medium
from keras_gan.media.vectors import Vectors

__all__ = ["Images", "Labels", "Medium", "Vectors", "to_uint8"]
