import numpy as np
import pytest

from keras_gan.metrics.sliced_wasserstein import SlicedWasserstein, laplacian_pyramid, sliced_wasserstein


def rows(*parts):
    kept = SlicedWasserstein().statistics()
    for part in parts:
        kept.update(part)
    return kept


def pictures(count=12, size=32, channels=3, seed=0):
    random = np.random.default_rng(seed)
    smooth = np.cumsum(random.normal(size=(count, size, size, channels)), axis=1)
    return np.clip(128 + 20 * smooth, 0, 255).astype("uint8")


def units(count, width, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, width))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


# Points.


@pytest.mark.parametrize("order", [1, 2])
def test_one_dimension_of_unequal_sizes_by_hand(order):
    # Quantiles of {0, 3} on halves against {0, 1, 2} on thirds: |0-0|, |0-1| to 1/2, |3-1| to 2/3, |3-2|.
    expected = (1 / 3 * 0 + 1 / 6 * 1 + 1 / 6 * 2**order + 1 / 3 * 1) ** (1 / order)
    for directions in (7, np.array([[-1.0]])):
        found = sliced_wasserstein([[3], [0]], [[2], [0], [1]], directions, order=order)
        assert found == pytest.approx(expected, rel=1e-12)


def test_shift_and_scale_in_closed_form():
    points, shift = np.random.default_rng(1).normal(size=(50, 6)), np.arange(6.0)
    directions = units(40, 6)
    # Each projection moves as a whole; doubled, each value moves by itself.
    found = sliced_wasserstein(points, points + shift, directions)
    assert found**2 == pytest.approx(np.mean((directions @ shift) ** 2), rel=1e-12)
    assert sliced_wasserstein(points, points + shift, directions, order=1) == pytest.approx(
        np.mean(np.abs(directions @ shift)), rel=1e-12
    )
    found = sliced_wasserstein(points, 2 * points, directions)
    assert found**2 == pytest.approx(np.mean((points @ directions.T) ** 2), rel=1e-12)


@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_shifted_gaussians_in_expectation(shift):
    random = np.random.default_rng(2)
    real, fake = random.normal(size=(2000, 64)), random.normal(size=(2000, 64)) + shift
    # The mean of (u, shift)^2 over unit vectors is |shift|^2 / 64; 500 directions leave 6% of noise.
    assert sliced_wasserstein(real, fake, 500) ** 2 == pytest.approx(shift**2, rel=0.2)


def test_directions_are_unit_vectors_all_around():
    # Of (u, e_i)^2 the mean is 1/2 along each axis of two; the seed decides, and nothing else.
    square = sliced_wasserstein([[0.0, 0.0]], [[1.0, 0.0]], 20_000) ** 2
    other = sliced_wasserstein([[0.0, 0.0]], [[0.0, 1.0]], 20_000) ** 2
    assert square + other == pytest.approx(1, rel=1e-12)
    assert square == pytest.approx(0.5, abs=0.01)
    values = [sliced_wasserstein([[0.0, 0.0]], [[1.0, 0.0]], 5, seed=seed) for seed in (1, 1, 2)]
    assert values[0] == values[1] != values[2]


@pytest.mark.parametrize("order", [1, 2])
def test_metamorphic(order):
    random = np.random.default_rng(3)
    real, fake, directions = random.normal(size=(30, 4)), 2 * random.normal(size=(41, 4)), units(50, 4)
    value = sliced_wasserstein(real, fake, directions, order=order)
    same = [
        (random.permutation(real), random.permutation(fake), directions),
        (fake, real, directions),
        (np.repeat(real, 3, axis=0), np.repeat(fake, 2, axis=0), directions),
        (real + 5, fake + 5, directions),
    ]
    turn = np.linalg.qr(random.normal(size=(4, 4)))[0]
    same.append((real @ turn, fake @ turn, directions @ turn))
    for changed in same:
        assert sliced_wasserstein(*changed, order=order) == pytest.approx(value, rel=1e-12)
    assert sliced_wasserstein(real, real, directions, order=order) == 0
    found = sliced_wasserstein(real.astype("float32"), fake.astype("float32"), directions, order=order)
    assert found == pytest.approx(value, rel=1e-6)


