"""U-Net and PatchGAN: the papers' sizes, what a logit sees, and what cannot be."""

import keras
import numpy as np
import pytest

from keras_gan import _backend
from keras_gan.networks import PatchGAN, UNetGenerator


def trainable(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


# The numbers are those of the authors' PyTorch code, counted from its layers.
@pytest.mark.parametrize(
    ("size", "filters", "expected"),
    [(256, 64, 54_413_955), (128, 64, 41_828_995), (64, 64, 29_244_035), (256, 16, 3_404_451), (64, 16, 1_830_563)],
)
def test_parameters_of_the_papers_unet(size, filters, expected):
    network = UNetGenerator((size, size, 3), filters=filters, max_filters=8 * filters, normalization="batch")
    assert trainable(network) == expected


def test_parameters_of_the_papers_patch_discriminators():
    idle = 128 + 256 + 512  # biases that instance normalization subtracts again: theirs have them, ours have not
    assert trainable(PatchGAN((64, 64, 3))) + idle == 2_764_737
    pair = {"source": (64, 64, 3), "target": (64, 64, 3)}
    assert trainable(PatchGAN(pair, normalization="batch")) == 2_768_705


@pytest.mark.parametrize(("stages", "field"), [(1, 16), (2, 34), (3, 70), (4, 142)])
def test_a_logit_sees_a_patch(stages, field):
    size = field + 2 * 2 ** (stages + 1)
    network = PatchGAN((size, size, 1), filters=1, stages=stages, normalization=None)
    for variable in network.trainable_variables:
        variable.assign(np.abs(np.random.default_rng(0).normal(size=variable.shape)) + 0.1)
    image = keras.ops.ones((1, size, size, 1))
    rows, columns = network.output_shape[1:3]

    def middle(image):
        return network(image)[:, rows // 2, columns // 2]

    touched = np.array(_backend.input_gradients(middle, image))[0, :, :, 0] != 0
    assert touched.any(axis=0).sum() == touched.any(axis=1).sum() == field


@pytest.mark.parametrize("shape", [(32, 32, 1), (32, 64, 3)])
def test_the_generator_keeps_the_size(shape):
    images = np.zeros((3, *shape), "float32")
    assert UNetGenerator(shape, 2, filters=2)(images).shape == (3, *shape[:2], 2)


def test_one_picture_is_translated_alike_alone_and_in_a_batch():
    images = np.random.default_rng(0).normal(size=(4, 16, 16, 1)).astype("float32")
    network = UNetGenerator((16, 16, 1), filters=4)
    together = np.array(network(images))
    np.testing.assert_allclose(np.array(network(images[1:2]))[0], together[1], atol=1e-5)
    np.testing.assert_array_equal(np.array(network(images)), together)


def test_details_pass_the_narrow_middle():
    network = UNetGenerator((16, 16, 1), filters=4, dropout=0.0)
    image = keras.ops.convert_to_tensor(np.random.default_rng(0).normal(size=(1, 16, 16, 1)).astype("float32"))
    gradient = np.array(_backend.input_gradients(lambda x: network(x)[:, 5, 5], image))
    assert np.count_nonzero(gradient) > 100


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: UNetGenerator((15, 16, 1)), "Both sides must be even"),
        (lambda: UNetGenerator((24, 24, 1), depth=4), "`depth` must be from 1 to 3"),
        (lambda: UNetGenerator((16, 16, 1), normalization="layer"), "`normalization` must be one of"),
        (lambda: PatchGAN({"a": (16, 16, 1), "b": (8, 8, 1)}), "pictures of one size"),
        (lambda: PatchGAN((16, 16, 1), stages=0), "`stages` must be a whole number >= 1"),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make()
