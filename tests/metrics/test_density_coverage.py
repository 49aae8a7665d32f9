import numpy as np
import pytest

from keras_gan.metrics.density_coverage import DensityCoverage
from keras_gan.metrics.neighbours import count_in_balls


def kept(metric, *sets):
    statistics = [metric.statistics() for _ in sets]
    for one, features in zip(statistics, sets, strict=True):
        one.update(np.asarray(features))
    return statistics


def measure(real, fake, k=5):
    """Returns precision, recall, density and coverage."""
    metric = DensityCoverage(k)
    results = metric.value(*kept(metric, real, fake))
    assert list(results) == list(metric.results)
    return tuple(results[name].value for name in ("precision_prdc", "recall_prdc", "density", "coverage"))


@pytest.mark.parametrize(("k", "expected"), [(1, (0.75, 1, 1.25, 1)), (2, (0.75, 1, 1.125, 1))])
def test_on_a_line_by_hand(k, expected):
    assert measure([[0.0], [1.0], [2.0], [10.0]], [[0.5], [1.5], [3.0], [20.0]], k) == expected


def test_a_sample_on_the_sphere_does_not_count():
    assert measure([[0.0], [1.0]], [[2.0], [3.0]], k=1) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("k", "expected"),
    [(3, (0.7083333333, 0.96875, 0.6319444444, 0.65625)), (5, (0.8541666667, 0.984375, 0.6416666667, 0.796875))],
)
def test_known_values(k, expected):
    random = np.random.RandomState(0)
    real = random.randn(64, 8)
    fake = 1.2 * random.randn(48, 8) + 0.3
    np.testing.assert_allclose(measure(real, fake, k), expected, rtol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_same_set_has_density_1_exactly(dtype):
    real = np.random.default_rng(0).normal(size=(300, 40)).astype(dtype) + np.asarray(1000, dtype)
    assert measure(real, real) == (1, 1, 1, 1)
    metric = DensityCoverage()
    counts = count_in_balls(*kept(metric, real, real), k=5, strict=False)
    assert counts.real_balls.sum() == (5 + 1) * 300  # with `<=` the fifth neighbour is inside as well


def test_equal_samples_have_balls_without_inside():
    assert measure(np.ones((9, 4)), np.ones((8, 4))) == (0, 0, 0, 0)


def test_order_of_samples_does_not_matter():
    random = np.random.default_rng(2)
    real, fake = random.normal(size=(60, 4)), random.normal(size=(80, 4))
    assert measure(real, fake) == measure(random.permutation(real), random.permutation(fake))


def test_swapping_the_sets_swaps_precision_and_recall():
    random = np.random.default_rng(1)
    real, fake = random.normal(size=(60, 4)), 0.5 * random.normal(size=(80, 4)) + 0.5
    assert measure(real, fake)[:2] == measure(fake, real)[1::-1]


def test_one_distribution_gets_the_expected_values():
    random, metric = np.random.default_rng(3), DensityCoverage()
    found = []
    for _ in range(30):
        real, fake = random.normal(size=(400, 2)), random.normal(size=(200, 2))
        found.append(measure(real, fake)[2:])
    (statistics,) = kept(metric, np.zeros((400, 2)))
    floor = metric.floor(statistics, 200)
    assert list(floor) == ["density", "coverage"]
    mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(30)
    assert floor["density"] == 1
    assert (np.abs(mean - list(floor.values())) < 3 * error).all()
    assert (error < 0.01).all()  # or the line above would show nothing


def test_floor_in_closed_form():
    metric = DensityCoverage()
    (statistics,) = kept(metric, np.zeros((400, 2)))
    np.testing.assert_allclose(metric.floor(statistics, 400)["coverage"], 0.96933, atol=5e-6)
    (two,) = kept(metric, np.zeros((2, 1)))
    # One ball of two reals: the fake is the nearer to a real with probability 1/2.
    np.testing.assert_allclose(DensityCoverage(1).floor(two, 1)["coverage"], 0.5, rtol=1e-15)


def test_crowd_at_one_real_lifts_density_not_coverage():
    random = np.random.default_rng(4)
    real = random.normal(size=(200, 2))
    precision, recall, density, coverage = measure(real, real[:1] + 1e-9 * random.normal(size=(200, 2)))
    assert precision == 1
    assert density > 0.8
    assert coverage < 0.05
    assert recall == 1 / 200


def test_config_and_errors():
    metric = DensityCoverage(k=4)
    assert DensityCoverage.from_config(metric.get_config()).k == 4
    with pytest.raises(ValueError, match=r"`k` must be a whole number >= 1\. Received: k=2\.5"):
        DensityCoverage(2.5)
    with pytest.raises(ValueError, match=r"`k=5` neighbours need at least 6 fakes\. Received: 4 fakes"):
        measure(np.eye(9), np.eye(9)[:4])
    bad = np.eye(9)
    bad[3, 3] = np.nan
    with pytest.raises(ValueError, match="must be finite"):
        measure(np.eye(9), bad)
