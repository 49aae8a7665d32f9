import numpy as np
import pytest

from keras_gan.metrics.memorization import Memorization
from keras_gan.metrics.neighbours import FeatureRows


def rows(features):
    kept = FeatureRows()
    kept.update(np.asarray(features, "float64"))
    return kept


def measure(train, fake, held_out=None, **arguments):
    metric = Memorization(**arguments)
    results = metric.value(rows(train), rows(fake), None if held_out is None else rows(held_out))
    assert list(results) == list(metric.results)
    return tuple(estimate.value for estimate in results.values())


def test_by_hand_with_held_out_reals():
    train, held_out = [[0.0], [10.0]], [[1.0], [7.0], [15.0], [2.0]]  # at 1, 3, 5, 2 from a training sample
    fake = [[0.5], [14.0], [2.5]]  # at 0.5, 4, 2.5
    share, z = measure(train, fake, held_out, quantile=0.5)  # half of the reference: up to 2.5
    assert share == 2 / 3
    # Pairs with the fake farther: 0 + 3 + 2 of 12; variance 3 * 4 * 8 / 12.
    np.testing.assert_allclose(z, (5 - 6) / np.sqrt(8), rtol=1e-14)


def test_by_hand_with_ties_and_training_samples_as_reference():
    train = [[0.0], [1.0], [3.0], [7.0]]  # at 1, 1, 2, 4 from another one
    fake = [[0.0], [8.0], [9.0]]  # at 0, 1, 2
    share, z = measure(train, fake, quantile=0.25)  # a quarter of the reference: up to 1
    assert share == 2 / 3
    pairs = 0 + 2 * 0.5 + (2 + 0.5)
    variance = 3 * 4 / 12 * (8 - ((27 - 3) + (8 - 2)) / (7 * 6))  # three distances of 1, two of 2
    np.testing.assert_allclose(z, (pairs - 6) / np.sqrt(variance), rtol=1e-14)


def test_z_agrees_with_scipy():
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(0)
    train, fake, held_out = np.round(random.normal(size=(3, 50, 2)), 1)
    metric = Memorization()
    distances = [metric.neighbours(rows(train), rows(x)).distances[:, 0] for x in (fake, held_out)]
    _, z = measure(train, fake, held_out)
    test = stats.mannwhitneyu(*distances, use_continuity=False, method="asymptotic", alternative="less")
    np.testing.assert_allclose(stats.norm.cdf(z), test.pvalue, rtol=1e-10)


def test_copies_are_found_and_honest_samples_are_not():
    random = np.random.default_rng(1)
    train, held_out, honest = random.normal(size=(3, 400, 8))
    copied = train[:300] + 1e-3 * random.normal(size=(300, 8))
    for reference in (None, held_out):
        share, z = measure(train, copied, reference)
        assert share == 1
        assert z < -15
        share, z = measure(train, honest, reference)
        assert abs(share - 0.05) < 0.03  # binomial of 400 at 0.05, twice for the quantile: sd 0.015
        assert abs(z) < 3
        share, z = measure(train, honest + 5, reference)
        assert share == 0
        assert z > 15
    half = np.concatenate([train[:200], honest[:200]])
    share, z = measure(train, half, held_out)
    assert abs(share - 0.525) < 0.03
    assert z < -5


def test_all_distances_alike():
    assert measure(np.ones((5, 2)), np.ones((4, 2))) == (1, 0)


def test_neighbours_tell_rows_and_distances():
    train = [[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]
    found = Memorization().neighbours(rows(train), rows([[3.0, 4.0], [0.0, 1.0]]), count=2)
    np.testing.assert_array_equal(found.indices[0, 0], 1)
    np.testing.assert_array_equal(found.indices[1], [0, 1])
    np.testing.assert_allclose(found.distances, [[0, 5], [1, np.sqrt(18)]], rtol=1e-15)
    everything = Memorization().neighbours(rows(train), rows([[7.0, 8.0]]), count=3)
    np.testing.assert_array_equal(everything.indices, [[2, 1, 0]])


def test_floor_is_what_honest_samples_get():
    assert Memorization(0.1).floor(None, 10) == {"copied_share": 0.1, "copying_z": 0.0}


def test_config_and_errors():
    assert Memorization.from_config(Memorization(0.2).get_config()).quantile == 0.2
    for quantile in (0, 1, -1, np.nan):
        with pytest.raises(ValueError, match=r"`quantile` must lie in \(0, 1\)\. Received: quantile="):
            Memorization(quantile)
    with pytest.raises(ValueError, match=r"`k=1` neighbours need at least 2 samples\. Received: 1 samples"):
        measure([[0.0]], [[1.0]])
    assert measure([[0.0]], [[1.0]], [[1.0]])[0] == 1
    with pytest.raises(ValueError, match=r"of one width\. Received: widths 2 and 3"):
        measure(np.eye(2), np.eye(3))
    with pytest.raises(ValueError, match=r"`count` must lie between 1 and the 2 reals\. Received: count=3"):
        Memorization().neighbours(rows(np.eye(2)), rows(np.eye(2)), count=3)
    with pytest.raises(ValueError, match="must be finite"):
        measure(np.eye(2), [[np.nan, 0.0]])
