"""Media are kinds of signals. They convert what networks see and make into what people look at, listen to and keep."""

from keras_gan.media.images import Images, to_uint8
from keras_gan.media.labels import Labels
from keras_gan.media.medium import Medium
from keras_gan.media.sounds import Sounds
from keras_gan.media.vectors import Vectors
from keras_gan.media.waves import read_wav

__all__ = ["Images", "Labels", "Medium", "Sounds", "Vectors", "read_wav", "to_uint8"]