def test_wrong_points():
    good = np.ones((5, 3))
    for bad, text in [
        (np.ones((5, 4)), "one width. Received: widths 3 and 4"),
        (np.ones((0, 3)), "must not be empty. Received: 5 and 0 points"),
        (np.full((5, 3), np.nan), "must be finite"),
        (np.ones(5), r"\(count, width\). Received: shape \(5,\)"),
    ]:
        with pytest.raises(ValueError, match=text):
            sliced_wasserstein(good, bad)
    with pytest.raises(ValueError, match=r"`directions` must be a whole number >= 1. Received: directions=0"):
        sliced_wasserstein(good, good, 0)
    with pytest.raises(ValueError, match=r"`order` must be 1 or 2. Received: order=3"):
        sliced_wasserstein(good, good, order=3)


# Images.


@pytest.mark.parametrize(("size", "sizes"), [(64, [64, 32, 16]), (31, [31, 16]), (30, [30]), (8, [8])])
def test_pyramid_sums_up_to_the_images(size, sizes):
    images = np.random.default_rng(4).integers(0, 256, (2, size, size, 1))
    bands = laplacian_pyramid(images)
    assert [band.shape[1] for band in bands] == sizes
    level = bands[-1]
    for band in bands[-2::-1]:
        level = band + slow_enlarge(level, band.shape[1])
    np.testing.assert_allclose(level, images, atol=1e-3)  # float32 of 255


def test_pyramid_of_constant_images():
    for size in (32, 33):
        fine, coarse = laplacian_pyramid(np.full((1, size, size, 1), 200))
        np.testing.assert_allclose(fine, 0, atol=1e-4)
        np.testing.assert_allclose(coarse, 200, rtol=1e-6)


def slow_enlarge(level, size):
    """Burt and Adelson's equation, pixel by pixel: 4 sum_m,n w(m) w(n) level((i - m)/2, (j - n)/2)."""
    weights, images = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16], np.zeros((len(level), size, size, level.shape[-1]))

    def terms(index):
        for weight, source in zip(weights, range(index - 2, index + 3), strict=True):
            source = abs(source) if source < size else 2 * (size - 1) - source
            if source % 2 == 0:
                yield 2 * weight, source // 2

    for i in range(size):
        for j in range(size):
            for a, row in terms(i):
                for b, column in terms(j):
                    images[:, i, j] += a * b * level[:, row, column]
    return images


def test_pyramid_halves_with_the_binomial_filter():
    image = np.zeros((1, 32, 32, 1))
    image[0, 16, 17] = 256
    coarse = laplacian_pyramid(image)[1][0, :, :, 0]
    expected = np.zeros((16, 16))
    expected[7:10, 8:10] = np.outer([1, 6, 1], [4, 4])
    np.testing.assert_allclose(coarse, expected, atol=1e-4)


def test_patches_against_the_definition():
    real, fake = pictures(size=16, channels=2)[..., :2], pictures(9, 16, 2, seed=1)
    real = np.concatenate([real, real[..., :1]], axis=-1)
    fake = np.concatenate([fake, fake[..., :1]], axis=-1)
    metric = SlicedWasserstein(patches=1000, directions=33, seed=5)
    random = np.random.default_rng(5)
    random.choice(100, 100, replace=False)
    vectors = random.standard_normal((33, 147))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    clouds = []
    for images in (real, fake):
        cut = np.array([images[:, y : y + 7, x : x + 7] for y in range(10) for x in range(10)], "float64")
        cut = (cut - cut.mean(axis=(0, 1, 2, 3))) / cut.std(axis=(0, 1, 2, 3))
        clouds.append(cut.reshape(-1, 147))
    expected = sliced_wasserstein(*clouds, vectors, order=1)
    assert metric(real, fake) == pytest.approx(expected, rel=1e-11)


