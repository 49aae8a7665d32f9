"""What the networks that translate pictures are made of: normalization, padding and convolutions of one kind."""

import keras
from keras import layers

from keras_gan.layers.instance_normalization import InstanceNormalization
from keras_gan.layers.reflection_padding import ReflectionPadding2D

NORMALIZATION = ("instance", "batch", None)


def weights():
    """Returns a new initializer: normal of deviation 0.02, that of pix2pix and CycleGAN."""
    return keras.initializers.RandomNormal(stddev=0.02)


def check_normalization(normalization):
    """Raises ValueError for an unknown normalization."""
    if normalization not in NORMALIZATION:
        raise ValueError(f"`normalization` must be one of {NORMALIZATION}. Received: normalization={normalization!r}.")


def normalized(x, normalization):
    """Returns feature maps normalized: each map of each image alone, over the batch, or not at all.

    A convolution before it needs no bias, which normalization would subtract again: it would have a gradient of zero up
    to rounding, which Adam turns into steps of full length in random directions.
    """
    if normalization == "instance":
        return InstanceNormalization()(x)
    return layers.BatchNormalization(momentum=0.9)(x) if normalization == "batch" else x


def padded(x, pixels, padding="zero"):
    """Returns feature maps with a frame of so many pixels on every side: zeros, or their mirror image.

    Keras's "same" pads strided convolutions on one side more than on the other; here both sides are alike.
    """
    if not pixels:
        return x
    return ReflectionPadding2D(pixels)(x) if padding == "reflect" else layers.ZeroPadding2D(pixels)(x)


def convolved(x, filters, kernel_size, strides=1, padding="zero", use_bias=True):
    """Returns a convolution that keeps the size, or divides it by the stride, with the same frame on every side."""
    x = padded(x, (kernel_size - 1) // 2, padding)
    return layers.Conv2D(filters, kernel_size, strides=strides, use_bias=use_bias, kernel_initializer=weights())(x)
