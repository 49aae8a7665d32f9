import numpy as np
import pytest

from keras_gan.metrics.perceptual_path_length import (
    FeatureDistance,
    PerceptualPathLength,
    linear,
    spherical,
    spherical_unit,
)


def squared(a, b):
    return np.square(a - b).sum(axis=1)


def latents(count=50, width=6, seed=0):
    return np.random.default_rng(seed).normal(size=(2, count, width))


def measure(metric, generate, start, end, distance=squared):
    kept = metric.statistics()
    kept.update(metric.lengths(generate, start, end, distance))
    (result,) = metric.value(None, kept).items()
    return result


@pytest.mark.parametrize("position", ["end", "full"])
def test_linear_generator_in_closed_form(position):
    start, end = latents()
    weights = np.random.default_rng(1).normal(size=(6, 20))
    metric = PerceptualPathLength(position=position, discard=0)
    name, estimate = measure(metric, lambda z: z @ weights, start, end)
    assert name == "path_length"
    # |(b - a) W|^2 wherever on the line. Images differ by 1e-4, so that 12 of float64's 16 digits are left.
    np.testing.assert_allclose(estimate.value, squared(start @ weights, end @ weights).mean(), rtol=1e-10)


def test_quadratic_generator_sees_the_position():
    start, end = latents()
    t = np.random.default_rng(5).random(50)
    slope = 2 * (start + t[:, None] * (end - start)) * (end - start)  # of z^2 along the line
    metric = PerceptualPathLength(position="full", discard=0, seed=5)
    value = measure(metric, np.square, start, end)[1].value
    np.testing.assert_allclose(value, np.square(slope).sum(axis=1).mean(), rtol=1e-3)  # a step of 1e-4 is not 0
    at_end = measure(PerceptualPathLength(discard=0), np.square, start, end)[1].value
    np.testing.assert_allclose(at_end, np.square(2 * start * (end - start)).sum(axis=1).mean(), rtol=1e-3)


def test_great_circle_has_the_angle_for_a_length():
    start, end = latents()
    unit = [z / np.linalg.norm(z, axis=1, keepdims=True) for z in (start, end)]
    angle = np.arccos((unit[0] * unit[1]).sum(axis=1))
    for position in ("end", "full"):
        metric = PerceptualPathLength(interpolation="spherical_unit", position=position, discard=0)
        value = measure(metric, lambda z: z, start, end)[1].value
        # The chord of an arc of 1e-4 w: w^2 (1 - (1e-4 w)^2 / 12).
        np.testing.assert_allclose(value, (angle**2).mean(), rtol=1e-8)


def test_interpolations():
    a, b = latents(count=7)
    zero, one, half = np.zeros(7), np.ones(7), np.full(7, 0.5)
    for between in (linear, spherical):
        np.testing.assert_allclose(between(a, b, zero), a, atol=1e-14)
        np.testing.assert_allclose(between(a, b, one), b, atol=1e-14)
    np.testing.assert_allclose(linear(a, b, half), (a + b) / 2, atol=1e-14)
    np.testing.assert_allclose(spherical(np.array([[2.0, 0.0]]), np.array([[0.0, 2.0]]), half[:1]), [[2**0.5] * 2])
    t = np.random.default_rng(0).random(7)
    np.testing.assert_allclose(np.linalg.norm(spherical_unit(a, b, t), axis=1), 1, rtol=1e-14)
    # With u = a/|a|, v the part of b across it, scaled to length 1: u cos(t w) + v sin(t w).
    u, w = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    cosine = (u * w).sum(axis=1, keepdims=True)
    v = w - cosine * u
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    angle = t[:, None] * np.arccos(cosine)
    np.testing.assert_allclose(spherical_unit(a, b, t), u * np.cos(angle) + v * np.sin(angle), atol=1e-14)


@pytest.mark.parametrize("between", [linear, spherical, spherical_unit])
def test_interpolation_keeps_shapes_and_parallel_latents(between):
    a, b = latents(count=4, width=12)
    t = np.linspace(0, 1, 4)
    np.testing.assert_array_equal(between(a.reshape(4, 3, 4), b.reshape(4, 3, 4), t).reshape(4, 12), between(a, b, t))
    assert np.isfinite(between(a, a, t)).all()
    if between is not spherical_unit:
        np.testing.assert_allclose(between(a, a, t), a, rtol=1e-12)
        np.testing.assert_allclose(between(a, 3 * a, t), a * (1 + 2 * t[:, None]), rtol=1e-6)