def test_patches_lie_everywhere():
    # Differences in one corner only are seen with all the places, and by chance with few.
    real = pictures(6, 16, 1)
    fake = real.copy()
    fake[:, -1, -1] = 255 - fake[:, -1, -1]
    assert SlicedWasserstein(patches=100, directions=8)(real, fake) > 0


def test_value_is_the_mean_of_the_levels():
    real, fake = rows(pictures()), rows(pictures(seed=1))
    metric = SlicedWasserstein(patches=20, directions=16)
    levels = metric.levels(real, fake)
    assert list(levels) == ["32x32", "16x16"]
    assert metric.value(real, fake)["sliced_wasserstein"] == (np.mean(list(levels.values())), None)
    finer = SlicedWasserstein(patches=20, directions=16, smallest=8)
    assert list(finer.levels(real, fake)) == ["32x32", "16x16", "8x8"]


def test_images_metamorphic():
    real, fake = pictures(), pictures(8, seed=1)
    metric, random = SlicedWasserstein(patches=20, directions=16), np.random.default_rng(6)
    value = metric(real, fake)
    assert value > 0.1
    assert metric(real, real) == 0
    assert metric(fake, real) == pytest.approx(value, rel=1e-10)
    assert metric(random.permutation(real), random.permutation(fake)) == pytest.approx(value, rel=1e-10)
    assert metric(np.repeat(real, 2, axis=0), np.repeat(fake, 3, axis=0)) == pytest.approx(value, rel=1e-10)
    streamed = metric.value(rows(real[:1], real[1:8], real[8:]), rows(fake))["sliced_wasserstein"].value
    assert streamed == value
    # Normalized patches do not tell brightness and contrast.
    assert metric(real, real // 2 + 40) < 0.1 * value


def test_more_blur_is_farther():
    real = np.random.default_rng(7).normal(size=(512, 32, 32, 1))

    def blurred(images, times):
        for _ in range(times):
            images = (images + np.roll(images, 1, 1) + np.roll(images, 1, 2) + np.roll(images, (1, 1), (1, 2))) / 4
        return np.clip(128 + 50 * images / images.std(), 0, 255).astype("uint8")

    metric = SlicedWasserstein(patches=40, directions=64)
    values = [metric(blurred(real[:256], 1), blurred(real[256:], times)) for times in (1, 2, 4)]
    assert values[1] > 1.5 * values[0]
    assert values[2] > 1.5 * values[1]


def test_images_of_one_colour():
    constant = np.full((3, 16, 16, 1), 7, "uint8")
    assert SlicedWasserstein(directions=4)(constant, constant) == 0
    assert np.isfinite(SlicedWasserstein(directions=4)(pictures(3, 16, 1), constant))


def test_wrong_images():
    metric = SlicedWasserstein(directions=4)
    with pytest.raises(ValueError, match=r"one shape. Received: shapes \(32, 32, 3\) and \(16, 16, 3\). Resize"):
        metric(pictures(), pictures(size=16))
    with pytest.raises(ValueError, match=r"at least 7x7 pixels. Received: shape"):
        metric(pictures(size=6), pictures(size=6))
    with pytest.raises(TypeError, match="uint8"):
        metric(pictures() / 255, pictures())
    with pytest.raises(ValueError, match="At least one sample is needed"):
        metric(pictures()[:0], pictures())


def test_arguments():
    metric = SlicedWasserstein(20, 16, 2, 8, 3)
    assert list(SlicedWasserstein.from_config(metric.get_config()).get_config().values()) == [20, 16, 2, 8, 3]
    assert metric(pictures(), pictures(seed=1)) != SlicedWasserstein(20, 16, 1, 8, 3)(pictures(), pictures(seed=1))
    for arguments, text in [
        ({"patches": 0}, "`patches` must be a whole number >= 1. Received: patches=0"),
        ({"directions": 0.5}, "`directions` must be a whole number >= 1. Received: directions=0.5"),
        ({"order": 3}, "`order` must be 1 or 2. Received: order=3"),
        ({"smallest": 6}, "`smallest` must be a whole number >= 7. Received: smallest=6"),
    ]:
        with pytest.raises(ValueError, match=text):
            SlicedWasserstein(**arguments)
