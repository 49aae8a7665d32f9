"""Callbacks observe the training of any GAN. They never train."""

from keras_gan.callbacks.checkpoint import Checkpoint
from keras_gan.callbacks.checkpoints import Checkpoints
from keras_gan.callbacks.evaluate_samples import EvaluateSamples
from keras_gan.callbacks.health_monitor import HealthMonitor
from keras_gan.callbacks.loss_plot import LossPlot
from keras_gan.callbacks.sample_grid import SampleGrid
from keras_gan.callbacks.stop_on_nan import StopOnNaN
from keras_gan.callbacks.stop_on_signal import StopOnSignal
from keras_gan.callbacks.tolerant import Tolerant
from keras_gan.callbacks.tracing_monitor import TracingMonitor

__all__ = [
    "Checkpoint",
    "Checkpoints",
    "EvaluateSamples",
    "HealthMonitor",
    "LossPlot",
    "SampleGrid",
    "StopOnNaN",
    "StopOnSignal",
    "Tolerant",
    "TracingMonitor",
]
