from keras_gan.arguments import check_whole
from keras_gan.metrics.metric import Estimate, Metric
from keras_gan.metrics.sliced_wasserstein import sliced_wasserstein


class MongeDistance(Metric):
    """Squared sliced Wasserstein-2 distance of features, times 3 and their width: the MIND, in Inception's features.

    `3 d mean over unit vectors u of the integral over q of (F_u(q) - G_u(q))^2`, with the quantile functions F_u and
    G_u of the projections on u, as in `sliced_wasserstein`. Between sets that differ by a shift it is expected to be
    three times the shift's squared length, whatever the width. Unlike the Fréchet distance it sees all of the
    distributions, not two moments, and its bias with few samples is small.

    Args:
        directions: number of unit vectors. Defaults to 1000, as published.
        seed: seed of the directions. Defaults to 2020.

    Raises:
        ValueError: if `directions` is below 1; by `value`, if there are no samples, or the widths differ.

    Reference:
        MIND, arXiv:2605.06797. There the larger of two sets is cut down at random to the size of the smaller; here both
        quantile functions are used whole. Directions come from NumPy.

    Example:

    >>> import numpy as np
    >>> points = np.random.default_rng(0).normal(size=(100, 8))
    >>> metric = MongeDistance()
    >>> metric(points, points), round(metric(points, points + 2.0))  # expected: 3 * 8 * 2^2 = 96
    (0.0, 102)
    """

    name = "monge_distance"
    results = {"monge_distance": False}

    def __init__(self, directions=1000, seed=2020):
        check_whole("directions", directions)
        self.directions, self.seed = directions, seed

    def get_config(self):
        return {"directions": self.directions, "seed": self.seed}

    def value(self, real, fake):
        real, fake = real.column(0), fake.column(0)
        distance = sliced_wasserstein(real, fake, self.directions, self.seed, order=2)
        return {"monge_distance": Estimate(3 * real.shape[1] * distance**2)}
