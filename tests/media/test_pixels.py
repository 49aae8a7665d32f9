import numpy as np
import pytest

from keras_gan.media.pixels import check_shape, to_labels, to_pixels


def test_integers_are_bytes():
    pixels = to_pixels(np.array([0, 7, 255], "int64"))
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, [0, 7, 255])


def test_floats_from_minus_one_pass_unchanged():
    pixels = to_pixels(np.array([-1, 0.25, 1]))
    assert pixels.dtype == np.float32
    np.testing.assert_array_equal(pixels, np.array([-1, 0.25, 1], "float32"))


def test_value_range_maps_to_minus_one_to_one():
    np.testing.assert_allclose(to_pixels(np.array([0.0, 0.5, 1.0]), (0, 1)), [-1, 0, 1])


def test_value_range_of_wide_integers():
    np.testing.assert_allclose(to_pixels(np.array([0, 65535], "uint16"), (0, 65535)), [-1, 1])


def test_rounding_beyond_the_range_is_clipped():
    assert to_pixels(np.array([-1, np.nextafter(np.float32(1), np.float32(2))], "float32")).max() == 1


@pytest.mark.parametrize("values", [[-1, 5], [0, 256]])
def test_integers_out_of_range(values):
    message = rf"read as \[0, 255\]\. Received: the images from {values[0]} to {values[1]}\..*value_range=\(0, 65535\)"
    with pytest.raises(ValueError, match=message):
        to_pixels(np.array(values))


def test_floats_out_of_range():
    with pytest.raises(ValueError, match=r"read as \[-1, 1\]\. Received: the images from 0 to 255\..*=\(0, 255\)"):
        to_pixels(np.array([0.0, 255.0]))


def test_floats_that_may_mean_two_things():
    with pytest.raises(ValueError, match=r"may mean \[0, 1\] or \[-1, 1\].*Use `value_range=\(0, 1\)` or"):
        to_pixels(np.array([0.0, 0.7]))


def test_floats_that_may_mean_two_things_once_stated():
    np.testing.assert_array_equal(to_pixels(np.array([0.0, 0.5]), (-1, 1)), [0.0, 0.5])


def test_outside_of_the_stated_range():
    with pytest.raises(ValueError, match=r"value_range=\(0, 1\), the images from 0 to 1\.5"):
        to_pixels(np.array([0.0, 1.5]), (0, 1))


def test_nan_and_infinity_are_counted_and_located():
    images = np.zeros((3, 2, 2, 1))
    images[1, 0, 1, 0], images[2] = np.nan, np.inf
    with pytest.raises(ValueError, match=r"with 5 NaN or infinite values, the first at index \(1, 0, 1, 0\)"):
        to_pixels(images)


@pytest.mark.parametrize("dtype", ["bool", "complex64", "<U1"])
def test_other_dtypes(dtype):
    with pytest.raises(TypeError, match=r"must be integers or floats. Received: the images with dtype="):
        to_pixels(np.zeros(2).astype(dtype))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 4), r"\(count, height, width\) or .* Received: the images with shape=\(4, 4\)"),
        ((0, 4, 4, 1), "At least one image"),
        ((4, 0, 4, 1), "at least one pixel"),
        ((4, 3, 8, 8), r"1, 3 or 4 channels, last.*shape=\(4, 3, 8, 8\).*numpy\.moveaxis"),
    ],
)
def test_wrong_shapes(shape, message):
    with pytest.raises(ValueError, match=message):
        check_shape(shape)


def test_labels_become_int32():
    labels = to_labels(np.array([[3], [1]], "uint8"), 2)
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, [3, 1])


def test_labels_of_the_wrong_length():
    with pytest.raises(ValueError, match=r"one label for each of 3 images. Received: labels\.shape=\(2,\)"):
        to_labels([0, 1], 3)


def test_float_labels():
    with pytest.raises(TypeError, match=r"Labels must be integers.*dtype=float64"):
        to_labels([0.0, 1.0], 2)
