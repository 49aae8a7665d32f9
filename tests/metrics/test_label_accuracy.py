import numpy as np
import pytest

from keras_gan.metrics.label_accuracy import LabelAccuracy

METRIC = LabelAccuracy()


def kept(logits, labels):
    statistics = METRIC.statistics()
    statistics.update(np.asarray(logits, "float32"), np.asarray(labels))
    return statistics


def test_share_of_right_labels_and_table():
    labels = np.array([0, 0, 0, 2, 2, 1])
    predicted = np.array([0, 1, 0, 2, 2, 2])
    logits = np.eye(4)[predicted] * 3 - 1
    statistics = kept(logits, labels)
    assert METRIC.value(None, statistics) == {"label_accuracy": (4 / 6, None)}
    assert METRIC.by_class(statistics) == {0: 2 / 3, 1: 0.0, 2: 1.0}


def test_order_and_parts_do_not_matter():
    random = np.random.default_rng(0)
    logits, labels = random.normal(size=(50, 5)), random.integers(0, 5, 50)
    order = random.permutation(50)
    parts = kept(logits[order[:10]], labels[order[:10]])
    parts.merge(kept(logits[order[10:]], labels[order[10:]]))
    assert METRIC.value(None, parts) == METRIC.value(None, kept(logits, labels))


def test_floor_is_the_accuracy_on_reals():
    assert METRIC.floor(kept(np.eye(4), [0, 1, 2, 2]), 10) == {"label_accuracy": 0.75}
    assert METRIC.floor(None, 10) == {}


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (np.eye(3), [0, 1, 3], r"integers from 0 to 2\. Received: 0 to 3"),
        (np.eye(3), [-1, 1, 2], r"integers from 0 to 2\. Received: -1 to 2"),
        (np.eye(3), [0.0, 1.0, 2.0], r"integers \(count,\)\. Received: dtype float64, shape \(3,\)"),
        (np.eye(3), np.eye(3, dtype="int64"), r"integers \(count,\)\. Received: dtype int64, shape \(3, 3\)"),
        (np.ones(3), [0, 1, 2], r"Logits must be an array \(count, classes\)\. Received: shape \(3,\)"),
        (np.full((3, 3), np.nan), [0, 1, 2], "must be finite"),
        (np.eye(3), [0, 1], r"of one length\. Received: lengths \[3, 2\]"),
        (np.zeros((0, 3)), [], "At least one sample is needed"),
    ],
)
def test_errors(logits, labels, message):
    with pytest.raises(ValueError, match=message):
        METRIC.value(None, kept(logits, labels))
