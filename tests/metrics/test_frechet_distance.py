import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_gan.metrics.frechet_distance import FrechetDistance, frechet_distance
from keras_gan.metrics.statistics import Moments


def moments(*parts):
    kept = Moments()
    for part in parts:
        kept.update(part)
    return kept


def small_sets():
    random = np.random.RandomState(0)
    return random.randn(64, 8), 1.2 * random.randn(48, 8) + 0.3


def exact_sample(covariance, mean=0.0, count=400):
    """Points whose sample mean and covariance (over n - 1) are the given ones."""
    width = len(covariance)
    points = np.random.default_rng(width).normal(size=(count, width))
    points = np.linalg.qr(points - points.mean(axis=0))[0] * np.sqrt(count - 1)
    return points @ np.linalg.cholesky(covariance).T + mean


def rotation(width, seed=5):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(width, width)))[0]


def test_known_values():
    real, fake = small_sets()
    assert FrechetDistance()(real, fake) == pytest.approx(1.4638545978373045, rel=1e-12)
    assert FrechetDistance(ddof=0)(real, fake) == pytest.approx(1.4414747128406376, rel=1e-12)


def test_values_of_512_and_of_fewer_samples_than_features():
    random = np.random.RandomState(0)
    real, fake = (random.randn(512, 256).astype("float32") for _ in range(2))
    metric, kept = FrechetDistance(), (moments(real), moments(fake))
    # The published tests allow 1e-4; these digits were computed once in float64.
    assert metric.value(*kept)["frechet_distance"].value == pytest.approx(65.7427236504, rel=1e-11)
    traces = sum(np.trace(part.covariance()) for part in kept)
    assert (traces - metric.components(*kept)["covariance"]) / 2 == pytest.approx(222.84650068, rel=1e-10)
    random = np.random.RandomState(0)
    real, fake = (random.randn(256, 2048).astype("float32") for _ in range(2))
    assert np.sum((moments(real).mean - moments(fake).mean) ** 2) == pytest.approx(14.9910640546, rel=1e-11)
    assert frechet_distance(real, fake) == pytest.approx(2898.38566368, rel=1e-11)


def test_divisor_by_hand():
    real, fake = np.ones((100, 2)), 9 * np.ones((100, 2))
    real[:50, 0], fake[50:, 0] = 2, 2
    # means (1.5, 1) and (5.5, 9), distance 80; variances 0.25 and 12.25 along the first axis, times 100/99.
    assert FrechetDistance()(real, fake) == pytest.approx(80 + 9 * 100 / 99, rel=1e-12)
    assert FrechetDistance(ddof=0)(real, fake) == pytest.approx(89.0, rel=1e-12)


def test_unit_covariances_a_unit_apart():
    points = exact_sample(np.eye(32))
    assert FrechetDistance()(points, points + 1.0) == pytest.approx(32, rel=1e-12)


def test_commuting_covariances_in_closed_form():
    random = np.random.default_rng(1)
    a, b, shift = random.uniform(0.1, 3, 6), random.uniform(0.1, 3, 6), random.normal(size=6)
    axes = rotation(6)
    real, fake = exact_sample(axes * a @ axes.T), exact_sample(axes * b @ axes.T, shift)
    expected = {"mean": shift @ shift, "covariance": np.sum((np.sqrt(a) - np.sqrt(b)) ** 2)}
    found = FrechetDistance().components(moments(real), moments(fake))
    assert found == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("block", [1, 5, 8, 100])
def test_triangles_in_blocks(monkeypatch, block):
    monkeypatch.setattr(sys.modules[FrechetDistance.__module__], "BLOCK", block)
    assert FrechetDistance()(*small_sets()) == pytest.approx(1.4638545978373045, rel=1e-12)


def test_one_dimension():
    real, fake = exact_sample(np.eye(1) * 4, 1.0), exact_sample(np.eye(1) * 0.25, -2.0)
    assert frechet_distance(real, fake) == pytest.approx(9 + (2 - 0.5) ** 2, rel=1e-12)


