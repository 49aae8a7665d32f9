"""Recipes: functions that return a compiled GAN, its data and the number of epochs."""

from keras_gan.recipes.dcgan import dcgan
from keras_gan.recipes.dcgan_digits import dcgan_digits
from keras_gan.recipes.dcgan_fashion_mnist import dcgan_fashion_mnist
from keras_gan.recipes.training import Training

__all__ = ["Training", "dcgan", "dcgan_digits", "dcgan_fashion_mnist"]
