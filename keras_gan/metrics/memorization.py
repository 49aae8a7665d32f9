from typing import NamedTuple

import numpy as np

from keras_gan.metrics.metric import Estimate, Metric
from keras_gan.metrics.neighbours import FeatureRows, check_widths, nearest


class TrainingNeighbours(NamedTuple):
    """The training samples nearest to each fake.

    Attributes:
        indices: int `(fakes, count)`, row numbers of the training samples, the nearest first.
        distances: float64 `(fakes, count)`, Euclidean.
    """

    indices: np.ndarray
    distances: np.ndarray


class Memorization(Metric):
    """Whether the fakes lie closer to the training samples than samples of the same distribution would.

    With d(x) the distance of x to the nearest training sample, the fakes' d are compared with those of a reference: of
    held-out reals, or, without any, of the training samples themselves, each with its nearest other one.

        "copied_share": share of the fakes with d(fake) <= the `quantile`-quantile of the reference's d. A generator
            that has learned the distribution gets about `quantile`; a copying one up to 1.
        "copying_z": the Mann-Whitney statistic of the two sets of d, in standard deviations under "both alike".
            Far below 0 (-3, say): fakes are too close, training data are copied. Far above 0: fakes lie off the data.

    A generator can copy in one region and miss in another: the two then cancel in "copying_z", not in "copied_share".
    Held-out reals are the fairer reference where training data hold near-duplicates, such as frames of one film.

    Args:
        quantile: float in (0, 1). Defaults to 0.05.

    Raises:
        ValueError: if `quantile` is out of range.

    Reference:
        Meehan, Chaudhuri and Dasgupta 2020, arXiv:2004.05675. "copying_z" is their Z_U over all of space. Their C_T,
        the weighted mean of Z_U over the cells of a k-means partition, is not implemented. Deviations: ties count one
        half, and the variance has the usual correction for ties; the reference of training samples is ours, as is
        "copied_share".

    Example:

    >>> import numpy as np
    >>> metric = Memorization()
    >>> train, fake = metric.statistics(), metric.statistics()
    >>> train.update(np.array([[0.0], [1.0], [3.0], [7.0]]))
    >>> fake.update(np.array([[0.0], [3.0], [3.1]]))
    >>> metric.value(train, fake)["copied_share"].value
    1.0
    >>> metric.neighbours(train, fake).indices[:, 0]
    array([0, 2, 2])
    """

    name = "memorization"
    results = {"copied_share": False, "copying_z": None}
    takes_held_out = True

    def __init__(self, quantile=0.05):
        if not 0 < quantile < 1:
            raise ValueError(f"`quantile` must lie in (0, 1). Received: quantile={quantile!r}.")
        self.quantile = quantile

    def get_config(self):
        return {"quantile": self.quantile}

    def statistics(self):
        return FeatureRows()

    def value(self, real, fake, held_out=None):
        """Returns {"copied_share", "copying_z"}.

        Args:
            real: `FeatureRows` of the training samples, at least 1, or 2 without `held_out`.
            fake: `FeatureRows`, at least 1.
            held_out: `FeatureRows` of reals that were not trained on, or None.

        Raises:
            ValueError: if there are too few samples, or the widths differ.
        """
        fakes = self.neighbours(real, fake).distances[:, 0]
        if held_out is None:
            reference = np.sqrt(real.nearest(1)[:, 0])
        else:
            reference = self.neighbours(real, held_out).distances[:, 0]
        share = (fakes <= np.quantile(reference, self.quantile)).mean()
        return {"copied_share": Estimate(float(share)), "copying_z": Estimate(_mann_whitney(fakes, reference))}

    def neighbours(self, real, fake, count=1):
        """Returns the `count` training samples nearest to each fake, as `TrainingNeighbours`.

        Raises:
            ValueError: if there are fewer than `count` training samples, or the widths differ.
        """
        reals, fakes = real.column(), fake.column()
        check_widths(reals, fakes)
        if not 1 <= count <= len(reals):
            raise ValueError(f"`count` must lie between 1 and the {len(reals)} reals. Received: count={count!r}.")
        squares, indices = nearest(fakes, reals, count)
        return TrainingNeighbours(indices, np.sqrt(squares))

    def floor(self, real, fake_count):
        return {"copied_share": self.quantile, "copying_z": 0.0}


def _mann_whitney(fakes, reference):
    """Returns the standardised number of pairs in which the fake's distance is the larger."""
    order = np.sort(reference)
    below, up_to = np.searchsorted(order, fakes, "left"), np.searchsorted(order, fakes, "right")
    m, n = len(fakes), len(reference)
    excess = (below + up_to).sum() / 2 - m * n / 2
    _, ties = np.unique(np.concatenate([fakes, reference]), return_counts=True)
    ties, total = ties.astype("float64"), m + n
    variance = m * n / 12 * (total + 1 - (ties**3 - ties).sum() / (total * (total - 1)))
    return float(excess / np.sqrt(variance)) if variance > 0 else 0.0
