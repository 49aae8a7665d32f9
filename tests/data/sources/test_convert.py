import numpy as np
import pytest

from keras_gan.data.sources.convert import Convert, to_channels


def halves(height, width):
    """Left half black, right half white."""
    image = np.zeros((height, width, 1), "uint8")
    image[:, width // 2 :] = 255
    return image


def test_crop_keeps_the_middle_at_the_scale_of_the_shorter_side():
    image = np.full((8, 24, 1), 200, "uint8")
    image[:, 8:16] = 100
    np.testing.assert_array_equal(Convert((8, 8))(image, "x"), np.full((8, 8, 1), 100))


def test_crop_of_a_tall_image_keeps_the_middle():
    image = np.full((24, 8, 3), 200, "uint8")
    image[8:16] = 100
    np.testing.assert_array_equal(Convert((8, 8))(image, "x"), np.full((8, 8, 3), 100))


def test_pad_keeps_the_whole_image_and_fills_with_black():
    padded = Convert((8, 8), "pad")(np.full((8, 16, 1), 255, "uint8"), "x")[..., 0]
    np.testing.assert_array_equal(padded, np.repeat([0, 255, 0], [2, 4, 2])[:, None] * np.ones((1, 8)))


def test_pad_of_floats_fills_with_minus_one():
    padded = Convert((8, 8), "pad")(np.ones((16, 8, 1), "float32"), "x")[..., 0]
    np.testing.assert_allclose(padded, np.repeat([-1, 1, -1], [2, 4, 2])[None] * np.ones((8, 1)))


def test_stretch_uses_the_whole_image():
    stretched = Convert((4, 4), "stretch")(halves(4, 64), "x")[0, :, 0]
    assert stretched[0] == 0
    assert stretched[-1] == 255


def test_downscaling_averages_instead_of_picking():
    stripes = np.tile(np.array([0, 255], "uint8"), (64, 32))[..., None]
    small = Convert((8, 8))(stripes, "x")
    assert np.abs(small.astype(float) - 127.5).max() < 20


def test_float_resize_matches_uint8_resize():
    image = np.random.default_rng(0).integers(96, 160, (20, 30, 3)).astype("uint8")
    convert = Convert((10, 12))
    floats = convert(image / np.float32(127.5) - 1, "x")
    assert floats.dtype == np.float32
    assert np.abs(floats - (convert(image, "x") / 127.5 - 1)).max() < 2 / 127.5


def test_float_resize_stays_in_range():
    sharp = halves(32, 32).astype("float32") / 127.5 - 1
    resized = Convert((31, 31))(sharp, "x")
    assert resized.min() == -1
    assert resized.max() == 1


@pytest.mark.parametrize(("fit", "shape"), [("crop", (7, 20)), ("pad", (7, 7)), ("stretch", (20, 7))])
def test_enlarging_is_an_error_that_names_the_image(fit, shape):
    with pytest.raises(ValueError, match=rf"cat\.png has {shape[0]}x{shape[1]} pixels.*size=\(8, 8\).*`upscale=True`"):
        Convert((8, 8), fit)(np.zeros((*shape, 1), "uint8"), "cat.png")


def test_pad_enlarges_only_when_both_sides_are_smaller():
    assert Convert((8, 8), "pad")(np.zeros((20, 7, 1), "uint8"), "x").shape == (8, 8, 1)


def test_enlarging_on_request():
    enlarged = Convert((8, 8), upscale=True)(np.full((4, 4, 1), 77, "uint8"), "x")
    np.testing.assert_array_equal(enlarged, np.full((8, 8, 1), 77))


@pytest.mark.parametrize(("colour", "grey"), [((255, 0, 0), 76), ((0, 255, 0), 150), ((0, 0, 255), 29)])
def test_grey_is_rec_601_luma(colour, grey):
    assert to_channels(np.array([[colour]], "uint8"), 1).item() == grey


def test_grey_to_colour_repeats():
    np.testing.assert_array_equal(to_channels(np.array([[[9]]], "uint8"), 3), [[[9, 9, 9]]])


def test_alpha_is_composited_over_white():
    pixels = np.array([[[0, 100, 200, 0], [0, 100, 200, 255], [0, 100, 200, 51]]], "uint8")
    np.testing.assert_array_equal(to_channels(pixels, 3), [[[255] * 3, [0, 100, 200], [204, 224, 244]]])


def test_alpha_of_floats_is_composited_over_white():
    pixels = np.array([[[-1, 0, 1, -1], [-1, 0, 1, 1], [-1, 0, 1, 0]]], "float32")
    np.testing.assert_allclose(to_channels(pixels, 3), [[[1, 1, 1], [-1, 0, 1], [0, 0.5, 1]]])


@pytest.mark.parametrize(("dtype", "opaque"), [("uint8", 255), ("float32", 1)])
def test_new_alpha_is_opaque(dtype, opaque):
    np.testing.assert_array_equal(to_channels(np.array([[[0]]], dtype), 4), [[[0, 0, 0, opaque]]])
