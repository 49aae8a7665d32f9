import keras
import numpy as np
import pytest
from keras import layers

from keras_gan.layers import EqualizedLearningRate, ModulatedConv2D
from tests.layers.check_layer import WIDEST, array, check_layer, check_second_derivative, random

# Each layer, its input, and how many numbers one output sums by the shape of the kernel.
CASES = {
    "dense": (lambda **a: layers.Dense(6, **a), (4,), 4),
    "conv2d": (lambda **a: layers.Conv2D(6, 3, **a), (5, 5, 2), 18),
    "conv2d_transposed": (lambda **a: layers.Conv2DTranspose(6, 4, strides=2, **a), (3, 3, 5), 80),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("gain", "multiplier"), [(1.5, 1.0), (1.0, 0.01)])
def test_kernel_and_bias_are_scaled(name, gain, multiplier):
    make, shape, fan_in = CASES[name]
    plain, layer = make(), EqualizedLearningRate(make(), gain, multiplier)
    x = random(5, *shape)
    layer(x), plain(x)
    layer.layer.bias.assign(random(6))
    assert layer.fan_in == fan_in
    plain.kernel.assign(array(layer.kernel) * multiplier * gain / np.sqrt(fan_in))
    plain.bias.assign(array(layer.layer.bias) * multiplier)
    np.testing.assert_allclose(array(layer(x)), array(plain(x)), rtol=1e-5, atol=1e-6)


def test_an_embedding_sums_one_number():
    layer = EqualizedLearningRate(layers.Embedding(7, 6), gain=1.5)
    labels = np.array([3, 0])
    np.testing.assert_allclose(array(layer(labels)), 1.5 * array(layer.kernel)[labels], rtol=1e-6)


def test_modulated_convolutions_are_scaled():
    plain = ModulatedConv2D(6, demodulate=False)
    layer = EqualizedLearningRate(ModulatedConv2D(6, demodulate=False), gain=1.0)
    inputs = [random(2, 4, 4, 3), random(2, 3, seed=1)]
    layer(inputs), plain(inputs)
    plain.kernel.assign(array(layer.kernel) / np.sqrt(27))
    np.testing.assert_allclose(array(layer(inputs)), array(plain(inputs)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("multiplier", [1.0, 0.01])
def test_start(multiplier):
    layer = EqualizedLearningRate(layers.Dense(500), gain=1.0, learning_rate_multiplier=multiplier)
    y = array(layer(random(50, 400)))
    np.testing.assert_allclose(array(layer.kernel).std() * multiplier, 1.0, rtol=0.01)
    np.testing.assert_allclose(array(layer.kernel).mean() * multiplier, 0.0, atol=0.01)
    np.testing.assert_allclose(y.std(), 1.0, rtol=0.05)
    assert not array(layer.layer.bias).any()


def test_adam_moves_wide_and_narrow_layers_at_the_same_relative_speed():
    for units, inputs in ((4, 500), (500, 4)):
        layer = EqualizedLearningRate(layers.Dense(units))
        model = keras.Sequential([keras.Input((inputs,)), layer])
        start = array(layer.kernel)
        model.compile(keras.optimizers.Adam(0.01), "mse")
        model.fit(random(8, inputs), random(8, units), verbose=0)
        np.testing.assert_allclose(np.abs(array(layer.kernel) - start).max(), 0.01, rtol=0.01)


def test_layers_of_one_seed_may_differ_and_be_repeated():
    keras.utils.set_random_seed(0)
    kernels = []
    for seed in (1, 1, 2):
        initializer = keras.initializers.GlorotUniform(seed=seed)
        layer = EqualizedLearningRate(layers.Dense(3, kernel_initializer=initializer))
        layer.build((None, 4))
        kernels.append(array(layer.kernel))
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])


@pytest.mark.parametrize("name", ["dense", "conv2d_transposed"])
def test_layer(name, tmp_path):
    make, shape, _ = CASES[name]
    check_layer(lambda: EqualizedLearningRate(make(), 1.0, 0.5), [random(5, *shape)], tmp_path)


def test_gradient_penalties_can_be_learned_from():
    layer = EqualizedLearningRate(layers.Dense(6, dtype=WIDEST), 1.0, 0.5)
    layer.build((None, 4))
    check_second_derivative(layer, random(5, 4))


def test_remade_from_the_config_of_a_built_layer():
    layer = EqualizedLearningRate(layers.Dense(3), learning_rate_multiplier=0.1)
    layer.build((None, 4))
    again = EqualizedLearningRate.from_config(layer.get_config())
    again.build((None, 4))
    assert array(again.kernel).std() > 3
    assert again.get_config() == layer.get_config()


def test_refuses_bad_arguments():
    for name in ("gain", "learning_rate_multiplier"):
        for value in (0, -1.0, float("nan"), float("inf"), "1", True):
            message = rf"`{name}` must be a finite number above 0. Received: {name}={value!r}"
            with pytest.raises(ValueError, match=message):
                EqualizedLearningRate(layers.Dense(2), **{name: value})
    built = layers.Dense(2)
    built.build((None, 3))
    with pytest.raises(ValueError, match=r"must not be built.*with deviation 1\. Received: layer=<D.*Wrap it first"):
        EqualizedLearningRate(built)
    with pytest.raises(ValueError, match=r"`layer` must have one kernel"):
        EqualizedLearningRate(layers.ReLU())
