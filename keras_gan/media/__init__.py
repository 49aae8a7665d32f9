"""The kinds of signals that networks make: how they become what people look at, listen to and keep."""

from keras_gan.media.pictures import to_uint8

__all__ = ["to_uint8"]
