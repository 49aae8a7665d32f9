import numpy as np
import pytest

from keras_gan.metrics.precision_recall import PrecisionRecall


def measure(real, fake, k=3):
    metric = PrecisionRecall(k)
    kept = metric.statistics(), metric.statistics()
    for statistics, features in zip(kept, (real, fake), strict=True):
        statistics.update(np.asarray(features, "float64"))
    results = metric.value(*kept)
    assert list(results) == list(metric.results)
    return results["precision"].value, results["recall"].value


def test_on_a_line_by_hand():
    real, fake = [[0.0], [1.0], [2.0], [10.0]], [[0.5], [1.5], [3.0], [20.0]]
    # k = 1: balls of the reals [-1, 1] [0, 2] [1, 3] [2, 18], of the fakes [-.5, 1.5] [.5, 2.5] [1.5, 4.5] [3, 37]
    assert measure(real, fake, 1) == (0.75, 1.0)
    assert measure(real, fake, 2) == (0.75, 1.0)


def test_a_sample_on_the_sphere_counts():
    assert measure([[0.0], [1.0]], [[2.0], [3.0]], k=1) == (0.5, 0.5)


@pytest.mark.parametrize(("k", "expected"), [(3, (34 / 48, 62 / 64)), (5, (41 / 48, 63 / 64))])
def test_known_values(k, expected):
    random = np.random.RandomState(0)
    real = random.randn(64, 8)
    fake = 1.2 * random.randn(48, 8) + 0.3
    assert measure(real, fake, k) == expected


def test_narrow_fakes_are_precise_and_wide_ones_recall():
    random = np.random.RandomState(0)
    narrow, wide = 0.1 * random.randn(200, 16), 3 * random.randn(200, 16)
    precision, recall = measure(wide, narrow)
    assert precision > 0.8
    assert recall < 0.3


def test_swapping_the_sets_swaps_the_results():
    random = np.random.default_rng(1)
    real, fake = random.normal(size=(60, 4)), 0.5 * random.normal(size=(80, 4)) + 0.5
    assert measure(real, fake) == measure(fake, real)[::-1]


def test_order_of_samples_does_not_matter():
    random = np.random.default_rng(2)
    real, fake = random.normal(size=(60, 4)), random.normal(size=(80, 4))
    assert measure(real, fake) == measure(random.permutation(real), random.permutation(fake))


def test_same_set_and_equal_samples():
    real = np.random.default_rng(3).normal(size=(30, 5))
    assert measure(real, real) == (1, 1)
    assert measure(np.ones((9, 4)), np.ones((8, 4))) == (1, 1)
    assert measure(real, real + 100) == (0, 0)


def test_called_with_arrays():
    real = np.random.default_rng(4).normal(size=(30, 5)).astype("float32")
    assert PrecisionRecall()(real, real[:20]) == 1


def test_config_and_errors():
    metric = PrecisionRecall(k=4)
    assert PrecisionRecall.from_config(metric.get_config()).k == 4
    assert metric.protocol() == {"k": 4}
    with pytest.raises(ValueError, match=r"`k` must be a whole number >= 1\. Received: k=0"):
        PrecisionRecall(0)
    with pytest.raises(ValueError, match=r"`k=4` neighbours need at least 5 reals\. Received: 4 reals"):
        measure(np.eye(4), np.eye(4), k=4)
    with pytest.raises(ValueError, match=r"Received: widths 4 and 3"):
        measure(np.eye(4), np.zeros((4, 3)))
