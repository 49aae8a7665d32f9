import numpy as np

from keras_gan.metrics.metric import Estimate, Metric


class LabelAccuracy(Metric):
    """The share of conditional fakes that an independent classifier gives the label they were made for.

    The classifier must not have been trained with the generator, such as the auxiliary one of an AC-GAN. It errs too:
    `floor` returns its accuracy on labelled reals, where there are any, which a perfect generator is expected to get.

    Reference:
        The protocol of Odena et al. 2017, arXiv:1610.09585, section 4.1, with any classifier.

    Example:

    >>> import numpy as np
    >>> metric = LabelAccuracy()
    >>> kept = metric.statistics()
    >>> kept.update(np.array([[2.0, 1.0], [0.0, 3.0], [4.0, 0.0]]), np.array([0, 1, 1]))
    >>> round(metric.value(None, kept)["label_accuracy"].value, 4)
    0.6667
    >>> metric.by_class(kept)
    {0: 1.0, 1: 0.5}
    """

    name = "label_accuracy"
    columns = ("logits", "label")
    results = {"label_accuracy": True}
    needs_real = False

    def value(self, real, fake):
        """Returns {"label_accuracy"}.

        Raises:
            ValueError: if there are no fakes, logits are not `(count, classes)`, or labels are not integers from 0 to
                classes - 1.
        """
        return {"label_accuracy": Estimate(float(_right(fake)[0].mean()))}

    def by_class(self, fake):
        """Returns {label: share of its fakes that are classified right}, for the labels that occur."""
        right, labels = _right(fake)
        return {int(label): float(right[labels == label].mean()) for label in np.unique(labels)}

    def floor(self, real, fake_count):
        return {} if real is None else {"label_accuracy": float(_right(real)[0].mean())}


def _right(kept):
    logits, labels = kept.column(0), kept.column(1)
    if logits.ndim != 2:
        raise ValueError(f"Logits must be an array (count, classes). Received: shape {logits.shape}.")
    return logits.argmax(axis=1) == check_labels(labels, logits.shape[1]), labels


def check_labels(labels, classes=None):
    """Returns `labels`; raises ValueError unless they are integers `(count,)` from 0, below `classes` where given."""
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"Labels must be integers (count,). Received: dtype {labels.dtype}, shape {labels.shape}.")
    if labels.min() < 0 or (classes is not None and labels.max() >= classes):
        limit = "" if classes is None else f" to {classes - 1}"
        raise ValueError(f"Labels must be integers from 0{limit}. Received: {labels.min()} to {labels.max()}.")
    return labels