def test_metamorphic():
    real, fake = small_sets()
    value, metric, random = FrechetDistance()(real, fake), FrechetDistance(), np.random.default_rng(2)
    # 1e-12: each rewrites the sums in another order.
    assert metric(random.permutation(real), random.permutation(fake)) == pytest.approx(value, rel=1e-12)
    assert metric(fake, real) == pytest.approx(value, rel=1e-12)
    turn = rotation(8)
    assert metric(real @ turn, fake @ turn) == pytest.approx(value, rel=1e-12)
    assert metric(3 * real + 7, 3 * fake + 7) == pytest.approx(9 * value, rel=1e-12)
    twice = FrechetDistance(ddof=0)(np.repeat(real, 2, axis=0), fake)
    assert twice == pytest.approx(FrechetDistance(ddof=0)(real, fake), rel=1e-12)
    assert metric(real.astype("float32"), fake.astype("float32")) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize("count", [5, 64, 300])
def test_a_set_is_at_distance_0_from_itself(count):
    for seed in range(10):  # rounding goes either way
        features = np.random.default_rng(seed).normal(size=(count, 64))
        # 64 is the trace of the covariance.
        assert 0 <= FrechetDistance()(features, features) < 1e-12 * 64
        assert 0 <= frechet_distance(features, features) < 1e-12 * 64


@pytest.mark.parametrize(("real_count", "fake_count"), [(30, 40), (40, 30), (2, 60), (64, 64)])
def test_fewer_samples_than_features_are_exact(real_count, fake_count):
    random = np.random.default_rng(4)
    real, fake = random.normal(size=(real_count, 100)), 1.5 * random.normal(size=(fake_count, 100)) + 0.2
    for ddof in (0, 1):
        found = FrechetDistance(ddof)(real, fake)
        assert found == pytest.approx(frechet_distance(real, fake, ddof), rel=1e-11)


def test_fewer_fakes_than_features():
    random = np.random.default_rng(4)
    real, fake = random.normal(size=(500, 50)), random.normal(size=(20, 50)) + 0.2
    values, vectors = np.linalg.eigh(np.cov(real, rowvar=False))
    root = vectors * np.sqrt(values) @ vectors.T
    centred = (fake - fake.mean(axis=0)) / np.sqrt(19)
    expected = np.sum((real.mean(axis=0) - fake.mean(axis=0)) ** 2) + np.trace(root @ root) + np.sum(centred**2)
    expected -= 2 * np.linalg.svd(centred @ root, compute_uv=False).sum()
    for swapped in (False, True):
        sets = (fake, real) if swapped else (real, fake)
        assert FrechetDistance()(*sets) == pytest.approx(expected, rel=1e-11)
        assert frechet_distance(*sets) == pytest.approx(expected, rel=1e-11)


def test_collapsed_features():
    random = np.random.default_rng(6)
    real, fake = random.normal(size=(200, 6)), 2 * random.normal(size=(150, 6))
    value = FrechetDistance()(real, fake)
    dead = [np.concatenate([features, np.full((len(features), 3), 0.5)], axis=1) for features in (real, fake)]
    assert FrechetDistance()(*dead) == pytest.approx(value, rel=1e-12)
    # Singular up to rounding only, 1e-16; its roots, 1e-8 each, must not count.
    doubled = [np.concatenate([features, features], axis=1) for features in (real, fake)]
    assert FrechetDistance()(*doubled) == pytest.approx(2 * value, rel=1e-12)
    plane = np.linalg.qr(random.normal(size=(100, 6)))[0].T
    assert FrechetDistance()(real @ plane, fake @ plane) == pytest.approx(value, rel=1e-12)
    one_image = np.tile(fake[:1], (100, 1))
    expected = np.sum((real.mean(axis=0) - fake[0]) ** 2) + np.trace(np.cov(real, rowvar=False))
    assert FrechetDistance()(real, one_image) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_one_feature_that_follows_from_the_others(seed):
    # Rounding often leaves this covariance a Cholesky factor, with a last pivot of 1e-8 that means nothing; of two
    # such factors' product it is 1e-16, but its eigenvalue drowns in the larger ones' rounding: 1e-11 at most.
    random = np.random.default_rng(seed)
    real, fake = random.normal(size=(200, 6)), 2 * random.normal(size=(150, 6))
    summing = np.concatenate([np.eye(6), np.ones((6, 1))], axis=1)
    equivalent = np.linalg.qr(summing.T)[1].T
    expected = FrechetDistance()(real @ equivalent, fake @ equivalent)
    assert FrechetDistance()(real @ summing, fake @ summing) == pytest.approx(expected, rel=1e-10)


