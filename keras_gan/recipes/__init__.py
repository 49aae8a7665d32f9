"""Recipes: functions that return a compiled GAN, its data and the number of epochs."""

from keras_gan.recipes.acgan import acgan
from keras_gan.recipes.cgan import cgan
from keras_gan.recipes.dcgan import dcgan
from keras_gan.recipes.dcgan_digits import dcgan_digits
from keras_gan.recipes.dcgan_fashion_mnist import dcgan_fashion_mnist
from keras_gan.recipes.r3gan import r3gan
from keras_gan.recipes.training import Training
from keras_gan.recipes.wgan_gp import wgan_gp

__all__ = ["Training", "acgan", "cgan", "dcgan", "dcgan_digits", "dcgan_fashion_mnist", "r3gan", "wgan_gp"]
