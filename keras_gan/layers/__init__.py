"""Layers missing from Keras, or implemented differently."""

from keras_gan.layers.conditional_batch_normalization import ConditionalBatchNormalization
from keras_gan.layers.equalized_learning_rate import EqualizedLearningRate
from keras_gan.layers.image_pool import ImagePool
from keras_gan.layers.instance_noise import InstanceNoise
from keras_gan.layers.instance_normalization import InstanceNormalization
from keras_gan.layers.minibatch_standard_deviation import MinibatchStandardDeviation
from keras_gan.layers.modulated_conv2d import ModulatedConv2D
from keras_gan.layers.pixel_normalization import PixelNormalization
from keras_gan.layers.reflection_padding import ReflectionPadding2D
from keras_gan.layers.self_attention import SelfAttention
from keras_gan.layers.spectral_normalization import SpectralNormalization

__all__ = [
    "ConditionalBatchNormalization",
    "EqualizedLearningRate",
    "ImagePool",
    "InstanceNoise",
    "InstanceNormalization",
    "MinibatchStandardDeviation",
    "ModulatedConv2D",
    "PixelNormalization",
    "ReflectionPadding2D",
    "SelfAttention",
    "SpectralNormalization",
]
