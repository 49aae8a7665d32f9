import math

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_gan.features.resize import clean_resize, legacy_resize

SIZES = [(28, 28), (32, 32), (64, 48), (75, 75), (299, 299), (400, 400), (1, 3), (512, 301)]


def noise(height, width, channels=3, count=2):
    random = np.random.default_rng(height * width)
    return random.integers(0, 256, (count, height, width, channels), dtype="uint8")


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_legacy_is_bit_exact_to_tensorflow_1(height, width):
    images = noise(height, width)
    expected = tf.raw_ops.ResizeBilinear(
        images=images.astype("float32"), size=(299, 299), align_corners=False, half_pixel_centers=False
    )
    np.testing.assert_array_equal(np.array(legacy_resize(images, (299, 299))), expected)


def test_legacy_by_hand():
    # 2 -> 4: positions 0, 0.5, 1, 1.5, where 1.5 lies between the last pixel and itself.
    image = np.array([[0, 100], [40, 200]], "uint8").reshape(1, 2, 2, 1)
    expected = [[0, 50, 100, 100], [20, 85, 150, 150], [40, 120, 200, 200], [40, 120, 200, 200]]
    np.testing.assert_array_equal(np.array(legacy_resize(image, (4, 4)))[0, :, :, 0], expected)


def test_legacy_keeps_an_image_of_the_same_size():
    images = noise(7, 9)
    np.testing.assert_array_equal(np.array(legacy_resize(images, (7, 9))), images)


def bicubic(images, size):
    """Antialiased bicubic (a = -0.5) in float64: the kernel widens with the reduction; weights at pixel centres."""
    for axis, length in ((2, size[1]), (1, size[0])):
        before = images.shape[axis]
        scale = before / length
        width = max(scale, 1.0)
        weights = np.zeros((length, before))
        for i in range(length):
            centre = (i + 0.5) * scale
            first, last = max(int(centre - 2 * width + 0.5), 0), min(int(centre + 2 * width + 0.5), before)
            for j in range(first, last):
                weights[i, j] = _keys((j + 0.5 - centre) / width)
        images = np.moveaxis(np.tensordot(weights / weights.sum(1, keepdims=True), images, (1, axis)), 0, axis)
    return images


def _keys(x, a=-0.5):
    x = math.fabs(x)
    if x < 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return (((x - 5) * x + 8) * x - 4) * a if x < 2 else 0.0


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 48), (512, 301)])
def test_clean_against_a_slow_bicubic(height, width):
    images = noise(height, width, count=1)
    expected = np.clip(bicubic(images.astype("float64"), (299, 299)), 0, 255)
    # Pillow rounds to float32 after each of its two passes: some 1e-7 of 255.
    np.testing.assert_allclose(clean_resize(images, (299, 299)), expected, atol=1e-4)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_clean_is_pillow_on_float_channels(height, width):
    images = noise(height, width)
    result = clean_resize(images, (299, 299))
    assert result.dtype == np.float32
    for image, resized in zip(images, result, strict=True):
        for channel in range(3):
            plane = Image.fromarray(image[:, :, channel].astype(np.float32), mode="F")
            expected = np.asarray(plane.resize((299, 299), resample=Image.Resampling.BICUBIC)).clip(0, 255)
            np.testing.assert_array_equal(resized[:, :, channel], expected)


def test_clean_is_neither_rounded_nor_outside_the_range():
    checks = (255 * (np.indices((32, 32)).sum(0) % 2)).astype("uint8")[None, :, :, None]
    result = clean_resize(checks, (299, 299))
    assert result.min() == 0
    assert result.max() == 255
    assert np.mean(result != np.round(result)) > 0.5


def test_size_is_height_then_width():
    for resize in (legacy_resize, clean_resize):
        assert tuple(resize(noise(4, 6), (10, 20)).shape) == (2, 10, 20, 3)
