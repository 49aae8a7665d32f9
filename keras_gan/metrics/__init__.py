"""Metrics turn features into statistics, and statistics into scores that say how they were measured."""

from keras_gan import features
from keras_gan.metrics.classification_accuracy_score import ClassificationAccuracyScore
from keras_gan.metrics.classifier_score import ClassifierScore
from keras_gan.metrics.density_coverage import DensityCoverage
from keras_gan.metrics.frechet_distance import FrechetDistance, frechet_distance
from keras_gan.metrics.kernel_distance import KernelDistance
from keras_gan.metrics.label_accuracy import LabelAccuracy
from keras_gan.metrics.memorization import Memorization
from keras_gan.metrics.metric import Estimate, Metric
from keras_gan.metrics.mixture_coverage import Mixture, MixtureCoverage, grid, ring
from keras_gan.metrics.mode_coverage import ModeCoverage
from keras_gan.metrics.monge_distance import MongeDistance
from keras_gan.metrics.ms_ssim import MSSSIM
from keras_gan.metrics.perceptual_path_length import FeatureDistance, PerceptualPathLength
from keras_gan.metrics.precision_recall import PrecisionRecall
from keras_gan.metrics.score import Score
from keras_gan.metrics.sliced_wasserstein import SlicedWasserstein, sliced_wasserstein

__all__ = [
    "MSSSIM",
    "ClassificationAccuracyScore",
    "ClassifierScore",
    "DensityCoverage",
    "Estimate",
    "FeatureDistance",
    "FrechetDistance",
    "KernelDistance",
    "LabelAccuracy",
    "Memorization",
    "Metric",
    "Mixture",
    "MixtureCoverage",
    "ModeCoverage",
    "MongeDistance",
    "PerceptualPathLength",
    "PrecisionRecall",
    "Score",
    "SlicedWasserstein",
    "features",
    "frechet_distance",
    "grid",
    "ring",
    "sliced_wasserstein",
]
