import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import losses
from tests.run_gan_test import fit


class Errors(keras.layers.Layer):
    """Mean absolute difference of two images."""

    def call(self, pair):
        image, again = pair
        return keras.ops.mean(keras.ops.abs(image - again), axis=(1, 2, 3))[:, None]


def autoencoder():
    image = keras.Input((8, 8, 1), name="image")
    x = keras.layers.Dense(12, "relu")(keras.layers.Flatten()(image))
    again = keras.layers.Reshape((8, 8, 1))(keras.layers.Dense(64)(x))
    return keras.Model(image, Errors()([image, again]))


def test_controller_follows_its_formula():
    random = np.random.default_rng(0)
    loss, balance = losses.BEGAN(diversity=0.4, gain=0.5), 0.0
    for real, fake in random.uniform(0, 2, size=(8, 2, 5, 1)).astype("float32"):
        np.testing.assert_allclose(
            loss.discriminator(real, fake), real.mean() - balance * fake.mean(), rtol=1e-5, atol=1e-6
        )
        np.testing.assert_allclose(loss.generator(None, fake), fake.mean(), rtol=1e-6)
        loss.adapt(real, fake)
        balance = min(1.0, max(0.0, balance + 0.5 * (0.4 * real.mean() - fake.mean())))
        np.testing.assert_allclose(loss.balance, balance, rtol=1e-5, atol=1e-6)


def test_balance_stays_between_0_and_1():
    loss = losses.BEGAN(gain=100.0)
    loss.adapt(np.ones((2, 1), "float32"), np.zeros((2, 1), "float32"))
    assert float(loss.balance) == 1.0
    loss.adapt(np.zeros((2, 1), "float32"), np.ones((2, 1), "float32"))
    assert float(loss.balance) == 0.0


def test_balance_moves_once_a_step_and_is_saved(make_gan, images, tmp_path):
    gan = make_gan(loss=losses.BEGAN(diversity=1.0, gain=0.1), discriminator=autoencoder())
    fit(gan, {"image": images[:8]}, 3)
    balance = float(gan.adversarial.balance)
    assert 0 < balance < 1
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras", custom_objects={"Errors": Errors})
    assert float(loaded.adversarial.balance) == balance
    assert fit(gan, {"image": images[:8]}, 1) == fit(loaded, {"image": images[:8]}, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"diversity": 0.0}, r"`diversity` must lie in \(0, 1\]"), ({"gain": -1.0}, "`gain` must be a number > 0")],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        kg.losses.BEGAN(**arguments)
