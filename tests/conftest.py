import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

import keras_gan as kg


@pytest.fixture
def images():
    """32 smooth random images of 8x8x1 in [-1, 1]."""
    random = np.random.default_rng(0)
    waves = np.cos(np.linspace(0, 3, 8)[:, None] * random.normal(size=(32, 1, 8)) + random.normal(size=(32, 8, 1)))
    return waves[..., None].astype("float32")


@pytest.fixture
def make_gan():
    """Function that makes a small compiled GAN, with the same weights at every call."""

    def make(loss=None, penalties=(), generator=None, discriminator=None, optimizer=None, **arguments):
        keras.utils.set_random_seed(7)
        gan = kg.GAN(
            generator or kg.networks.DCGANGenerator((8, 8, 1), latent_dim=6, filters=4),
            discriminator or kg.networks.DCGANDiscriminator((8, 8, 1), filters=4),
            **{"seed": 3, **arguments},
        )
        gan.compile(
            optimizer=optimizer or keras.optimizers.Adam(1e-3, beta_1=0.5), loss=loss, penalties=list(penalties)
        )
        return gan

    return make
