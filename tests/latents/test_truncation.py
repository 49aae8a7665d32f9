import numpy as np
import pytest

import keras_gan as kg
from keras_gan.latents.distributions import truncated


@pytest.mark.parametrize("latent", ["normal", "uniform"])
def test_samples_are_drawn_from_truncated_latents(latent):
    gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1)), latent=latent)
    inputs = {"latent": truncated(gan.fixed_inputs(5, 2)["latent"], 0.4, latent)}
    np.testing.assert_array_equal(gan.sample(5, 2, truncation=0.4), gan.sample(inputs=inputs))
    assert np.any(gan.sample(5, 2, truncation=0.4) != gan.sample(5, 2))
    with pytest.raises(ValueError, match="`truncation` must be positive"):
        gan.sample(5, 2, truncation=-1)
