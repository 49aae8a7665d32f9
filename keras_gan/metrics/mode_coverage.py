import numpy as np

from keras_gan.arguments import check_whole
from keras_gan.metrics.metric import Estimate, Metric
from keras_gan.metrics.statistics import Statistics, check_features


class ModeCoverage(Metric):
    """How many classes the fakes show, and how unevenly.

    Results: "modes", the number of classes that at least one fake falls into; "kl", `sum_c p_c log(p_c / t_c)` in nats,
    with the fakes' shares p and target shares t (classes without a fake add nothing).

    The Stacked-MNIST protocol is `ModeCoverage(1000, column="label")` on 26,000 images of three digits in the colour
    channels, with labels 100 r + 10 g + b from a digit classifier. Even a perfect generator has a KL of 0.0193 there:
    `floor` tells what to read a result against. A classifier's errors add to it: measure real images too.

    Args:
        classes: number of classes, from 1.
        column: "logits" (default): `(count, classes)`, the largest decides; or "label": integers `(count,)`.
        distribution: list of the classes' target shares, positive numbers with the sum 1. Defaults to None, even.

    Raises:
        ValueError: if an argument is out of range; by `update` of the statistics, if labels are not integers from 0 to
            `classes - 1`, or logits of another width or not finite; by `value`, if there are no fakes.

    Reference:
        Metz et al. 2017, arXiv:1611.02163, section 3.3.1; Srivastava et al. 2017, arXiv:1705.07761, section 4.

    Example:

    >>> import numpy as np
    >>> metric = ModeCoverage(4, column="label")
    >>> counts = metric.statistics()
    >>> counts.update(np.array([0, 1, 0, 1]))
    >>> modes, kl = metric.value(None, counts).values()
    >>> modes.value, round(kl.value, 4)
    (2.0, 0.6931)
    """

    name = "mode_coverage"
    results = {"modes": True, "kl": False}
    needs_real = False

    def __init__(self, classes, column="logits", distribution=None):
        check_whole("classes", classes)
        if column not in ("logits", "label"):
            raise ValueError(f'`column` must be "logits" or "label". Received: column={column!r}.')
        shares = np.full(classes, 1 / classes) if distribution is None else np.asarray(distribution, "float64")
        if shares.shape != (classes,) or not (shares > 0).all() or abs(shares.sum() - 1) > 1e-6:
            raise ValueError(
                f"`distribution` must hold {classes} positive shares with the sum 1. "
                f"Received: shape {shares.shape}, least {shares.min(initial=1)}, sum {shares.sum()}."
            )
        self.classes, self.column, self.distribution = classes, column, distribution
        self.columns, self.shares = (column,), shares

    def get_config(self):
        return {"classes": self.classes, "column": self.column, "distribution": self.distribution}

    def statistics(self):
        return ClassCounts(self.classes)

    def value(self, real, fake):
        if not fake.count:
            raise ValueError("Mode coverage needs at least 1 fake. Received: none.")
        found = fake.counts > 0
        p = fake.counts[found] / fake.count
        kl = np.sum(p * np.log(p / self.shares[found]))
        return {"modes": Estimate(float(found.sum())), "kl": Estimate(float(kl))}

    def floor(self, real, fake_count):
        """Returns the expected results of `fake_count` independent samples of the target distribution.

        With K classes and N samples, "kl" is `(K - 1) / (2 N)` where every class has many samples; computed here is the
        exact expectation, from the binomial distribution of each class's count. "modes" is the sum of 1 - (1 - t_c)^N.

        Args:
            real: not used.
            fake_count: int, N.

        Returns:
            {"modes": float, "kl": float}.
        """
        shares, repeats = np.unique(self.shares, return_counts=True)
        kl = sum(repeat * _expected_term(share, fake_count) for share, repeat in zip(shares, repeats, strict=True))
        return {"modes": float(np.sum(1 - (1 - self.shares) ** fake_count)), "kl": float(kl)}


class ClassCounts(Statistics):
    """Number of samples of each class.

    `update` takes logits `(count, classes)`, of which the largest decides, or integer labels `(count,)`.

    Args:
        classes: number of classes.

    Attributes:
        counts: int64 `(classes,)`.

    Example:

    >>> import numpy as np
    >>> counts = ClassCounts(3)
    >>> counts.update(np.array([0, 2, 2]))
    >>> counts.update(np.array([[0.1, 0.7, 0.2]]))
    >>> counts.counts
    array([1, 1, 2])
    """

    def __init__(self, classes):
        self.counts = np.zeros(classes, "int64")

    @property
    def count(self):
        return int(self.counts.sum())

    def update(self, values):
        classes = len(self.counts)
        labels = np.asarray(values)
        if labels.ndim != 1:
            logits = check_features(labels)
            if logits.shape[1] != classes:
                raise ValueError(f"Logits must be of {classes} classes. Received: shape {logits.shape}.")
            labels = logits.argmax(axis=1)
        elif not np.issubdtype(labels.dtype, np.integer):
            raise ValueError(f"Labels must be integers. Received: dtype {labels.dtype}.")
        if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
            raise ValueError(
                f"Labels must be from 0 to {classes - 1}. Received: labels from {labels.min()} to {labels.max()}."
            )
        self.counts = self.counts + np.bincount(labels, minlength=classes)

    def merge(self, other):
        if len(other.counts) != len(self.counts):
            raise ValueError(f"Counts must be of {len(self.counts)} classes. Received: {len(other.counts)}.")
        self.counts = self.counts + other.counts

    def arrays(self):
        return {"counts": self.counts}

    @classmethod
    def from_arrays(cls, arrays):
        statistics = cls(len(arrays["counts"]))
        statistics.counts = np.asarray(arrays["counts"], "int64")
        return statistics


def _expected_term(share, count):
    """Expectation of p log(p / share), p being a binomial share of `count` trials."""
    if share == 1:
        return 0.0
    # Counts within 12 deviations and some of the mean hold all but 1e-20 of the probability.
    reach = 12 * np.sqrt(count * share) + 60
    drawn = np.arange(max(1, int(count * share - reach)), min(count, int(count * share + reach)) + 1)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, count + 1)))])
    log_chance = log_factorial[count] - log_factorial[drawn] - log_factorial[count - drawn]
    log_chance += drawn * np.log(share) + (count - drawn) * np.log1p(-share)
    p = drawn / count
    return float(np.sum(np.exp(log_chance) * p * np.log(p / share)))
