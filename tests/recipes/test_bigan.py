import numpy as np

from keras_gan import recipes


def test_two_steps():
    gan, dataset, *_ = recipes.make("bigan", data="digits", batch_size=256, filters=4, latent_dim=5)
    assert gan.latent_shape == (5,)
    assert np.isfinite(gan.fit(dataset.take(2), verbose=0, shuffle=False).history["generator_loss"][0])
