"""What a training says of itself before it begins."""

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import _backend
from keras_gan.cli import screen
from keras_gan.recipes import Training


@pytest.mark.parametrize(
    ("found", "devices", "cores", "text"),
    [
        ([], 1, 2, "2 CPU cores"),
        ([], 2, 1, "1 CPU core"),
        (["NVIDIA H100"], 1, 8, "GPU: NVIDIA H100"),
        (["NVIDIA H100", "NVIDIA H100"], 1, 8, "GPU: NVIDIA H100"),
        (["NVIDIA H100", "NVIDIA H100"], 2, 8, "2 GPUs: NVIDIA H100"),
        (["NVIDIA A100", "NVIDIA H100"], 2, 8, "2 GPUs: NVIDIA A100, NVIDIA H100"),
    ],
)
def test_the_hardware_is_named(monkeypatch, found, devices, cores, text):
    monkeypatch.setattr(_backend, "accelerators", lambda: found)
    monkeypatch.setattr(screen, "CORES", cores)
    assert screen._hardware(devices) == text


def test_batches_are_described_whatever_they_hold(make_gan, images):
    data = kg.data.images((images, np.arange(32) % 3), batch_size=8)
    assert screen._described(Training(make_gan(), data, 1)) == "images of 8x8x1, labels, 4 steps per epoch"
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        pairs = tf.data.Dataset.from_tensors({"low": np.zeros((2, 4, 4, 3)), "high": np.zeros((2, 8, 8, 3))})
        assert screen._described(Training(None, pairs, 1)) == "lows of 4x4x3, highs of 8x8x3, 1 steps per epoch"
