from keras_gan.metrics.metric import Estimate, Metric
from keras_gan.metrics.neighbours import FeatureRows, check_k, count_in_balls


class PrecisionRecall(Metric):
    """Improved precision and recall: the share of fakes among the reals, and of reals among the fakes.

    A sample is among a set when it lies in the ball of at least one member, whose radius reaches to that member's
    `k`-th nearest neighbour within the set, itself left out:

        precision = mean over fakes y of [ |y - x| <= r_k(x) for some real x ]
        recall    = mean over reals x of [ |x - y| <= r_k(y) for some fake y ]

    Both depend on the numbers of samples, so compare only at equal ones; the authors take 50,000 and 50,000.

    Args:
        k: int >= 1, which neighbour gives the radius. Defaults to 3, the authors' choice.

    Reference:
        Kynkäänniemi et al. 2019, arXiv:1904.06991, section 2. Deviation: distances are float64, the authors' are not.
        The published values are in features of VGG-16. Naeem et al. 2020 have another `k` and `<`: `DensityCoverage`.

    Example:

    >>> import numpy as np
    >>> real, fake = PrecisionRecall().statistics(), PrecisionRecall().statistics()
    >>> real.update(np.array([[0.0], [1.0], [2.0], [10.0]]))
    >>> fake.update(np.array([[0.5], [1.5], [3.0], [20.0]]))
    >>> results = PrecisionRecall(k=1).value(real, fake)
    >>> results["precision"].value, results["recall"].value
    (0.75, 1.0)
    """

    name = "precision_recall"
    results = {"precision": True, "recall": True}

    def __init__(self, k=3):
        check_k(k)
        self.k = k

    def get_config(self):
        return {"k": self.k}

    def statistics(self):
        return FeatureRows()

    def value(self, real, fake):
        """Returns {"precision", "recall"}; what was found of the same two sets before is taken up again.

        Raises:
            ValueError: if one set has not more than `k` samples, or the widths differ.
        """
        counts = count_in_balls(real, fake, self.k, strict=False)
        return {
            "precision": Estimate(float((counts.real_balls > 0).mean())),
            "recall": Estimate(float((counts.fake_balls > 0).mean())),
        }
