"""Evaluations turn images into scores: they hold what is measured and on what, and write the page that shows it."""

from keras_gan.evaluation.evaluation import Evaluation
from keras_gan.evaluation.sources import generated, open_generator

__all__ = ["Evaluation", "generated", "open_generator"]
