"""Recipes are modules that make data and a compiled GAN for them: those with `data`, `gan` and `EPOCHS`."""

from keras_gan.recipes.recipe import make, names
from keras_gan.recipes.training import Stage, Training

__all__ = ["Stage", "Training", "make", "names"]
