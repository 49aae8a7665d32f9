import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import networks
from tests.run_gan_test import check_exports, check_low_precision, fit


def convolution(inputs, outputs):
    return 9 * inputs * outputs + outputs


def decoder(width, side, stages, n, channels):
    pairs = (stages + 1) * 2 * convolution(n, n)
    return (width + 1) * side * side * n + pairs + convolution(n, channels)


def test_parameters_of_the_papers_networks():
    # Berthelot et al. 2017, figure 1, at 32x32 from maps of 8x8: n, 2n, 3n filters in the encoder, n in the decoder.
    n, hidden = 64, 64
    encoder = convolution(3, n)
    for stage in (1, 2):
        encoder += 2 * convolution(stage * n, stage * n) + convolution(stage * n, (stage + 1) * n)
    encoder += 2 * convolution(3 * n, 3 * n) + (8 * 8 * 3 * n + 1) * hidden
    discriminator = networks.BEGANDiscriminator((32, 32, 3), hidden_dim=hidden, filters=n, base=8)
    assert discriminator.count_params() == encoder + decoder(hidden, 8, 2, n, 3)
    assert networks.BEGANGenerator((32, 32, 3), 64, n, base=8).count_params() == decoder(64, 8, 2, n, 3)


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 3)])
def test_generator_draws_the_shape_in_range(shape):
    network = networks.BEGANGenerator(shape, latent_dim=5, filters=4)
    images = network(100 * np.random.default_rng(0).normal(size=(3, 5)).astype("float32"))
    assert images.shape == (3, *shape)
    assert float(keras.ops.max(keras.ops.abs(images))) <= 1


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_answer_is_the_mean_error_of_reconstruction(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        network = networks.BEGANDiscriminator((8, 8, 3), 5, 4)
    finally:
        keras.config.set_dtype_policy(before)
    pictures = np.random.default_rng(0).uniform(-1, 1, (5, 8, 8, 3)).astype("float32")
    last = [x for x in network.layers if isinstance(x, keras.layers.Conv2D)][-1]
    reconstruct = keras.Model(network.inputs, last.output)
    expected = np.abs(pictures - np.array(reconstruct([pictures]), "float64")).mean(axis=(1, 2, 3))
    answer = network(pictures)
    assert keras.backend.standardize_dtype(answer.dtype) == "float32"
    assert answer.shape == (5, 1)
    np.testing.assert_allclose(answer[:, 0], expected, rtol=1e-6 if policy == "float32" else 1e-4)
    # A decoder that says 0: the mean of |v|, to float32's precision also where the layers compute in half.
    last.kernel.assign(0 * last.kernel)
    np.testing.assert_allclose(
        network(pictures)[:, 0], np.abs(pictures.astype("float64")).mean(axis=(1, 2, 3)), rtol=1e-6
    )
    np.testing.assert_allclose(network(pictures[:1]), network(pictures)[:1], rtol=1e-6)


@pytest.mark.parametrize("network", [networks.BEGANGenerator, networks.BEGANDiscriminator])
def test_arguments_that_cannot_be(network):
    with pytest.raises(ValueError, match="must be square"):
        network((28, 32, 1))
    with pytest.raises(ValueError, match=r"`filters` must be a whole number >= 1"):
        network((8, 8, 1), filters=0)


def test_it_plays_in_half_precision_and_exports(images, tmp_path):
    def make():
        keras.utils.set_random_seed(7)
        gan = kg.GAN(
            networks.BEGANGenerator((8, 8, 1), 6, 4), networks.BEGANDiscriminator((8, 8, 1), 5, 4), latent="uniform"
        )
        gan.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), loss=kg.losses.BEGAN())
        return gan

    batch = {"image": images[:8]}
    check_low_precision(make, batch)
    if keras.backend.backend() == "tensorflow":
        check_exports(make, batch, tmp_path)


def test_it_learns_to_reconstruct_reals(images):
    keras.utils.set_random_seed(7)
    gan = kg.GAN(networks.BEGANGenerator((8, 8, 1), 6, 8), networks.BEGANDiscriminator((8, 8, 1), 16, 8), seed=3)
    gan.compile(keras.optimizers.Adam(2e-3, beta_1=0.5), loss=kg.losses.BEGAN())
    before = float(keras.ops.mean(gan.discriminator(images)))
    fit(gan, {"image": images}, 60)
    assert float(keras.ops.mean(gan.discriminator(images))) < 0.5 * before
