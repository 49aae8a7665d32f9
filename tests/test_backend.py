"""What both backends promise, in numbers small enough to do by hand."""

import types

import keras
import numpy as np
import pytest
from keras import ops

from keras_gan import _backend


@pytest.fixture
def variables():
    return keras.Variable(3.0), keras.Variable(0.0, trainable=False)


def test_gradient_and_aux(variables):
    weight, _ = variables
    aux, (gradient,) = _backend.aux_and_gradients(lambda: (weight * weight, {"twice": weight * 2}), [weight])
    assert (float(aux["twice"]), float(gradient)) == (6.0, 6.0)


def test_assignments_inside_stay(variables):
    weight, count = variables

    def function():
        count.assign_add(1.0)
        return weight * count, None

    _, (gradient,) = _backend.aux_and_gradients(function, [weight])
    assert (float(count), float(gradient)) == (1.0, 1.0)


def test_no_gradient_flows_through_an_assigned_statistic(variables):
    weight, statistic = variables

    def function():
        statistic.assign(2 * weight)
        return weight * statistic, None

    _, (gradient,) = _backend.aux_and_gradients(function, [weight])
    assert (float(statistic), float(gradient)) == (6.0, 6.0)  # 12 with it


def test_an_update_nested_inside_is_seen_and_not_differentiated(variables):
    weight, _ = variables
    judge = keras.Variable(1.0)

    def function():
        _, (gradient,) = _backend.aux_and_gradients(lambda: (judge * ops.stop_gradient(weight), None), [judge])
        judge.assign(judge - gradient)  # 1 - 3
        return weight * judge, None

    _, (gradient,) = _backend.aux_and_gradients(function, [weight])
    assert (float(judge), float(gradient)) == (-2.0, -2.0)


def test_frozen_forgets(variables):
    _, count = variables
    with _backend.frozen():
        count.assign(5.0)
        assert float(count + 0.0) == 5.0
    assert float(count) == 0.0


def test_input_gradients_can_be_differentiated_and_move_nothing(variables):
    weight, count = variables
    inputs = ops.convert_to_tensor([[1.0], [2.0]])

    def squares(x):
        count.assign_add(1.0)
        return weight * x**2

    def function():
        return ops.sum(_backend.input_gradients(squares, inputs)), None  # sum of 2 w x

    _, (gradient,) = _backend.aux_and_gradients(function, [weight])
    assert (float(count), float(gradient)) == (0.0, 6.0)


@pytest.mark.parametrize("scaled", [False, True])
def test_apply_is_the_optimizers_step(variables, scaled):
    weight, _ = variables
    optimizer = keras.optimizers.SGD(0.5)
    optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=4.0) if scaled else optimizer
    optimizer.build([weight])
    _, gradients = _backend.aux_and_gradients(lambda: (optimizer.scale_loss(2 * weight), None), [weight])
    _backend.apply(optimizer, gradients, [weight])
    np.testing.assert_allclose(float(weight), 2.0)


def test_exact_restores_what_was_set(variables):
    weight, _ = variables
    with _backend.exact():
        assert float(ops.sum(weight * 2.0)) == 6.0


def test_substituted_reads_another_value_through_which_gradients_flow(variables):
    weight, count = variables

    def function():
        with _backend.substituted([(weight, weight.value * weight.value)]):
            inside = weight * 2.0
            count.assign(7.0)
        return inside + weight, None

    _, (gradient,) = _backend.aux_and_gradients(function, [weight])
    assert float(gradient) == 2 * 2 * 3 + 1
    assert (float(weight), float(count)) == (3.0, 0.0)


def test_accelerators_are_named(monkeypatch):
    """There may be none here, so the backend is told of two."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        found = [tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU"), tf.config.PhysicalDevice("GPU:1", "GPU")]
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: found if kind == "GPU" else [])
        details = {found[0]: {"device_name": "NVIDIA H100"}, found[1]: {}}
        monkeypatch.setattr(tf.config.experimental, "get_device_details", details.get)
        assert _backend.accelerators() == ["NVIDIA H100", "GPU:1"]
        return
    import jax

    devices = [types.SimpleNamespace(platform=p, device_kind=k) for p, k in (("gpu", "NVIDIA H100"), ("cpu", "cpu"))]
    monkeypatch.setattr(jax, "devices", lambda: devices)
    assert _backend.accelerators() == ["NVIDIA H100"]
