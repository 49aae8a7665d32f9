import numpy as np
import pytest

from keras_gan.metrics.classifier_score import ClassifierScore


def value(metric, *parts):
    kept = metric.statistics()
    for part in parts:
        kept.update(part)
    return metric.value(None, kept)["classifier_score"]


def logits(count=100):
    return 2 * np.random.RandomState(0).randn(count, 10)


def test_known_values():
    found = value(ClassifierScore(), logits())
    assert found.value == pytest.approx(2.3103100955619236, rel=1e-12)
    assert found.deviation == pytest.approx(0.22150800210885663, rel=1e-12)
    found = value(ClassifierScore(splits=1), logits())
    assert found.value == pytest.approx(2.6313228000578532, rel=1e-12)
    assert found.deviation is None
    found = value(ClassifierScore(seed=None), logits())
    assert found.value == pytest.approx(2.324001259455474, rel=1e-12)
    assert found.deviation == pytest.approx(0.24030396466885276, rel=1e-12)


def test_two_images_of_1001_classes():
    rows = np.array([[1, 2] * 500 + [4], [4, 5] * 500 + [6]])
    assert value(ClassifierScore(splits=1), rows).value == pytest.approx(1.00080877986, rel=1e-11)


def test_closed_forms():
    sure = np.tile(1e3 * np.eye(7), (4, 1))
    assert value(ClassifierScore(splits=1), sure).value == pytest.approx(7, rel=1e-12)
    assert value(ClassifierScore(splits=4, seed=None), sure).value == pytest.approx(7, rel=1e-12)
    assert value(ClassifierScore(), np.tile(logits(1), (50, 1))).value == pytest.approx(1, rel=1e-12)
    for scale in (0.1, 1, 100):
        assert 1 <= value(ClassifierScore(), scale * logits()).value <= 10


def test_a_class_that_is_never_seen_counts_nothing():
    rows = np.concatenate([1e3 * np.tile(np.eye(3), (5, 1)), np.full((15, 1), -1e6)], axis=1)
    assert value(ClassifierScore(splits=1), rows).value == pytest.approx(3, rel=1e-12)


def test_splits_by_hand():
    rows = logits(11)
    p = np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)
    scores = [np.exp(np.mean(np.sum(q * np.log(q / q.mean(axis=0)), axis=1))) for q in (p[:3], p[3:7], p[7:])]
    found = value(ClassifierScore(splits=3, seed=None), rows)
    assert found == pytest.approx((np.mean(scores), np.std(scores)), rel=1e-12)


def test_metamorphic():
    rows, metric = logits(), ClassifierScore(splits=1)
    expected, random = value(metric, rows).value, np.random.default_rng(0)
    assert value(metric, random.permutation(rows)).value == pytest.approx(expected, rel=1e-12)
    assert value(metric, rows[:, ::-1]).value == pytest.approx(expected, rel=1e-12)
    assert value(metric, rows + random.normal(size=(100, 1))).value == pytest.approx(expected, rel=1e-12)
    assert value(metric, np.repeat(rows, 3, axis=0)).value == pytest.approx(expected, rel=1e-12)
    assert value(metric, rows.astype("float32")).value == pytest.approx(expected, rel=1e-6)
    assert value(metric, *np.split(rows, [1, 8, 50])).value == expected
    assert metric(None, rows) == expected
    assert not metric.needs_real


def test_errors():
    with pytest.raises(ValueError, match=r"`splits=10` needs at least 10 fakes. Received: 9. Use splits=1"):
        value(ClassifierScore(), logits(9))
    with pytest.raises(ValueError, match=r"\(count, classes\). Received: shape \(20,\)"):
        value(ClassifierScore(), logits(20)[:, 0])
    with pytest.raises(ValueError, match="must be finite"):
        value(ClassifierScore(), np.full((20, 3), np.nan))
    with pytest.raises(ValueError, match=r"`splits` must be a whole number >= 1. Received: splits=0"):
        ClassifierScore(splits=0)


def test_config():
    again = ClassifierScore.from_config(ClassifierScore(splits=3, seed=None).get_config())
    assert (again.splits, again.seed) == (3, None)
