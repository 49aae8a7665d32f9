"""The command line `keras-gan`."""

from keras_gan.cli.app import main

__all__ = ["main"]
