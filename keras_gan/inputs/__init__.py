"""Inputs are what generators are fed, in training and outside of it. Generators are what a game exports."""

from keras_gan.inputs.code import Code
from keras_gan.inputs.generator import Generator, NetworkGenerator
from keras_gan.inputs.given import Given
from keras_gan.inputs.input import Input
from keras_gan.inputs.label import Label
from keras_gan.inputs.latent import Latent

__all__ = ["Code", "Generator", "Given", "Input", "Label", "Latent", "NetworkGenerator"]
