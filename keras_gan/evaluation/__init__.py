"""From images to scores: what is measured, on what, and the page that shows it."""

from keras_gan.evaluation.evaluation import Evaluation
from keras_gan.evaluation.sources import generated, open_generator

__all__ = ["Evaluation", "generated", "open_generator"]
