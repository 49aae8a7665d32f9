import keras
import numpy as np
import pytest

from keras_gan import networks
from keras_gan.networks.image_shape import halvings

UPSAMPLING = ["transposed", "nearest", "bilinear"]


@pytest.mark.parametrize(("size", "expected"), [(8, (4, 1)), (28, (7, 2)), (32, (4, 3)), (64, (4, 4)), (20, (5, 2))])
def test_sizes_are_divided_down_to_the_smallest_base(size, expected):
    assert halvings((size, size, 1)) == expected


def test_base_can_be_chosen():
    assert halvings((32, 32, 3), base=8) == (8, 2)
    assert halvings((8, 8, 1), base=2) == (2, 2)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((28, 32, 1), "must be square"),
        ((4, 4, 1), "from 8 pixels on"),
        ((9, 9, 1), r"base \* 2\*\*k .* Use a size like 8 or 12"),
        ((28, 28), "height, width, channels"),
        ((28, 28, 2), "1 .grey., 3 .RGB. or 4"),
        ((28.0, 28.0, 1), "Received: image_shape="),
    ],
)
@pytest.mark.parametrize("network", [networks.DCGANGenerator, networks.DCGANDiscriminator])
def test_shapes_that_cannot_be_are_refused(network, shape, message):
    with pytest.raises(ValueError, match=message):
        network(shape)


def test_base_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match=r"with k >= 1 and base=5"):
        networks.DCGANGenerator((32, 32, 1), base=5)


@pytest.mark.parametrize("upsampling", UPSAMPLING)
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 3), (32, 32, 4)])
def test_generator_draws_the_shape_in_range(shape, upsampling):
    network = networks.DCGANGenerator(shape, latent_dim=5, filters=4, upsampling=upsampling)
    images = network(100 * np.random.default_rng(0).normal(size=(3, 5)).astype("float32"), training=True)
    assert images.shape == (3, *shape)
    assert float(keras.ops.max(keras.ops.abs(images))) <= 1.0


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 3), (64, 64, 3)])
def test_discriminator_gives_one_logit(shape):
    assert networks.DCGANDiscriminator(shape, filters=4)(np.zeros((3, *shape), "float32")).shape == (3, 1)


def test_parameters_of_the_papers_generator():
    # Radford et al. 2015, figure 1: 100 -> 4x4x1024 -> 512 -> 256 -> 128 -> 3, kernels 5x5; batch normalization has
    # 4 numbers a channel, the last layer a bias.
    network = networks.DCGANGenerator((64, 64, 3), latent_dim=100, filters=128, kernel_size=5)
    kernels = 100 * 16 * 1024 + 25 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3)
    assert network.count_params() == kernels + 4 * (1024 + 512 + 256 + 128) + 3


def test_parameters_of_the_papers_discriminator():
    network = networks.DCGANDiscriminator((64, 64, 3), filters=128, kernel_size=5, batch_normalization=True)
    kernels = 25 * (3 * 128 + 128 * 256 + 256 * 512 + 512 * 1024) + 16 * 1024
    assert network.count_params() == kernels + 128 + 4 * (256 + 512 + 1024) + 1


def test_initial_weights_follow_the_paper():
    kernel = networks.DCGANGenerator((32, 32, 1)).layers[1].kernel
    np.testing.assert_allclose(np.std(keras.ops.convert_to_numpy(kernel)), 0.02, rtol=0.05)


def test_widths_double_towards_the_base_up_to_the_maximum():
    network = networks.DCGANDiscriminator((64, 64, 1), filters=8, max_filters=24)
    assert [layer.filters for layer in network.layers if isinstance(layer, keras.layers.Conv2D)] == [8, 16, 24, 24]


def test_mlp_shapes_and_parameters():
    generator = networks.MLPGenerator((28, 28, 1), latent_dim=100, units=(1200, 1200))
    assert generator.count_params() == 101 * 1200 + 1201 * 1200 + 1201 * 784
    assert generator(np.zeros((2, 100), "float32")).shape == (2, 28, 28, 1)
    discriminator = networks.MLPDiscriminator((10, 6, 3), units=(16,))
    assert discriminator.count_params() == 181 * 16 + 17
    assert discriminator(np.zeros((2, 10, 6, 3), "float32")).shape == (2, 1)


def test_an_image_does_not_depend_on_its_batch_mates():
    network = networks.DCGANGenerator((8, 8, 1), latent_dim=5, filters=4)
    latents = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
    for _ in range(3):
        network(latents, training=True)
    np.testing.assert_allclose(network(latents)[:1], network(latents[:1]), atol=1e-6)


@pytest.mark.parametrize(
    "network",
    [
        networks.DCGANGenerator((8, 8, 3), 5, 4, 8, 3, "nearest", "rms", "he_normal", 2, "g"),
        networks.DCGANDiscriminator((8, 8, 3), 4, 8, 3, 0.1, True, 0.2, "he_normal", 2, "d"),
        networks.DCGANGenerator((8, 8, 3), kernel_initializer=keras.initializers.Orthogonal(0.5)),
        networks.MLPGenerator((8, 8, 3), 5, (7, 9), "g"),
        networks.MLPDiscriminator((8, 8, 3), (7, 9), 0.1, 0.2, "d"),
    ],
)
def test_config_round_trip(network):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))
    assert again.get_config() == network.get_config()
    assert [w.shape for w in again.weights] == [w.shape for w in network.weights]


def test_unknown_upsampling_is_refused():
    with pytest.raises(ValueError, match="`upsampling` must be one of"):
        networks.DCGANGenerator((8, 8, 1), upsampling="lanczos3")


@pytest.mark.parametrize(("normalization", "layer"), [("batch", "BatchNormalization"), ("rms", "RMSNormalization")])
def test_normalization_is_that_asked_for(normalization, layer):
    network = networks.DCGANGenerator((16, 16, 1), filters=4, normalization=normalization)
    assert [type(x).__name__ for x in network.layers].count(layer) == 2


def test_without_batch_normalization_training_and_inference_agree():
    network = networks.DCGANGenerator((8, 8, 1), latent_dim=5, filters=4, normalization="rms")
    latents = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
    np.testing.assert_array_equal(network(latents, training=True), network(latents, training=False))


def test_unknown_normalization_is_refused():
    with pytest.raises(ValueError, match="`normalization` must be one of"):
        networks.DCGANGenerator((8, 8, 1), normalization="instance")


def test_an_initializer_is_fresh_for_each_layer():
    network = networks.DCGANDiscriminator(
        (32, 32, 4), filters=4, max_filters=4, kernel_initializer=keras.initializers.HeNormal()
    )
    first, second, third = (layer.kernel for layer in network.layers if isinstance(layer, keras.layers.Conv2D))
    assert first.shape == second.shape == third.shape
    assert not np.array_equal(keras.ops.convert_to_numpy(second), keras.ops.convert_to_numpy(third))