def test_extremes_are_left_out_by_percentile():
    lengths = np.arange(1000.0) ** 2
    metric = PerceptualPathLength()
    kept = metric.statistics()
    kept.update(np.random.default_rng(0).permutation(lengths))
    # Percentile 1 is at 9.99, 99 at 989.01: entries 9 and 990 are the next lower and higher.
    np.testing.assert_allclose(metric.value(None, kept)["path_length"].value, lengths[9:991].mean(), rtol=1e-14)


def test_latents_reach_the_generator_in_their_dtype_and_in_batches():
    seen = []
    start, end = latents(count=5)

    def generate(z):
        seen.append((z.dtype, len(z)))
        return z

    metric = PerceptualPathLength()
    in_parts = metric.lengths(generate, start, end, squared, batch_size=2)
    np.testing.assert_allclose(in_parts, metric.lengths(generate, start, end, squared), rtol=1e-12)
    assert seen == [("float64", 2)] * 4 + [("float64", 1)] * 2 + [("float64", 5)] * 2
    metric.lengths(generate, start.astype("float32"), end.astype("float32"), squared)
    assert seen[-1] == ("float32", 5)


def test_feature_distance():
    distance = FeatureDistance(lambda images: 7 * images)
    a, b = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 0.0]]), np.array([[-3.0, 0.0], [5.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(distance(a, b), [4, 0, 1], atol=1e-15)
    places = np.stack([a[:2], b[:2]], axis=1)  # (2 images, 2 places, 2 channels)
    np.testing.assert_allclose(distance(places, places[:, ::-1]), [4, 0], atol=1e-15)
    mixed = np.stack([a, a[[1, 0, 2]]], axis=1)
    np.testing.assert_allclose(distance(mixed, np.stack([b, b[[1, 0, 2]]], axis=1)), [2, 2, 1], atol=1e-15)


def test_only_lpips_has_the_published_name():
    assert list(PerceptualPathLength().results) == ["path_length"]
    assert list(PerceptualPathLength(distance="mine").results) == ["path_length"]
    metric = PerceptualPathLength(distance="lpips_vgg16")
    assert measure(metric, lambda z: z, *latents())[0] == "perceptual_path_length"
    assert metric.protocol()["distance"] == "lpips_vgg16"


def test_config_and_errors():
    config = PerceptualPathLength("d", 1e-3, "spherical", "full", 2.0, 9).get_config()
    assert PerceptualPathLength.from_config(config).get_config() == config
    assert list(config.values()) == ["d", 1e-3, "spherical", "full", 2.0, 9]
    for arguments, message in (
        ({"epsilon": 0}, r"`epsilon` must be above 0\. Received: epsilon=0"),
        ({"interpolation": "slerp"}, r"`interpolation` must be one of 'linear', .*Received: interpolation='slerp'"),
        ({"position": "middle"}, r'`position` must be "end" or "full"\. Received: position=\'middle\''),
        ({"discard": 50}, r"`discard` must lie in \[0, 50\) per cent\. Received: discard=50"),
    ):
        with pytest.raises(ValueError, match=message):
            PerceptualPathLength(**arguments)
    metric, (start, end) = PerceptualPathLength(), latents(count=4)
    with pytest.raises(
        ValueError, match=r"float latents of one shape\. Received: float64 \(4, 6\) and float64 \(3, 6\)"
    ):
        metric.lengths(lambda z: z, start, end[:3], squared)
    with pytest.raises(ValueError, match=r"float latents of one shape\. Received: int64"):
        metric.lengths(lambda z: z, start.astype("int64"), end.astype("int64"), squared)
    with pytest.raises(TypeError, match=r"must return float images\. Received: dtype uint8"):
        metric.lengths(lambda z: z.astype("uint8"), start, end, squared)
    with pytest.raises(ValueError, match=r"one number per pair, \(4,\)\. Received: shape \(4, 6\)"):
        metric.lengths(lambda z: z, start, end, np.subtract)
    with pytest.raises(ValueError, match="must be finite"):
        measure(metric, lambda z: z * np.nan, start, end)
    with pytest.raises(ValueError, match="At least one sample is needed"):
        metric.value(None, metric.statistics())
