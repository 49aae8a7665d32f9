"""What every layer of the package must fulfil: one call per layer, `check_layer(make, inputs, tmp_path)`."""

import inspect

import keras
import numpy as np
from keras import ops

from keras_gan import _backend

TENSORFLOW = keras.backend.backend() == "tensorflow"
WIDEST = "float64" if TENSORFLOW else "float32"  # JAX has no float64 unless asked


def array(x):
    return np.array(ops.convert_to_numpy(x))


def random(*shape, seed=0, scale=1.0):
    return (scale * np.random.default_rng(seed).normal(size=shape)).astype("float32")


def shuffled(layer, seed=3):
    """Gives a built layer weights at random, so that nothing is left at a special value."""
    generator = np.random.default_rng(seed)
    for weight in layer.weights:
        values = generator.normal(size=weight.shape)
        weight.assign(np.abs(values) + 0.5 if "variance" in weight.name else values)
    return layer


def model_of(make, inputs):
    """A functional model of the layer, with batches of any size."""
    tensors = [keras.Input(x.shape[1:], dtype=x.dtype) for x in inputs]
    model = keras.Model(tensors, make()(tensors if len(tensors) > 1 else tensors[0]))
    return shuffled(model)


def check_layer(make, inputs, tmp_path, couples=False):
    """Runs all checks.

    Args:
        make: function () -> the layer, not built.
        inputs: list of arrays, one batch of at least 5.
        tmp_path: folder to write to.
        couples: whether an image's output may depend on its batch mates.
    """
    check_config(make)
    model = model_of(make, inputs)
    expected = array(model(inputs))
    check_shape(model, inputs, expected)
    check_copies(model, inputs, expected, tmp_path)
    check_ways_of_running(model, inputs, expected)
    if not couples:
        check_independence(model, inputs, expected)
    check_half_precision(make, model, inputs, expected)


def check_config(make):
    layer = make()
    config = layer.get_config()
    arguments = [p.name for p in inspect.signature(type(layer).__init__).parameters.values()]
    assert not set(arguments) - {"self", "arguments"} - set(config), "an argument is not in the config"
    again = type(layer).from_config(config)
    assert again.get_config() == config == layer.get_config()
    stored = keras.saving.serialize_keras_object(layer)
    assert stored["registered_name"] == f"keras_gan>{type(layer).__name__}"
    assert keras.saving.deserialize_keras_object(stored).get_config() == config


def check_shape(model, inputs, expected):
    assert model.output_shape == (None, *expected.shape[1:])
    assert expected.dtype == "float32"
    shape = model.layers[-1].compute_output_shape([x.shape for x in inputs] if len(inputs) > 1 else inputs[0].shape)
    assert tuple(shape) == expected.shape


def check_copies(model, inputs, expected, tmp_path):
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(array(keras.models.load_model(tmp_path / "model.keras")(inputs)), expected)
    copy = keras.models.clone_model(model, recursive=True)
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(array(copy(inputs)), expected)


def check_ways_of_running(model, inputs, expected):
    for jit_compile in (False, True):
        model.compile(jit_compile=jit_compile)
        for count in (len(inputs[0]), 1):
            batch = [x[:count] for x in inputs]
            np.testing.assert_allclose(model.predict_on_batch(batch), array(model(batch)), rtol=1e-5, atol=1e-5)
    assert np.isfinite(expected).all()


def check_independence(model, inputs, expected):
    for index in range(len(expected)):
        alone = array(model([x[index : index + 1] for x in inputs]))
        np.testing.assert_allclose(alone[0], expected[index], rtol=1e-5, atol=1e-5)


def check_half_precision(make, model, inputs, expected):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        half = model_of(make, inputs)
    finally:
        keras.config.set_dtype_policy(before)
    half.set_weights(model.get_weights())
    assert all(weight.dtype == "float32" for weight in half.weights if "float" in weight.dtype)
    found = half(inputs)
    assert keras.backend.standardize_dtype(found.dtype) == "float16"
    assert keras.backend.standardize_dtype(half.output.dtype) == "float16"
    np.testing.assert_allclose(array(found), expected, atol=0.01 * np.abs(expected).max())


def check_second_derivative(layer, inputs):
    """Compares d/dw sum |d D / d x|^2, as gradient penalties need it, with finite differences.

    Args:
        layer: a built layer, with `dtype=WIDEST`.
        inputs: one array, of images.
    """
    x = ops.convert_to_tensor(inputs, WIDEST)
    towards = ops.convert_to_tensor(np.random.default_rng(5).normal(size=layer(x).shape), WIDEST)

    def penalty():
        gradient = _backend.input_gradients(lambda x: ops.sum(towards * ops.tanh(layer(x, training=True))), x)
        return ops.sum(ops.square(gradient))

    weights = layer.trainable_variables
    if not weights:  # then with respect to factors of the input
        scale = keras.Variable(np.ones(inputs.shape[1:]), dtype=WIDEST)
        inner, layer, weights = layer, lambda x, training: inner(scale * x, training=training), [scale]
    _, gradients = _backend.aux_and_gradients(lambda: (penalty(), None), weights)
    generator, step = np.random.default_rng(6), 1e-5 if TENSORFLOW else 1e-3
    directions = [generator.normal(size=weight.shape) for weight in weights]
    starts, around = [array(weight) for weight in weights], []
    for sign in (1, -1):
        for weight, start, direction in zip(weights, starts, directions, strict=True):
            weight.assign(start + sign * step * direction)
        around.append(float(penalty()))
    for weight, start in zip(weights, starts, strict=True):
        weight.assign(start)
    slope = sum(float(np.sum(d * array(g))) for d, g in zip(directions, gradients, strict=True))
    assert abs(slope) > 1e-2
    np.testing.assert_allclose(slope, (around[0] - around[1]) / (2 * step), rtol=1e-6 if TENSORFLOW else 2e-2)
