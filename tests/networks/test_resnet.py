import numpy as np
import pytest

from keras_gan.networks import ResnetGenerator


# The numbers are those of the authors' PyTorch code, counted from its layers.
@pytest.mark.parametrize(
    ("blocks", "filters", "expected"), [(9, 64, 11_378_179), (6, 64, 7_837_699), (6, 32, 1_965_059), (6, 16, 494_083)]
)
def test_parameters_of_the_paper(blocks, filters, expected):
    network = ResnetGenerator((32, 32, 3), filters=filters, blocks=blocks)
    # Theirs have biases that instance normalization subtracts again: ours have not.
    idle = filters * (1 + 2 + 4 + 4 * 2 * blocks + 2 + 1)
    assert sum(int(np.prod(v.shape)) for v in network.trainable_variables) + idle == expected


@pytest.mark.parametrize("padding", ["reflect", "zero"])
@pytest.mark.parametrize("shape", [(32, 32, 1), (16, 24, 3)])
def test_it_keeps_the_size(shape, padding):
    network = ResnetGenerator(shape, 2, filters=2, blocks=1, padding=padding)
    assert network(np.zeros((3, *shape), "float32")).shape == (3, *shape[:2], 2)


def test_one_picture_is_translated_alike_alone_and_in_a_batch():
    images = np.random.default_rng(0).normal(size=(4, 16, 16, 1)).astype("float32")
    network = ResnetGenerator((16, 16, 1), filters=4, blocks=1)
    together = np.array(network(images))
    np.testing.assert_allclose(np.array(network(images[1:2]))[0], together[1], atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_shape": (18, 18, 1)}, "multiples of 4"),
        ({"image_shape": (16, 16, 1), "padding": "same"}, "`padding` must be one of"),
        ({"image_shape": (16, 16, 1), "blocks": -1}, "`blocks` must be a whole number >= 0"),
    ],
)
def test_what_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        ResnetGenerator(**arguments)