def test_eigenvalues_that_rounding_makes_negative():
    random = np.random.RandomState(1)
    real, fake = random.randn(4, 4), random.randn(4, 4)
    expected = np.sum((real.mean(axis=0) - fake.mean(axis=0)) ** 2)
    root = np.linalg.svd((real - real.mean(axis=0)) @ (fake - fake.mean(axis=0)).T / 3, compute_uv=False).sum()
    expected += np.trace(np.cov(real, rowvar=False) + np.cov(fake, rowvar=False)) - 2 * root
    assert FrechetDistance()(real, fake) == pytest.approx(expected, rel=1e-11)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 60), max_size=8), st.integers(0, 60), st.booleans())
def test_streaming_and_merging_equal_one_batch(cuts, parting, reversed_parts):
    random = np.random.RandomState(7)
    real, fake = (random.randn(60, 5) * [0.1, 1, 10, 1, 0.1] + 1e3 for _ in range(2))
    parts = np.split(fake, sorted(cuts))
    here, there = moments(*parts[::2]), moments(*parts[1::2])
    if reversed_parts:
        here, there = there, here
    here.merge(there)
    whole = FrechetDistance().value(moments(real), moments(fake))["frechet_distance"].value
    parted = moments(real[:parting])
    parted.merge(moments(real[parting:]))
    assert FrechetDistance().value(parted, here)["frechet_distance"].value == pytest.approx(whole, rel=1e-10)


@pytest.mark.parametrize("size", [1, 7, 64])
def test_batch_size_does_not_matter(size):
    real, fake = small_sets()
    parts = [fake[start : start + size] for start in range(0, len(fake), size)]
    found = FrechetDistance().value(moments(real), moments(*parts))["frechet_distance"].value
    assert found == pytest.approx(1.4638545978373045, rel=1e-12)


def test_floor_in_closed_form_for_unit_covariance():
    real = moments(exact_sample(np.eye(10), count=100))
    expected = (1 / 100 + 1 / 50) * (10 + 10 * 11 / 4)
    assert FrechetDistance().floor(real, 50) == pytest.approx({"frechet_distance": expected}, rel=1e-10)


def test_floor_against_samples():
    random, deviations = np.random.default_rng(8), np.sqrt(np.geomspace(1, 0.01, 16))
    draws, floors = [], []
    for _ in range(300):
        real, fake = (random.normal(size=(count, 16)) * deviations for count in (2000, 1000))
        draws.append(FrechetDistance()(real, fake))
        floors.append(FrechetDistance().floor(moments(real), 1000)["frechet_distance"])
    # 300 draws leave 0.8% standard error; the formula promises 3% with so many samples a feature.
    assert np.mean(floors) == pytest.approx(np.mean(draws), rel=0.03)
    assert np.std(floors) < 0.05 * np.mean(floors)


def test_floor_of_constant_features_is_0():
    assert FrechetDistance().floor(moments(np.ones((5, 3))), 5) == {"frechet_distance": 0.0}


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite(bad):
    features = np.ones((5, 3))
    features[2, 1] = bad
    for call in (FrechetDistance(), frechet_distance):
        with pytest.raises(ValueError, match=r"must be finite.*1 of 5 samples, the first at 2"):
            call(np.ones((5, 3)), features)


@pytest.mark.parametrize("counts", [(1, 5), (5, 1), (5, 0), (0, 5)])
def test_too_few(counts):
    for call in (FrechetDistance(), FrechetDistance(ddof=0), frechet_distance):
        with pytest.raises(ValueError, match=f"at least 2 reals and 2 fakes. Received: {counts[0]} and {counts[1]}"):
            call(np.ones((counts[0], 3)), np.ones((counts[1], 3)))


def test_wrong_shapes():
    for call in (FrechetDistance(), frechet_distance):
        with pytest.raises(ValueError, match=r"one width. Received: widths 3 and 4"):
            call(np.ones((5, 3)), np.ones((5, 4)))
        with pytest.raises(ValueError, match=r"\(count, width\). Received: shape \(5, 3, 1\)"):
            call(np.ones((5, 3, 1)), np.ones((5, 3)))


def test_arguments():
    assert FrechetDistance.from_config(FrechetDistance(ddof=0).get_config()).ddof == 0
    with pytest.raises(ValueError, match=r"`ddof` must be 0 or 1. Received: ddof=2"):
        FrechetDistance(ddof=2)
