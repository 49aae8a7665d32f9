import keras
import numpy as np
import pytest

from keras_gan.layers import SelfAttention
from tests.layers.check_layer import WIDEST, array, check_layer, check_second_derivative, random, shuffled


def built(shape, **arguments):
    layer = SelfAttention(**arguments)
    layer.build(shape)
    return shuffled(layer)


def pooled(x, size):
    height, width = x.shape[0] // size, x.shape[1] // size
    x = x[: height * size, : width * size]
    return x.reshape(height, size, width, size, -1).max(axis=(1, 3))


def reference(layer, x, pool_size):
    """Equations 1 to 3 place by place, in float64."""
    query, key, value, output = (
        array(part.kernel).astype("float64")[0, 0]
        for part in (layer.query, layer.key, layer.value, layer.output_convolution)
    )
    result = np.zeros(x.shape)
    for index, image in enumerate(x.astype("float64")):
        keys = pooled(image @ key, pool_size).reshape(-1, key.shape[1])
        values = pooled(image @ value, pool_size).reshape(-1, value.shape[1])
        for place in np.ndindex(image.shape[:2]):
            similarity = keys @ (image[place] @ query)
            weights = np.exp(similarity - similarity.max())
            mixed = (weights / weights.sum()) @ values
            result[index][place] = image[place] + float(layer.gamma) * mixed @ output
    return result


@pytest.mark.parametrize(("pool_size", "side"), [(1, 4), (2, 4), (2, 5), (3, 7)])
def test_against_the_equations(pool_size, side):
    x = random(2, side, side + 1, 8)
    layer = built(x.shape, pool_size=pool_size, key_channels=3)
    np.testing.assert_allclose(array(layer(x)), reference(layer, x, pool_size), rtol=1e-4, atol=1e-4)


def test_starts_as_the_identity():
    layer, x = SelfAttention(), random(2, 4, 4, 8)
    np.testing.assert_array_equal(array(layer(x)), x)
    assert layer.gamma.trainable


@pytest.mark.parametrize(("channels", "expected"), [(64, (8, 8, 32, 64)), (4, (1, 1, 2, 4))])
def test_channels(channels, expected):
    layer = built((None, 4, 4, channels))
    parts = (layer.query, layer.key, layer.value, layer.output_convolution)
    assert tuple(part.kernel.shape[-1] for part in parts) == expected
    assert len(layer.trainable_variables) == 5
    layer = built((None, 4, 4, channels), key_channels=5, value_channels=7)
    assert tuple(part.kernel.shape[-1] for part in (layer.query, layer.key, layer.value)) == (5, 5, 7)


def test_kernels_of_equal_shape_differ():
    layer = SelfAttention(kernel_initializer=keras.initializers.GlorotUniform())
    layer.build((None, 4, 4, 8))
    assert not np.array_equal(array(layer.query.kernel), array(layer.key.kernel))


def test_spectral_normalization_of_every_convolution():
    layer, x = SelfAttention(spectral_normalization=True), random(2, 4, 4, 8)
    layer(x)
    parts = (layer.query, layer.key, layer.value, layer.output_convolution)
    for part in parts:
        part.kernel.assign(7 * array(part.kernel))
        part.power_iterations = 50
    for part in parts:
        identity = np.eye(part.kernel.shape[2], dtype="float32")[None]
        np.testing.assert_allclose(np.linalg.norm(array(part(identity[:, None]))[0, 0], 2), 1.0, rtol=1e-3)


def test_any_size_when_running():
    model = keras.Sequential([keras.Input((None, None, 8)), SelfAttention(pool_size=2)])
    shuffled(model)
    for side in (4, 6):
        x = random(2, side, side, 8)
        expected = reference(model.layers[0], x, 2)
        np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("pool_size", [1, 2])
def test_layer(pool_size, tmp_path):
    def make():
        return SelfAttention(4, 4, pool_size, kernel_initializer=keras.initializers.RandomNormal(stddev=0.1))

    check_layer(make, [random(5, 4, 4, 8, scale=0.5)], tmp_path)


@pytest.mark.parametrize("pool_size", [1, 2])
def test_gradient_penalties_can_be_learned_from(pool_size):
    layer = SelfAttention(pool_size=pool_size, dtype=WIDEST)
    layer.build((None, 4, 4, 8))
    layer.gamma.assign(0.7)
    check_second_derivative(layer, random(2, 4, 4, 8))


def test_refuses_bad_arguments():
    for name in ("key_channels", "value_channels", "pool_size"):
        with pytest.raises(ValueError, match=f"`{name}` must be a whole number >= 1. Received: {name}=0"):
            SelfAttention(**{name: 0})
    with pytest.raises(ValueError, match=r"takes \(batch, height, width, channels\). Received: input_shape=\(2, 8\)"):
        SelfAttention()(random(2, 8))
    with pytest.raises(ValueError, match=r"`pool_size` must fit into the map of 1x4. Received: pool_size=2"):
        SelfAttention(pool_size=2)(random(2, 1, 4, 8))
