import math
from typing import Any, NamedTuple

import numpy as np

from keras_gan.metrics.metric import Estimate, Metric

REACH = 3.0


class Mixture(NamedTuple):
    """Equally likely round Gaussians, the toy data on which lost modes can be counted.

    Attributes:
        centers: list of points, each a list of numbers.
        deviation: float, the standard deviation along each axis.
    """

    centers: Any
    deviation: float

    def sample(self, count, seed=0):
        """Draws points.

        Args:
            count: int.
            seed: int. Defaults to 0.

        Returns:
            float64 `(count, width)`.
        """
        random = np.random.default_rng(seed)
        centers = np.asarray(self.centers, "float64")
        chosen = centers[random.integers(len(centers), size=count)]
        return chosen + self.deviation * random.standard_normal(chosen.shape)


def ring(modes=8, radius=1.0, deviation=0.01):
    """Returns a `Mixture` on a circle: mode i at radius (cos, sin)(2 pi i / modes). The defaults are PacGAN's.

    Example:

    >>> len(ring().centers), ring().deviation, ring().sample(5).shape
    (8, 0.01, (5, 2))
    """
    angles = [2 * math.pi * mode / modes for mode in range(modes)]
    return Mixture([[radius * math.cos(angle), radius * math.sin(angle)] for angle in angles], deviation)


def grid(modes=25, spacing=2.0, deviation=0.05):
    """Returns a `Mixture` on a square grid around 0. The defaults, {-4, -2, 0, 2, 4}^2, are PacGAN's.

    Args:
        modes: int, a square number.
        spacing: distance of neighbours.
        deviation: standard deviation of a mode.

    Raises:
        ValueError: if `modes` is not a square number.

    Example:

    >>> grid(4).centers
    [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]
    """
    side = math.isqrt(modes)
    if side * side != modes or modes < 1:
        raise ValueError(f"`modes` must be a square number. Received: modes={modes!r}. Use 9, 16, 25 ...")
    line = [spacing * (index - (side - 1) / 2) for index in range(side)]
    return Mixture([[x, y] for x in line for y in line], deviation)


class MixtureCoverage(Metric):
    """Which modes of a mixture of Gaussians generated points find, and how well they fill them.

    Each point belongs to the nearest center; it is good if it lies within 3 deviations of it. Results:

    - "modes": number of centers with at least one good point.
    - "high_quality": share of good points. The mixture itself gets 0.98889 in two dimensions, 1 - exp(-4.5), not 1:
      more means that the modes are too narrow.
    - "spread": mean over the modes of the good points' deviation around their own mean, as a multiple of what the
      mixture's good points have; its deviation is that over the modes. 1 is right, below is too narrow. 0 where no mode
      has two good points.

    The published protocol takes 2,500 points and the mean over 10 trained generators.

    Args:
        centers: list of the modes' centers, each of the points' width.
        deviation: standard deviation of a mode along each axis, above 0.

    Raises:
        ValueError: if an argument is out of range; by `value`, if the points are of another width or not finite.

    Reference:
        Lin et al. 2018, arXiv:1712.04086, section 4.1, after Srivastava et al. 2017, arXiv:1705.07761. "spread" is not
        theirs.

    Example:

    >>> metric = MixtureCoverage(*ring(8))
    >>> points = metric.statistics()
    >>> points.update(ring(8).sample(2500))
    >>> {name: round(estimate.value, 1) for name, estimate in metric.value(None, points).items()}
    {'modes': 8.0, 'high_quality': 1.0, 'spread': 1.0}
    """

    name = "mixture_coverage"
    results = {"modes": True, "high_quality": True, "spread": None}
    needs_real = False

    def __init__(self, centers, deviation):
        points = np.asarray(centers, "float64")
        if points.ndim != 2 or not points.size or not np.isfinite(points).all():
            raise ValueError(f"`centers` must be a list of points of one width. Received: shape {points.shape}.")
        if not 0 < deviation < math.inf:
            raise ValueError(f"`deviation` must be above 0. Received: deviation={deviation!r}.")
        self.centers, self.deviation = points.tolist(), float(deviation)

    def get_config(self):
        return {"centers": self.centers, "deviation": self.deviation}

    def value(self, real, fake):
        points = fake.column(0)
        nearest, good = self._assign(points)
        found = np.unique(nearest[good])
        spreads = self.spreads(points)
        spreads = spreads[np.isfinite(spreads)]
        mean, deviation = (spreads.mean(), spreads.std()) if len(spreads) else (0.0, 0.0)
        return {
            "modes": Estimate(float(len(found))),
            "high_quality": Estimate(float(good.mean())),
            "spread": Estimate(float(mean), float(deviation)),
        }

    def spreads(self, points):
        """Returns each mode's spread, float64 `(modes,)`, NaN for modes with fewer than two good points.

        Args:
            points: array `(count, width)`.
        """
        nearest, good = self._assign(points)
        width = len(self.centers[0])
        # The variance along an axis of a round Gaussian cut at 3 deviations.
        expected = self.deviation**2 * _chance(width + 2) / _chance(width)
        spreads = np.full(len(self.centers), np.nan)
        for mode in range(len(self.centers)):
            own = points[good & (nearest == mode)]
            if len(own) > 1:
                spreads[mode] = np.sqrt(own.var(axis=0, ddof=1, dtype="float64").mean() / expected)
        return spreads

    def floor(self, real, fake_count):
        """Returns what independent samples of the mixture itself are expected to get.

        Args:
            real: not used.
            fake_count: int, number of points.

        Returns:
            {"modes": float, "high_quality": float, "spread": float}.
        """
        modes, inside = len(self.centers), _chance(len(self.centers[0]))
        return {
            "modes": modes * (1 - (1 - inside / modes) ** fake_count),
            "high_quality": inside,
            "spread": 1.0,
        }

    def _assign(self, points):
        """Returns the nearest center's index and whether the point is within reach of it, `(count,)` each."""
        if points.ndim != 2 or points.shape[1] != len(self.centers[0]):
            raise ValueError(f"Points must have the centers' width, {len(self.centers[0])}. Received: {points.shape}.")
        squares = np.stack([np.sum((points - np.asarray(center)) ** 2, axis=1) for center in self.centers], axis=1)
        return squares.argmin(axis=1), squares.min(axis=1) < (REACH * self.deviation) ** 2


def _chance(width):
    """Probability that a round Gaussian of `width` dimensions lies within 3 deviations of its center."""
    half = REACH**2 / 2
    # From 1 or 2 dimensions up, two at a time: P(width + 2) = P(width) - half^(width / 2) exp(-half) / (width / 2)!
    low, chance = (1, math.erf(math.sqrt(half))) if width % 2 else (2, 1 - math.exp(-half))
    for lower in range(low, width, 2):
        chance -= half ** (lower / 2) * math.exp(-half) / math.gamma(lower / 2 + 1)
    return chance
