import numpy as np

from keras_gan.metrics.metric import Estimate, Metric
from keras_gan.metrics.neighbours import FeatureRows, check_k, count_in_balls


class DensityCoverage(Metric):
    """Density and coverage: how thick the fakes lie around the reals, and how many reals have a fake near them.

    With the ball of a real x reaching to its `k`-th nearest other real, at distance r_k(x), N reals and M fakes:

        density  = 1 / (k M) * number of pairs (x, y) with |y - x| < r_k(x)
        coverage = share of the reals x with |y - x| < r_k(x) for some fake y

    Coverage lies in [0, 1]; density may exceed 1, where fakes crowd around the densest reals. One outlier among the
    reals, whose large ball lifts precision, counts for little here. Fakes and reals from one distribution have an
    expected density of 1 and an expected coverage of

        1 - prod_{j=1..k} (N - j) / (N + M - j)

    whatever the distribution, which `floor` returns.

    The same pass gives precision and recall as these authors have them, called "precision_prdc" and "recall_prdc":
    `<` and this `k`, where `PrecisionRecall` has `<=` and k = 3.

    Args:
        k: int >= 1, which neighbour gives the radius. Defaults to 5, the authors' choice.

    Reference:
        Naeem et al. 2020, arXiv:2002.09797, section 3, which also derives the expectations. Deviation: distances are
        float64 whatever the dtype of the features.

    Example:

    >>> import numpy as np
    >>> real, fake = DensityCoverage().statistics(), DensityCoverage().statistics()
    >>> real.update(np.array([[0.0], [1.0], [2.0], [10.0]]))
    >>> fake.update(np.array([[0.5], [1.5], [3.0], [20.0]]))
    >>> {name: estimate.value for name, estimate in DensityCoverage(k=1).value(real, fake).items()}
    {'density': 1.25, 'coverage': 1.0, 'precision_prdc': 0.75, 'recall_prdc': 1.0}
    """

    name = "density_coverage"
    results = {"density": True, "coverage": True, "precision_prdc": True, "recall_prdc": True}

    def __init__(self, k=5):
        check_k(k)
        self.k = k

    def get_config(self):
        return {"k": self.k}

    def statistics(self):
        return FeatureRows()

    def value(self, real, fake):
        """Returns all four results; what was found of the same two sets before is taken up again.

        Raises:
            ValueError: if one set has not more than `k` samples, or the widths differ.
        """
        counts = count_in_balls(real, fake, self.k, strict=True)
        return {
            "density": Estimate(float(counts.real_balls.sum() / (self.k * len(counts.real_balls)))),
            "coverage": Estimate(float((counts.fakes_inside > 0).mean())),
            "precision_prdc": Estimate(float((counts.real_balls > 0).mean())),
            "recall_prdc": Estimate(float((counts.fake_balls > 0).mean())),
        }

    def floor(self, real, fake_count):
        j, n = np.arange(1, self.k + 1), real.count
        return {"density": 1.0, "coverage": float(1 - np.prod((n - j) / (n + fake_count - j)))}
