import keras
import numpy as np
import pytest

from keras_gan import _backend
from keras_gan.layers import InstanceNoise
from tests.layers.check_layer import array, check_layer, random


def test_gaussian_in_training_nothing_else():
    layer, x = InstanceNoise(0.3, seed=1), random(200, 8, 8, 1)
    np.testing.assert_array_equal(array(layer(x)), x)
    noise = array(layer(x, training=True)) - x
    np.testing.assert_allclose(noise.std(), 0.3, rtol=0.02)
    np.testing.assert_allclose(noise.mean(), 0.0, atol=0.01)
    np.testing.assert_allclose(np.mean(noise**4) / 0.3**4, 3.0, rtol=0.1)  # of a normal distribution
    correlation = np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]
    assert abs(correlation) < 0.4


def test_draws_differ_and_seeds_repeat():
    layer, x = InstanceNoise(0.3, seed=1), random(2, 8)
    first, second = (array(layer(x, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    again = InstanceNoise(0.3, seed=1)
    np.testing.assert_array_equal(array(again(x, training=True)), first)


def test_frozen_moves_no_seed():
    layer, x = InstanceNoise(0.3, seed=1), random(2, 8)
    layer(x)
    with _backend.frozen():
        judged = array(layer(x, training=True))
    np.testing.assert_array_equal(array(layer(x, training=True)), judged)


def test_a_callback_changes_the_deviation(tmp_path):
    layer = InstanceNoise(0.3, seed=1)
    model = keras.Sequential([keras.Input((4,)), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    lower = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: layer.deviation.assign(0.1 / (epoch + 1)))
    model.fit(random(8, 4), random(8, 1), epochs=2, verbose=0, callbacks=[lower])
    noise = array(layer(np.zeros((5000, 4), "float32"), training=True))
    np.testing.assert_allclose(noise.std(), 0.05, rtol=0.03)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras").layers[0]
    np.testing.assert_allclose(float(loaded.deviation), 0.05)
    assert loaded.standard_deviation == 0.3
    assert not layer.trainable_variables


def test_no_noise_at_zero():
    x = random(2, 8)
    np.testing.assert_array_equal(array(InstanceNoise(0.0)(x, training=True)), x)


def test_layer(tmp_path):
    check_layer(lambda: InstanceNoise(0.2, seed=3), [random(5, 4, 4, 2)], tmp_path)


def test_half_precision():
    noisy = InstanceNoise(0.2, dtype="mixed_float16")(random(5, 4), training=True)
    assert keras.backend.standardize_dtype(noisy.dtype) == "float16"


def test_refuses_bad_arguments():
    for value in (-0.1, float("nan"), None):
        with pytest.raises(ValueError, match=r"`standard_deviation` must be a finite number >= 0. Received"):
            InstanceNoise(value)
