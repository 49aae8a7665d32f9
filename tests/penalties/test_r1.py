import keras
import numpy as np
import pytest
from keras import ops

from keras_gan import _backend, penalties


def numeric_squared_gradient(function, x, delta=1e-5):
    total = 0.0
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = delta
        total += ((function(x + step) - function(x - step)) / (2 * delta)) ** 2
    return total


def test_linear_critic_by_hand():
    # The gradient of sum(w * x) is w, at every x: E ||w||^2 = 1 + 4 + 9.
    weights = np.array([1.0, -2.0, 3.0], "float32").reshape(1, 3, 1)
    real = np.random.default_rng(0).normal(size=(5, 1, 3, 1)).astype("float32")
    value = penalties.R1(gamma=2.0).compute(lambda x: ops.sum(x * weights, axis=(1, 2, 3)), ops.array(real), None)
    np.testing.assert_allclose(value, 14.0, rtol=1e-6)


def test_curved_critic_against_finite_differences():
    real = np.random.default_rng(1).normal(size=(4, 2, 2, 1))
    expected = np.mean([numeric_squared_gradient(lambda x: np.sum(np.sin(x) * x), image) for image in real])
    critic = lambda x: ops.sum(ops.sin(x) * x, axis=(1, 2, 3))  # noqa: E731
    value = penalties.R1().compute(critic, ops.array(real.astype("float32")), None)
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_patch_logits_are_summed_before_the_norm():
    real = np.ones((3, 2, 2, 1), "float32")
    value = penalties.R1().compute(lambda x: x * 2.0, ops.array(real), None)  # one logit per pixel, slope 2
    np.testing.assert_allclose(value, 4 * 2.0**2, rtol=1e-6)


def test_weight_is_half_of_gamma():
    assert penalties.R1(gamma=3.0).weight == 1.5


def test_it_reaches_the_weights_of_the_critic():
    weight = keras.Variable(3.0)

    def value():
        return penalties.R1().compute(lambda x: weight * ops.sum(x, axis=(1, 2, 3)), ops.ones((2, 2, 2, 1)), None), None

    _, (gradient,) = _backend.aux_and_gradients(value, [weight])
    np.testing.assert_allclose(gradient, 2 * 3.0 * 4)  # d (4 w^2) / dw


@pytest.mark.parametrize("arguments", [{"gamma": -1.0}, {"gamma": float("nan")}])
def test_gamma_must_not_be_negative(arguments):
    with pytest.raises(ValueError, match=r"`gamma` must be a number >= 0. Received: gamma="):
        penalties.R1(**arguments)


@pytest.mark.parametrize("interval", [0, -4, 1.5, True])
def test_interval_must_be_a_whole_number(interval):
    with pytest.raises(ValueError, match=r"whole number of steps >= 1. Received: interval="):
        penalties.R1(interval=interval)


def test_config_round_trip():
    penalty = penalties.R1(gamma=0.7, interval=5, name="smooth")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(penalty))
    assert (again.gamma, again.interval, again.name, again.weight) == (0.7, 5, "smooth", 0.35)
