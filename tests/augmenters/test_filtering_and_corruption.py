import keras
import numpy as np
import pytest
from scipy import stats

from keras_gan.augmenters import corruption, filtering, wavelets
from keras_gan.augmenters.chance import Chance

POWER = np.array([10, 1, 1, 1]) / 13


def chance(count=4000, probability=1.0):
    return Chance(count, keras.random.SeedGenerator(9), probability)


def slow_amplify(image, gains):
    taps = np.asarray(gains, "float64") @ wavelets.band_filters()
    padded = np.pad(image.astype("float64"), ((21, 21), (21, 21), (0, 0)), mode="reflect")
    for axis in (0, 1):
        padded = np.apply_along_axis(lambda v: np.convolve(v, taps, mode="valid"), axis, padded)
    return padded


@pytest.mark.parametrize(("height", "width", "channels"), [(10, 10, 3), (7, 24, 1)])
def test_amplify_against_convolutions(make_images, height, width, channels):
    images = make_images(3, height, width, channels)
    gains = np.array([[0.7, 2.0, 0.3, 1.5], [1, 1, 1, 1], [1.1, 0.2, 3.0, 0.9]], "float32")
    filtered = np.asarray(filtering.amplify(images, {"gains": gains}))
    assert (filtered[1] == images[1]).all()
    for index in (0, 2):
        np.testing.assert_allclose(filtered[index], slow_amplify(images[index], gains[index]), atol=5e-6)


def test_a_gain_changes_its_octave():
    wave = np.cos(np.pi * 3 / 8 * np.arange(64))  # in the middle of the third band
    images = np.broadcast_to(wave[None, None, :, None], (4, 8, 64, 1)).astype("float32")
    filtered = np.asarray(filtering.amplify(images, {"gains": 1 - np.eye(4, dtype="float32")}))[:, 4, 21:43, 0]
    remaining = filtered @ wave[21:43] / (wave[21:43] @ wave[21:43])
    response = wavelets.band_filters() @ np.cos(np.pi * 3 / 8 * np.arange(-21, 22))
    # Along the height the images are constant: without the lowest band nothing is left.
    np.testing.assert_allclose(remaining, (1 - response) * [0, 1, 1, 1], atol=1e-5)
    assert remaining[2] < 0.3


def test_gains_keep_the_expected_power_and_follow_the_paper():
    random = chance(3)
    normals = [np.asarray(column) for column in random._normals]
    gains = np.ones((3, 4))
    for band in range(4):
        factor = np.ones((3, 4))
        factor[:, band] = 2.0 ** normals[band]
        gains *= factor / np.sqrt(factor**2 @ POWER)[:, None]
    np.testing.assert_allclose(filtering.draw(chance(3))["gains"], gains, rtol=1e-5)


def test_share_of_filtered_images_and_their_identity():
    gains = np.asarray(filtering.draw(chance(probability=0.2))["gains"])
    untouched = int((gains == 1).all(axis=1).sum())
    assert stats.binomtest(untouched, 4000, 0.8**4).pvalue > 1e-4
    assert (np.asarray(filtering.draw(chance(probability=0.0))["gains"]) == 1).all()


def test_noise_is_white_with_a_half_normal_deviation():
    noise = np.asarray(corruption.draw_noise(chance(2000), 16, 16, 3)["noise"], "float64")
    assert noise.shape == (2000, 16, 16, 3)
    deviations = noise.std(axis=(1, 2, 3))  # known to 1 / sqrt(2 * 768), 2.6%
    assert stats.kstest(deviations, stats.halfnorm(0, 0.1).cdf).pvalue > 1e-4
    unit = noise / deviations[:, None, None, None]
    assert stats.kstest(unit.ravel()[::50], stats.norm.cdf).pvalue > 1e-4
    neighbours = np.mean(unit[:, 1:] * unit[:, :-1]), np.mean(unit[..., 1:] * unit[..., :-1])
    assert np.abs(neighbours).max() < 5 / np.sqrt(unit.size * 2 / 3)


def test_noise_leaves_alpha_and_images_that_are_not_chosen(make_images):
    images = make_images(200, 4, 4, 4)
    noisy = np.asarray(corruption.add_noise(images, corruption.draw_noise(chance(200, 0.4), 4, 4, 4)))
    assert (noisy[..., 3] == images[..., 3]).all()
    changed = (noisy != images).any(axis=(1, 2, 3))
    assert stats.binomtest(int(changed.sum()), 200, 0.4).pvalue > 1e-4
    assert (noisy[changed][..., :3] != images[changed][..., :3]).mean() > 0.9


def test_cutout_is_the_papers_rectangle(make_images):
    images, count = make_images(50, 12, 20), 50
    random = chance(count)
    columns = [np.asarray(column) for column, _ in zip(random._uniforms, range(2), strict=False)]
    cut = np.asarray(corruption.cut(images, corruption.draw_cutout(chance(count), 12, 20)))
    for index, (y, x) in enumerate(zip(*columns, strict=True)):
        expected = images[index].copy()
        top, bottom = (max(0, round(float((y + edge) * 12))) for edge in (-0.25, 0.25))
        left, right = (max(0, round(float((x + edge) * 20))) for edge in (-0.25, 0.25))
        expected[top:bottom, left:right] = 0
        assert (cut[index] == expected).all()


def test_cutout_area_and_share():
    ones = np.ones((4000, 16, 16, 1), "float32")
    cut = 1 - np.asarray(corruption.cut(ones, corruption.draw_cutout(chance(probability=0.3), 16, 16)))
    area = cut.sum(axis=(1, 2, 3))
    assert stats.binomtest(int((area > 0).sum()), 4000, 0.3).pvalue > 1e-4
    assert area.max() == 64
    assert area[area > 0].min() >= 16  # a centre in the corner
    # A quarter of the area on average, less what lies outside: (1 - 1/8)^2 of 64 pixels.
    np.testing.assert_allclose(area[area > 0].mean(), 64 * (7 / 8) ** 2, rtol=0.03)
