import math

import numpy as np
import pytest

from keras_gan.metrics.mode_coverage import ClassCounts, ModeCoverage


def measure(metric, *parts):
    counts = metric.statistics()
    for part in parts:
        counts.update(np.asarray(part))
    return {name: estimate.value for name, estimate in metric.value(None, counts).items()}


def labels(classes, **arguments):
    return ModeCoverage(classes, column="label", **arguments)


def test_by_hand():
    # Shares 1/2, 1/4, 1/4, 0 of four classes: KL = 1/2 log 2.
    assert measure(labels(4), [0, 0, 1, 2]) == pytest.approx({"modes": 3, "kl": 0.5 * np.log(2)}, rel=1e-12)
    assert measure(labels(4), [3, 1, 2, 0]) == pytest.approx({"modes": 4, "kl": 0}, abs=1e-15)
    assert measure(labels(1000), [7] * 50) == pytest.approx({"modes": 1, "kl": np.log(1000)}, rel=1e-12)


def test_given_distribution():
    metric = labels(3, distribution=[0.5, 0.25, 0.25])
    assert measure(metric, [0, 0, 1, 2]) == {"modes": 3, "kl": 0}
    expected = 0.25 * np.log(0.5) + 0.75 * np.log(3)
    assert measure(metric, [0, 1, 1, 1])["kl"] == pytest.approx(expected, rel=1e-12)


def test_logits_and_labels_agree():
    logits = np.random.default_rng(0).normal(size=(50, 6)).astype("float32")
    assert measure(ModeCoverage(6), logits) == measure(labels(6), logits.argmax(axis=1))
    assert ModeCoverage(6)(None, logits) == measure(ModeCoverage(6), logits)["modes"]
    assert ModeCoverage(6).columns == ("logits",)
    assert labels(6).columns == ("label",)


def test_perfect_sampler_of_stacked_mnist():
    random, metric = np.random.default_rng(1), labels(1000)
    digits = random.integers(0, 10, (26_000, 3))
    found = measure(metric, digits @ [100, 10, 1])
    assert found["modes"] == 1000
    # One run scatters by 0.0007.
    assert found["kl"] == pytest.approx(0.0192, abs=0.002)
    assert metric.floor(None, 26_000) == pytest.approx({"modes": 1000, "kl": 999 / 52_000}, rel=0.01)
    assert metric.floor(None, 25_600)["kl"] == pytest.approx(0.0195, rel=0.01)


@pytest.mark.parametrize("shares", [None, [0.7, 0.2, 0.05, 0.04, 0.01], [0.999996, 1e-6, 1e-6, 1e-6, 1e-6]])
@pytest.mark.parametrize("count", [1, 7, 400])
def test_floor_against_samples(shares, count):
    metric, random = labels(5, distribution=shares), np.random.default_rng(2)
    drawn = [
        measure(metric, random.choice(5, count, p=shares)) for _ in range(400)
    ]  # the standard error is found from the draws
    for name, expected in metric.floor(None, count).items():
        values = [found[name] for found in drawn]
        assert abs(np.mean(values) - expected) < 4 * np.std(values) / np.sqrt(400) + 3e-3 / count


def test_floor_by_enumeration():
    # Two samples of two even classes: one class with chance 1/2 (KL log 2), else both.
    assert labels(2).floor(None, 2) == pytest.approx({"modes": 1.5, "kl": np.log(2) / 2}, rel=1e-12)
    assert labels(1).floor(None, 9) == {"modes": 1, "kl": 0}
    rare, kl = 0.001, 0.0
    for drawn in range(4):  # of three samples, so many of the rare class
        for p, share in ((drawn / 3, rare), (1 - drawn / 3, 1 - rare)):
            if p:
                kl += math.comb(3, drawn) * rare**drawn * (1 - rare) ** (3 - drawn) * p * np.log(p / share)
    assert labels(2, distribution=[1 - rare, rare]).floor(None, 3)["kl"] == pytest.approx(kl, rel=1e-10)


def test_floor_of_many_samples_is_the_asymptote():
    assert labels(10).floor(None, 10**6)["kl"] == pytest.approx(9 / 2e6, rel=1e-4)


def test_metamorphic():
    random = np.random.default_rng(3)
    drawn = random.integers(0, 7, 90) * random.integers(0, 2, 90)
    expected = measure(labels(9), drawn)
    assert measure(labels(9), random.permutation(drawn)) == expected
    assert measure(labels(9), np.repeat(drawn, 3)) == pytest.approx(expected, rel=1e-12)
    assert measure(labels(9), random.permutation(9)[drawn]) == pytest.approx(expected, rel=1e-12)
    assert measure(labels(9), *np.split(drawn, [0, 1, 8, 50])) == expected


def test_counts_merge_and_are_kept():
    here, there = ClassCounts(3), ClassCounts(3)
    here.update(np.array([0, 1]))
    there.update(np.array([[0.0, 1.0, 2.0]]))
    here.merge(there)
    again = ClassCounts.from_arrays({name: np.asarray(value) for name, value in here.arrays().items()})
    assert again.counts.tolist() == [1, 1, 1]
    assert again.count == 3
    with pytest.raises(ValueError, match=r"of 3 classes. Received: 4"):
        here.merge(ClassCounts(4))


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([0, 4], "from 0 to 3. Received: labels from 0 to 4"),
        ([-1, 2], "from 0 to 3. Received: labels from -1 to 2"),
        ([0.0, 1.0], "must be integers. Received: dtype float64"),
        ([[1.0, 2.0, 3.0]], r"of 4 classes. Received: shape \(1, 3\)"),
        ([[1.0, 2.0, 3.0, np.nan]], "must be finite"),
        (np.zeros((1, 4, 1)), r"Received: shape \(1, 4, 1\)"),
    ],
)
def test_wrong_samples(values, text):
    with pytest.raises(ValueError, match=text):
        measure(ModeCoverage(4), values)


def test_no_samples():
    with pytest.raises(ValueError, match=r"at least 1 fake. Received: none"):
        measure(ModeCoverage(4))


def test_arguments():
    metric = ModeCoverage(2, "label", [0.25, 0.75])
    assert ModeCoverage.from_config(metric.get_config()).get_config() == metric.get_config()
    assert list(metric.get_config().values()) == [2, "label", [0.25, 0.75]]
    for arguments, text in [
        ({"classes": 0}, "`classes` must be a whole number >= 1. Received: classes=0"),
        ({"classes": 2, "column": "image"}, '`column` must be "logits" or "label". Received: column=\'image\''),
        ({"classes": 2, "distribution": [1.0]}, r"2 positive shares with the sum 1. Received: shape \(1,\)"),
        ({"classes": 2, "distribution": [1.0, 0.0]}, "2 positive shares .* least 0.0"),
        ({"classes": 2, "distribution": [0.5, 0.4]}, "2 positive shares .* sum 0.9"),
    ]:
        with pytest.raises(ValueError, match=text):
            ModeCoverage(**arguments)
