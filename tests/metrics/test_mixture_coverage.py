import numpy as np
import pytest

from keras_gan.metrics.mixture_coverage import MixtureCoverage, grid, ring

CEILING = 1 - np.exp(-4.5)


def measure(mixture, *parts):
    metric = MixtureCoverage(*mixture)
    points = metric.statistics()
    for part in parts:
        points.update(np.asarray(part))
    return {name: estimate.value for name, estimate in metric.value(None, points).items()}


def test_presets():
    angles = np.arange(8) * np.pi / 4
    np.testing.assert_allclose(ring(8).centers, np.stack([np.cos(angles), np.sin(angles)], axis=1), atol=1e-15)
    assert ring(8).deviation == 0.01
    assert sorted(map(tuple, grid(25).centers)) == [(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)]
    assert grid(25).deviation == 0.05
    with pytest.raises(ValueError, match=r"`modes` must be a square number. Received: modes=24"):
        grid(24)


@pytest.mark.parametrize("mixture", [ring(8), grid(25)])
def test_perfect_sampler(mixture):
    points = mixture.sample(100_000, seed=1)
    found = measure(mixture, points)
    assert found["modes"] == len(mixture.centers)
    # Four standard errors of a share of 100,000 points, of a deviation from 200,000 coordinates.
    assert found["high_quality"] == pytest.approx(CEILING, abs=4 * np.sqrt(CEILING * (1 - CEILING) / 1e5))
    assert found["spread"] == pytest.approx(1, abs=4 / np.sqrt(4e5))
    assert MixtureCoverage(*mixture).floor(None, 2500) == pytest.approx(
        {"modes": len(mixture.centers), "high_quality": 0.98889100, "spread": 1}, rel=1e-8
    )
    np.testing.assert_array_equal(points, mixture.sample(100_000, seed=1))
    assert not np.array_equal(points[:10], mixture.sample(10, seed=2))


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5])
def test_ceiling_and_spread_in_other_dimensions(width):
    centers = [[0.0] * width, [100.0] * width]
    points = np.random.default_rng(3).normal(size=(100_000, width)) + 100 * np.arange(2)[np.arange(100_000) % 2, None]
    found, floor = measure((centers, 1.0), points), MixtureCoverage(centers, 1.0).floor(None, 100)
    assert found["high_quality"] == pytest.approx(floor["high_quality"], abs=0.003)
    assert found["spread"] == pytest.approx(1, abs=4 / np.sqrt(2e5))


def test_by_hand():
    centers = [[0, 0], [10, 0], [0, 10]]
    points = [[0, 2.9], [0, 3.1], [10, 1], [10, -1], [12.9, 0], [5.1, 0]]
    found = measure((centers, 1.0), points)
    assert found["modes"] == 2
    assert found["high_quality"] == pytest.approx(4 / 6)
    own = np.array([[10, 1], [10, -1], [12.9, 0]])
    kept = (1 - 5.5 * np.exp(-4.5)) / CEILING  # the variance of a Gaussian cut at 3 deviations
    expected = np.sqrt(own.var(axis=0, ddof=1).mean() / kept)
    assert found["spread"] == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(MixtureCoverage(centers, 1.0).spreads(np.array(points)), [np.nan, expected, np.nan])


@pytest.mark.parametrize("factor", [0.1, 0.5])
def test_shrunken_modes_show(factor):
    centers, deviation = ring(8)
    found = measure((centers, deviation), type(ring(8))(centers, factor * deviation).sample(5000))
    assert found["high_quality"] > CEILING
    # Half a deviation is not cut, the reference is: 0.974 of a deviation.
    assert found["spread"] == pytest.approx(factor / 0.97439, rel=0.03)


def test_lost_modes_and_floor():
    mixture = grid(25)
    kept = type(mixture)(mixture.centers[:7], mixture.deviation).sample(500)
    assert measure(mixture, kept)["modes"] == 7
    counts = [measure(mixture, mixture.sample(20, seed=seed))["modes"] for seed in range(300)]
    expected = MixtureCoverage(*mixture).floor(None, 20)["modes"]
    assert abs(np.mean(counts) - expected) < 4 * np.std(counts) / np.sqrt(300)


def test_floor_of_one_point():
    assert MixtureCoverage(*ring(8)).floor(None, 1)["modes"] == pytest.approx(CEILING, rel=1e-12)


def test_nothing_found():
    assert measure(ring(8), np.zeros((50, 2))) == {"modes": 0, "high_quality": 0, "spread": 0}


def test_metamorphic():
    mixture, random = ring(8), np.random.default_rng(4)
    points = mixture.sample(300) * random.normal(1, 0.02, (300, 1))
    expected = measure(mixture, points)
    assert expected["high_quality"] < 0.9
    assert measure(mixture, random.permutation(points)) == pytest.approx(expected, rel=1e-12)
    assert measure(mixture, *np.split(points, [1, 8, 64])) == expected
    turn = np.linalg.qr(random.normal(size=(2, 2)))[0]
    assert measure((mixture.centers @ turn, mixture.deviation), points @ turn) == pytest.approx(expected, rel=1e-9)
    assert measure(mixture, points.astype("float32")) == pytest.approx(expected, rel=1e-5)
    assert MixtureCoverage(*mixture)(None, points) == expected["modes"]


def test_errors():
    with pytest.raises(ValueError, match=r"centers' width, 2. Received: \(5, 3\)"):
        measure(ring(8), np.ones((5, 3)))
    with pytest.raises(ValueError, match="must be finite"):
        measure(ring(8), [[np.inf, 0]])
    with pytest.raises(ValueError, match="At least one sample is needed"):
        measure(ring(8))
    with pytest.raises(ValueError, match=r"`centers` must be a list of points of one width. Received: shape \(2,\)"):
        MixtureCoverage([1.0, 2.0], 1.0)
    for deviation in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match=f"`deviation` must be above 0. Received: deviation={deviation}"):
            MixtureCoverage([[0.0, 0.0]], deviation)


def test_config():
    metric = MixtureCoverage(np.eye(2), 0.5)
    assert metric.get_config() == {"centers": [[1.0, 0.0], [0.0, 1.0]], "deviation": 0.5}
    assert MixtureCoverage.from_config(metric.get_config()).get_config() == metric.get_config()
