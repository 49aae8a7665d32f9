import numpy as np

from keras_gan.arguments import check_whole
from keras_gan.metrics.metric import Estimate, Metric

ESTIMATORS = ("unbiased", "u-statistic", "biased")
TILE = 1024


class KernelDistance(Metric):
    """Squared maximum mean discrepancy with a polynomial kernel: the KID, in Inception's features.

    With `k(x, y) = (gamma <x, y> + coef0)^degree`, m fakes x and n reals y:

    - "unbiased": the sum of k(x_i, x_j) over i != j by m(m-1), plus that of the reals by n(n-1), minus twice the mean
      of k(x_i, y_j). May be a little below 0.
    - "u-statistic": the same, but the last mean leaves out the pairs i = j, so that a set has distance 0 from itself.
      Needs m = n.
    - "biased": all three sums with i = j, by m^2, n^2 and mn. Never below 0.

    The published protocol takes the mean over random subsets, and tells the standard deviation (over `subsets`, not
    `subsets - 1`) of their values. `subsets=None` takes all pairs of all samples instead: the same expectation, far
    less noise, no deviation. Samples are turned into kernel values tile by tile: memory does not grow with their
    number.

    Per subset, the fakes are drawn first, then the reals, without replacement. This is the order of torch-fidelity
    called with the generated images as input 1.

    Args:
        subsets: number of subsets, or None for all samples at once. Defaults to 100, torch-fidelity's.
        subset_size: samples a subset, from 2. Defaults to 1000.
        estimator: "unbiased" (default), "u-statistic" or "biased".
        degree: degree of the kernel, an integer from 1. Defaults to 3.
        gamma: factor of the inner product. Defaults to None, 1 / width.
        coef0: addend. Defaults to 1.
        seed: seed of the subsets, of NumPy's `RandomState`. Defaults to 2020, torch-fidelity's.

    Raises:
        ValueError: if an argument is out of range; by `value`, if there are fewer samples than `subset_size` (than 2
            without subsets), the widths differ, or the counts differ where they must not.

    Reference:
        Bińkowski et al. 2018, arXiv:1801.01401, section 4; Gretton et al. 2012, JMLR 13, section 2.2.

    Example:

    >>> import numpy as np
    >>> points = np.random.default_rng(0).normal(size=(200, 3))
    >>> metric = KernelDistance(subsets=None)
    >>> round(metric(points, points + 1.0), 1), metric(points[:100], points[100:]) < 0.1
    (9.6, True)
    """

    name = "kernel_distance"
    results = {"kernel_distance": False}

    def __init__(self, subsets=100, subset_size=1000, estimator="unbiased", degree=3, gamma=None, coef0=1.0, seed=2020):
        if estimator not in ESTIMATORS:
            raise ValueError(f"`estimator` must be one of {ESTIMATORS}. Received: estimator={estimator!r}.")
        for argument, value, least in (("subsets", subsets, 1), ("subset_size", subset_size, 2), ("degree", degree, 1)):
            if value is not None:
                check_whole(argument, value, least)
        self.subsets, self.subset_size, self.estimator = subsets, subset_size, estimator
        self.degree, self.gamma, self.coef0, self.seed = degree, gamma, coef0, seed

    def get_config(self):
        return {
            "subsets": self.subsets,
            "subset_size": self.subset_size,
            "estimator": self.estimator,
            "degree": self.degree,
            "gamma": self.gamma,
            "coef0": self.coef0,
            "seed": self.seed,
        }

    def value(self, real, fake):
        real, fake = real.column(0), fake.column(0)
        self._check(real, fake)
        if self.subsets is None:
            return {"kernel_distance": Estimate(self._estimate(fake, real))}
        random = np.random.RandomState(self.seed)  # the published subsets are this generator's
        values = []
        for _ in range(self.subsets):
            parts = [samples[random.choice(len(samples), self.subset_size, replace=False)] for samples in (fake, real)]
            values.append(self._estimate(*parts))
        return {"kernel_distance": Estimate(float(np.mean(values)), float(np.std(values)))}

    def _check(self, real, fake):
        if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1]:
            raise ValueError(
                "Reals and fakes must be features (count, width) of one width. "
                f"Received: shapes {real.shape} and {fake.shape}."
            )
        least = 2 if self.subsets is None else self.subset_size
        if min(len(real), len(fake)) < least:
            mend = "" if self.subsets is None else " Lower `subset_size`, or use subsets=None for all samples at once."
            raise ValueError(
                f"A kernel distance needs at least {least} reals and fakes. "
                f"Received: {len(real)} and {len(fake)}.{mend}"
            )
        if self.subsets is None and self.estimator == "u-statistic" and len(real) != len(fake):
            raise ValueError(
                'estimator="u-statistic" needs as many fakes as reals. '
                f'Received: {len(real)} reals, {len(fake)} fakes. Use "unbiased".'
            )

    def _estimate(self, first, second):
        within = sum(self._mean_within(samples) for samples in (first, second))
        total, pairs = self._sum(first, second), len(first) * len(second)
        if self.estimator == "u-statistic":
            total, pairs = total - self._sum_pairwise(first, second), len(first) * (len(first) - 1)
        return within - 2 * total / pairs

    def _mean_within(self, samples):
        total, count = self._sum(samples, samples), len(samples)
        if self.estimator == "biased":
            return total / count**2
        return (total - self._sum_pairwise(samples, samples)) / (count * (count - 1))

    def _sum(self, first, second):
        """Sum of the kernel over all pairs, tile by tile; of a set with itself, each tile off the diagonal once."""
        same, total = first is second, 0.0
        for row in range(0, len(first), TILE):
            rows = np.asarray(first[row : row + TILE], "float64")
            for column in range(row if same else 0, len(second), TILE):
                columns = rows if same and column == row else np.asarray(second[column : column + TILE], "float64")
                part = float(self._kernel(rows @ columns.T, rows.shape[1]).sum())
                total += 2 * part if same and column != row else part
        return total

    def _sum_pairwise(self, first, second):
        """Sum of k(x_i, y_i)."""
        products = np.einsum("ij,ij->i", first, second, dtype="float64")
        return float(self._kernel(products, first.shape[1]).sum())

    def _kernel(self, products, width):
        products *= 1 / width if self.gamma is None else self.gamma
        products += self.coef0
        base = products.copy()
        for _ in range(self.degree - 1):
            products *= base
        return products
