import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.features.forward import Forward, sha256_of_weights


class Doubling:
    """Stands in for a Keras model: remembers the sizes of the batches it was given."""

    def __init__(self):
        self.sizes = []
        self.output = {"features": np.zeros((1, 4))}

    def predict_on_batch(self, images):
        self.sizes.append(len(images))
        return {"features": 2.0 * images.reshape(len(images), 4)}


def images(count):
    return np.arange(4 * count, dtype="uint8").reshape(count, 2, 2, 1)


def test_cuts_and_fills_up():
    model = Doubling()
    forward = Forward(model, 4, lambda batch: batch.astype("float32"))
    for count in (9, 4, 3, 1, 0):
        result = forward(images(count))["features"]
        assert result.dtype == np.float32
        np.testing.assert_array_equal(result, 2.0 * images(count).reshape(count, 4))
    assert model.sizes == [4, 4, 4, 4, 4, 4]


def test_a_size_is_compiled_when_none_was_large_enough():
    model = Doubling()
    forward = Forward(model, 8, lambda batch: batch.astype("float32"))
    for count in (2, 1, 5, 3, 2):
        forward(images(count))
    assert model.sizes == [2, 2, 5, 5, 2]


def test_no_shortened_floats():
    shortened = tf.config.experimental.tensor_float_32_execution_enabled
    seen = []

    class Watching(Doubling):
        def predict_on_batch(self, images):
            seen.append(shortened())
            return super().predict_on_batch(images)

    before = shortened()
    Forward(Watching(), 4, lambda batch: batch)(images(2))
    assert (seen, shortened()) == ([False], before)


@pytest.mark.parametrize("batch_size", [0, 2.0, None])
def test_batch_size_is_checked(batch_size):
    with pytest.raises(
        ValueError, match=f"`batch_size` must be a whole number >= 1. Received: batch_size={batch_size}"
    ):
        Forward(Doubling(), batch_size, None)


def test_hash_of_weights_knows_values_and_shapes_not_names():
    def model(units, name, seed=0):
        keras.utils.set_random_seed(seed)
        return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, name=name)])

    def digest_of(model):
        return sha256_of_weights(model.weights)

    digest = digest_of(model(3, "a"))
    assert len(digest) == 64
    assert digest_of(model(3, "b")) == digest
    assert digest_of(model(3, "a", seed=1)) != digest
    zeros, others = model(2, "a"), model(2, "a")
    zeros.set_weights([np.zeros((4, 2)), np.zeros(2)])
    others.set_weights([np.zeros((4, 2)), np.array([0.0, 1e-7])])
    assert digest_of(zeros) != digest_of(others)
