import itertools

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan.networks import WaveGANDiscriminator, WaveGANGenerator
from tests.run_gan_test import run_gan_test, run_whole_gan_test

SHAPE = (64, 1)


def make(num_classes=None, **arguments):
    keras.utils.set_random_seed(7)
    shared = {"filters": 2, "kernel_size": 9, "num_classes": num_classes}
    gan = kg.GAN(
        WaveGANGenerator(SHAPE, latent_dim=4, **shared),
        WaveGANDiscriminator(SHAPE, **shared),
        medium=kg.media.Sounds(8000),
        **{"seed": 3, **arguments},
    )
    gan.compile(keras.optimizers.Adam(1e-3), penalties=[kg.penalties.R1(interval=2)])
    return gan


@pytest.fixture
def batch():
    return {"sound": np.tanh(np.random.default_rng(0).normal(size=(8, *SHAPE))).astype("float32")}


def test_contract(batch, tmp_path):
    run_gan_test(make, batch, tmp_path)


@pytest.mark.contract
def test_whole_contract(batch, tmp_path):
    run_whole_gan_test(make, batch, tmp_path)


def test_samples_are_sounds():
    sounds = make().sample(3, seed=0)
    assert sounds.shape == (3, *SHAPE)
    assert sounds.dtype == "int16"


def test_labels(batch):
    gan = make(num_classes=3)
    gan.fit(batch["sound"], np.arange(8) % 3, batch_size=8, verbose=0)
    assert not np.array_equal(gan.sample(1, seed=0, label=0), gan.sample(1, seed=0, label=1))


def test_parameters_of_the_paper():
    # Donahue et al. 2019, tables 3 and 4, with d = 64 and 16,384 samples: kernels 25, biases everywhere.
    kernel = 25
    widths = [1024, 512, 256, 128, 64, 1]
    ups = sum(kernel * a * b + b for a, b in itertools.pairwise(widths))
    generator = WaveGANGenerator((16_384, 1), filters=64, normalization=None)
    assert generator.count_params() == 100 * 16 * 1024 + 16 * 1024 + ups
    widths = [1, 64, 128, 256, 512, 1024]
    downs = sum(kernel * a * b + b for a, b in itertools.pairwise(widths))
    assert WaveGANDiscriminator((16_384, 1), filters=64).count_params() == downs + 16 * 1024 + 1


@pytest.mark.parametrize("samples", [64, 256, 4096])
def test_lengths(samples):
    generator = WaveGANGenerator((samples, 2), latent_dim=4, filters=1)
    sounds = generator(np.zeros((2, 4), "float32"))
    assert sounds.shape == (2, samples, 2)
    assert WaveGANDiscriminator((samples, 2), filters=1)(sounds).shape == (2, 1)


@pytest.mark.parametrize("shape", [(100, 1), (16, 1), (4096,), (4096, 0)])
def test_lengths_that_cannot_be(shape):
    with pytest.raises(ValueError, match=r"16 \* 4\*\*k|`sound_shape` must be"):
        WaveGANGenerator(shape)


def test_sounds_need_their_medium():
    with pytest.raises(ValueError, match=r"A generator of Images must make arrays of 3 axes.*Received: output shape"):
        kg.GAN(WaveGANGenerator(SHAPE, 4, 2), WaveGANDiscriminator(SHAPE, 2))
