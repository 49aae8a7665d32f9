import keras
import numpy as np
import pytest
from keras import ops

from keras_gan import _backend
from keras_gan.layers import ConditionalBatchNormalization
from tests.layers.check_layer import TENSORFLOW, array, check_layer, random, shuffled

LABELS = np.array([2, 0, 2, 1, 0], "int32")


def features(count=5):
    return 3 * random(count, 4, 4, 3) + np.arange(3, dtype="float32")


def built(condition, **arguments):
    layer = ConditionalBatchNormalization(**arguments)
    layer([features(), condition])
    return layer


def normalized(x, mean, variance, epsilon=1e-5):
    return (x.astype("float64") - mean) / np.sqrt(variance + epsilon)


def test_labels_choose_gamma_and_beta():
    layer = shuffled(built(LABELS, num_classes=3, epsilon=0.1))
    gamma, beta = array(layer.gamma.embeddings), array(layer.beta.embeddings)
    x, labels = features(), LABELS
    mean, variance = array(layer.normalization.moving_mean), array(layer.normalization.moving_variance)
    for training, statistics in ((False, (mean, variance)), (True, (x.mean((0, 1, 2)), x.var((0, 1, 2))))):
        expected = gamma[labels][:, None, None] * normalized(x, *statistics, 0.1) + beta[labels][:, None, None]
        np.testing.assert_allclose(array(layer([x, labels], training=training)), expected, rtol=1e-4, atol=1e-5)
        column = array(layer([x, labels[:, None]], training=training))
        np.testing.assert_allclose(column, expected, rtol=1e-4, atol=1e-5)


def test_vectors_give_gamma_and_beta():
    vectors = random(5, 6, seed=1)
    layer = shuffled(built(vectors))
    x = features()
    gamma = 1 + vectors @ array(layer.gamma.kernel)
    beta = vectors @ array(layer.beta.kernel)
    expected = gamma[:, None, None] * normalized(x, x.mean((0, 1, 2)), x.var((0, 1, 2))) + beta[:, None, None]
    np.testing.assert_allclose(array(layer([x, vectors], training=True)), expected, rtol=1e-4, atol=1e-4)


def test_starts_as_plain_normalization_of_labels():
    x = features()
    layer = built(LABELS, num_classes=3)
    expected = normalized(x, x.mean((0, 1, 2)), x.var((0, 1, 2)))
    np.testing.assert_allclose(array(layer([x, LABELS], training=True)), expected, rtol=1e-4, atol=1e-5)


def test_moving_statistics():
    layer, x = built(LABELS, num_classes=3, momentum=0.75), features()
    layer([x, LABELS], training=True)
    np.testing.assert_allclose(array(layer.normalization.moving_mean), 0.25 * x.mean((0, 1, 2)), rtol=1e-5)
    variance = 0.75 + 0.25 * x.var((0, 1, 2))
    np.testing.assert_allclose(array(layer.normalization.moving_variance), variance, rtol=1e-5)
    before = array(layer.normalization.moving_mean)
    with _backend.frozen():
        layer([x, LABELS], training=True)
    layer([x, LABELS])
    np.testing.assert_array_equal(array(layer.normalization.moving_mean), before)


@pytest.mark.parametrize("condition", [LABELS, random(5, 6)])
def test_everything_learns(condition):
    layer = built(condition, num_classes=3 if condition is LABELS else None)
    towards = random(5, 4, 4, 3, seed=4)
    weights = layer.trainable_variables
    _, gradients = _backend.aux_and_gradients(
        lambda: (ops.sum(towards * layer([features(), condition], training=True)), None), weights
    )
    assert len(weights) == 2
    assert all(np.abs(array(ops.convert_to_tensor(gradient))).max() > 0.1 for gradient in gradients)


def test_spectral_normalization_of_the_vectors_matrices():
    vectors = random(5, 6)
    layer = built(vectors, spectral_normalization=True)
    assert {w.name for w in layer.non_trainable_variables} == {"left_vector", "moving_mean", "moving_variance"}
    for name in ("gamma", "beta"):
        wrapped = getattr(layer, name)
        wrapped.kernel.assign(5 * array(wrapped.kernel))
        wrapped.power_iterations = 50
        matrix = array(wrapped(np.eye(6, dtype="float32")))
        np.testing.assert_allclose(np.linalg.norm(matrix, 2), 1.0, rtol=1e-3)


@pytest.mark.parametrize("condition", [LABELS, random(5, 6)])
def test_layer(condition, tmp_path):
    classes = 3 if condition is LABELS else None
    inputs = [features(), condition]
    check_layer(lambda: ConditionalBatchNormalization(classes, momentum=0.8), inputs, tmp_path)


def test_dense_features():
    layer = ConditionalBatchNormalization(3)
    assert array(layer([random(5, 4), LABELS])).shape == (5, 4)


@pytest.mark.skipif(not TENSORFLOW, reason="synchronized statistics are TensorFlow's")
def test_synchronized_is_passed_on():
    assert ConditionalBatchNormalization(3, synchronized=True).normalization.synchronized


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match=r"`num_classes` must be a whole number >= 1. Received: num_classes=0"):
        ConditionalBatchNormalization(0)
    with pytest.raises(ValueError, match=r"`momentum` must be below 1. Received: momentum=1.0"):
        ConditionalBatchNormalization(3, momentum=1.0)
    with pytest.raises(ValueError, match=r"`epsilon` must be a finite number above 0. Received: epsilon=0"):
        ConditionalBatchNormalization(3, epsilon=0)
    with pytest.raises(ValueError, match=r"needs vectors as conditions.*num_classes=3. Embed the labels first"):
        ConditionalBatchNormalization(3, spectral_normalization=True)


def test_refuses_other_conditions():
    with pytest.raises(TypeError, match=r"must be labels, whole numbers. Received: dtype float32, num_classes=3"):
        ConditionalBatchNormalization(3)([features(), LABELS.astype("float32")])
    with pytest.raises(TypeError, match=r"must be float vectors. Received: dtype int32, num_classes=None"):
        ConditionalBatchNormalization()([features(), LABELS[:, None]])
    with pytest.raises(ValueError, match=r"takes labels \(batch,\) or \(batch, 1\). Received: labels of shape \(5, 3"):
        ConditionalBatchNormalization(3)([features(), np.eye(3, dtype="int32")[LABELS]])
    with pytest.raises(ValueError, match=r"takes vectors \(batch, size\). Received: condition of shape \(5,\)"):
        ConditionalBatchNormalization()([features(), random(5)])
    with pytest.raises(ValueError, match=r"takes a list of two inputs, features and labels. Received"):
        ConditionalBatchNormalization(3)(features())


def test_labels_may_be_any_whole_type():
    layer = built(LABELS, num_classes=3)
    for kind in ("int64", "uint8"):
        np.testing.assert_array_equal(
            array(layer([features(), LABELS.astype(kind)])), array(layer([features(), LABELS]))
        )
    assert keras.backend.standardize_dtype(layer.gamma.embeddings.dtype) == "float32"
