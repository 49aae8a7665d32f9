import keras
import numpy as np
import pytest
from keras import ops

import keras_gan as kg
from keras_gan.schedules import Linear


class SaveAt(keras.callbacks.Callback):
    """Saves after given steps, and may stop there."""

    def __init__(self, folder, steps, stop=None):
        super().__init__()
        self.folder, self.steps, self.stop = folder, steps, stop

    def on_train_batch_end(self, batch, logs=None):
        step = int(self.model.step)
        if step in self.steps:
            self.model.save(self.folder / f"{step}.keras")
        self.model.stop_training = step == self.stop


def data(**arguments):
    return kg.data.images("digits", batch_size=300, flip=True, passes=2, seed=4, **arguments)  # ten batches an epoch


def made():
    keras.utils.set_random_seed(3)
    discriminator = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            kg.layers.SpectralNormalization(keras.layers.Dense(8, "relu")),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(1),
        ]
    )
    generator = kg.networks.DCGANGenerator((8, 8, 1), latent_dim=4, filters=4)  # batch normalization
    gan = kg.GAN(generator, discriminator, seed=1)
    gan.compile(
        keras.optimizers.Adam(1e-3, beta_1=0.5),
        penalties=[kg.penalties.LeCam(), kg.penalties.R2(gamma=Linear(1.0, 0.1, end=6000), interval=3)],
        augmenter=kg.augmenters.ADA(interval=2, speed=3000, seed=2),
        schedules={"learning_rate": Linear(1e-3, 1e-4, end=6000)},
    )
    return gan


def state(gan):
    return [ops.convert_to_numpy(variable) for variable in [*gan.variables, *gan.optimizer.variables]]


def same(gan, expected):
    found = state(gan)
    return len(found) == len(expected) and all(map(np.array_equal, found, expected))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A GAN of two epochs, and the folder with checkpoints of some of its steps."""
    folder = tmp_path_factory.mktemp("whole")
    gan = made()
    kg.resume(gan, data(), epochs=2, callbacks=[SaveAt(folder, (3, 7, 10, 16))], verbose=0)
    assert int(gan.step) == 20
    return state(gan), folder


@pytest.mark.parametrize("step", [3, 7, 10, 16])
def test_a_resumed_gan_ends_bit_for_bit_like_one_that_was_not_interrupted(step, undisturbed):
    expected, folder = undisturbed
    gan = keras.models.load_model(folder / f"{step}.keras")
    assert int(gan.step) == step
    kg.resume(gan, data(), epochs=2, verbose=0)
    assert same(gan, expected)


def test_what_reads_the_data_besides_does_not_move_the_place(undisturbed):
    gan, train = made(), data()
    next(iter(train))
    reader = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: next(iter(train)))
    kg.resume(gan, train, epochs=2, callbacks=[reader], verbose=0)
    assert same(gan, undisturbed[0])


def test_a_stop_in_the_rest_of_an_epoch_is_a_stop(undisturbed, tmp_path):
    gan = keras.models.load_model(undisturbed[1] / "3.keras")
    kg.resume(gan, data(), epochs=2, callbacks=[SaveAt(tmp_path, (), stop=5)], verbose=0)
    assert int(gan.step) == 5
    assert kg.resume(gan, data(), epochs=0, verbose=0) is None
    assert int(gan.step) == 5


def test_other_data_sets_begin_with_an_epoch(undisturbed):
    gan = keras.models.load_model(undisturbed[1] / "3.keras")
    with pytest.raises(ValueError, match=r"know their place.*Received: \w+ after 3 batches of epoch 1"):
        kg.resume(gan, data().take(10), epochs=2, verbose=0)
    gan = keras.models.load_model(undisturbed[1] / "10.keras")
    kg.resume(gan, data().take(10), epochs=2, verbose=0)
    assert int(gan.step) == 20
