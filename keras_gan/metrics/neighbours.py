"""Nearest neighbours and balls around samples: float64 answers at the speed of float32 matrix products.

Every distance that decides something is a float64 sum of squared differences of the two samples. What cannot decide is
sorted out before by matrix products in tiles, with a proven bound of their rounding error. So results depend neither on
the tiles nor on float32, equal samples are at distance 0, ties are ties, and no matrix of all distances is ever held.
"""

from typing import NamedTuple

import numpy as np

from keras_gan.arguments import check_whole
from keras_gan.metrics.distance_bounds import Candidates, Frame, inside_balls, pair_distances, tiles
from keras_gan.metrics.statistics import Rows

SPARE = 4  # candidates beyond k: fewer leave rows unsettled, more are sorted in vain
KEPT = 5  # the largest k in USUAL
USUAL = ((3, False), (5, True))  # (k, strict) of precision and recall, and of density and coverage: counted in one pass


class FeatureRows(Rows):
    """Features of a set of samples, with what has been found of their neighbours: nothing is computed twice.

    Example:

    >>> import numpy as np
    >>> rows = FeatureRows()
    >>> rows.update(np.array([[0.0], [1.0], [2.0], [10.0]]))
    >>> rows.nearest(2)
    array([[ 1.,  4.],
           [ 1.,  1.],
           [ 1.,  4.],
           [64., 81.]])
    """

    def __init__(self):
        super().__init__()
        self._nearest = self._counted = None

    def update(self, features):
        """Adds features `(batch, width)`.

        Raises:
            ValueError: if they have another number of dimensions or another width, or hold NaN or infinite values.
        """
        features = np.asarray(features)
        if features.ndim != 2 or not features.shape[1]:
            raise ValueError(f"Features must be an array (count, width). Received: shape {features.shape}.")
        super().update(features)
        self._nearest = self._counted = None

    def nearest(self, k):
        """Returns squared distances to the `k` nearest other samples, ascending, float64 `(count, k)`.

        Raises:
            ValueError: if there are not more than `k` samples.
        """
        if self._nearest is None or self._nearest.shape[1] < k:
            features = self.column()
            check_k(k, len(features))
            self._nearest, _ = nearest_others(features, min(max(k, KEPT), len(features) - 1))
        return self._nearest[:, :k]

    def prepare(self):
        if self.count > KEPT:
            self.nearest(KEPT)

    def arrays(self):
        return super().arrays() | ({} if self._nearest is None else {"nearest": self._nearest})

    @classmethod
    def from_arrays(cls, arrays):
        arrays = dict(arrays)
        nearest = arrays.pop("nearest", None)
        rows = super().from_arrays(arrays)
        rows._nearest = nearest
        return rows


class BallCounts(NamedTuple):
    """Who lies in whose ball; a ball reaches to the k-th nearest neighbour within its own set.

    Attributes:
        real_balls: int `(fakes,)`, in the balls of how many reals each fake lies.
        fakes_inside: int `(reals,)`, how many fakes lie in the ball of each real.
        fake_balls: int `(reals,)`, in the balls of how many fakes each real lies.
    """

    real_balls: np.ndarray
    fakes_inside: np.ndarray
    fake_balls: np.ndarray


def count_in_balls(real, fake, k, strict):
    """Counts reals and fakes in each other's balls, in one pass over the pairs.

    Args:
        real: `FeatureRows`.
        fake: `FeatureRows` of the same width. It keeps the counts, until one of the two sets grows.
        k: int >= 1: the radius is the distance to the k-th nearest neighbour, the sample itself left out.
        strict: bool, whether a sample must be nearer than the radius (`<`), or may be as far (`<=`).

    Returns:
        `BallCounts`.

    Raises:
        ValueError: if one set has not more than `k` samples, or the widths differ.
    """
    reals, fakes = real.column(), fake.column()
    check_k(k, len(reals), "reals")
    check_k(k, len(fakes), "fakes")
    check_widths(reals, fakes)
    for rows in (real, fake):
        rows.nearest(k)
    if fake._counted is None or fake._counted[0] is not real._nearest:
        fake._counted = real._nearest, {}
    known = fake._counted[1]
    if (k, strict) not in known:
        largest = min(real._nearest.shape[1], fake._nearest.shape[1])
        wanted = [pair for pair in USUAL if pair[0] <= largest] if (k, strict) in USUAL else [(k, strict)]
        known.update(_count_in_balls(real, fake, wanted))
    return known[k, strict]


def _count_in_balls(real, fake, wanted):
    """Returns {(k, strict): `BallCounts`} for several at once."""
    reals, fakes = real.column(), fake.column()
    frame = Frame.around(reals, fakes)
    found = {pair: BallCounts(*(np.zeros(len(x), "int64") for x in (fakes, reals, reals))) for pair in wanted}
    placed_reals = [(rows, frame.place(reals[rows])) for rows in tiles(len(reals))]
    for columns in tiles(len(fakes)):
        placed_fakes = frame.place(fakes[columns])
        for rows, placed in placed_reals:
            lower = placed.lower(placed_fakes)
            bounds = lower, lower + placed.gap[:, None] + placed_fakes.gap
            parts = frame, bounds, reals[rows], fakes[columns]
            for (k, strict), counts in found.items():
                r, f = inside_balls(*parts, real.nearest(k)[rows, -1:], strict)
                counts.real_balls[columns] += np.bincount(f, minlength=len(placed_fakes.low))
                counts.fakes_inside[rows] += np.bincount(r, minlength=len(placed.low))
                r, _ = inside_balls(*parts, fake.nearest(k)[None, columns, -1], strict)
                counts.fake_balls[rows] += np.bincount(r, minlength=len(placed.low))
    return found


def nearest_others(points, k):
    """Finds the `k` nearest other rows of each row.

    Args:
        points: array `(count, width)`, finite, more than `k` rows.
        k: int >= 1.

    Returns:
        (squared distances float64 `(count, k)`, ascending; row numbers `(count, k)`). Only the row itself is left out,
        not rows equal to it. Of equally near rows any may be named.
    """
    frame = Frame.around(points)
    candidates = Candidates(len(points), min(k + SPARE, len(points) - 1))
    placed = [(rows, frame.place(points[rows])) for rows in tiles(len(points))]
    for number, (rows, one) in enumerate(placed):
        for columns, other in placed[number:]:
            lower = one.lower(other)
            if rows == columns:
                np.fill_diagonal(lower, np.inf)
            else:
                candidates.offer(columns, lower.T, rows.start)
            candidates.offer(rows, lower, columns.start)
    gaps = np.concatenate([part.gap for _, part in placed])
    return _settle(points, points, k, frame, candidates, gaps, gaps, own=np.arange(len(points)))


def nearest(queries, points, k, own=None, dtype="float32"):
    """Finds the `k` rows of `points` nearest to each row of `queries`.

    Args:
        queries: array `(queries, width)`, finite.
        points: array `(count, width)`, finite, at least `k` rows.
        k: int >= 1.
        own: for each query the row of `points` to leave out, or None.
        dtype: precision in which candidates are sought. It decides the speed only.

    Returns:
        (squared distances float64 `(queries, k)`, ascending; row numbers `(queries, k)`). Of equally near rows any
        may be named.
    """
    frame = Frame.around(points, queries, dtype=dtype)
    candidates = Candidates(len(queries), min(k + SPARE, len(points) - (own is not None)), dtype)
    placed_queries = [(rows, frame.place(queries[rows])) for rows in tiles(len(queries))]
    gaps = []
    for columns in tiles(len(points)):
        placed = frame.place(points[columns])
        gaps.append(placed.gap)
        for rows, part in placed_queries:
            lower = part.lower(placed)
            if own is not None:
                here = np.flatnonzero((own[rows] >= columns.start) & (own[rows] < columns.stop))
                lower[here, own[rows][here] - columns.start] = np.inf
            candidates.offer(rows, lower, columns.start)
    query_gaps = np.concatenate([part.gap for _, part in placed_queries])
    return _settle(queries, points, k, frame, candidates, query_gaps, np.concatenate(gaps), own)


def check_k(k, count=None, of="samples"):
    """Raises ValueError unless `k` is an int >= 1, and below `count`, where that is known."""
    check_whole("k", k)
    if count is not None and k >= count:
        raise ValueError(f"`k={k}` neighbours need at least {k + 1} {of}. Received: {count} {of}.")


def check_widths(real, fake):
    """Raises ValueError unless two arrays of features are of one width."""
    if real.shape[1] != fake.shape[1]:
        raise ValueError(
            f"Reals and fakes must have features of one width. Received: widths {real.shape[1]} and {fake.shape[1]}."
        )


def _settle(queries, points, k, frame, candidates, query_gaps, point_gaps, own):
    """Replaces bounds by distances where they can matter; seeks again where the candidates do not suffice."""
    lower, indices = candidates.lower, candidates.indices
    upper = lower + query_gaps[:, None] + point_gaps[indices]
    row, place = np.nonzero(lower <= np.partition(upper, k - 1, axis=1)[:, k - 1 : k])
    squares = np.full(lower.shape, np.inf)
    squares[row, place] = pair_distances(queries, points, row, indices[row, place])
    order = np.lexsort((indices, squares))[:, :k]
    squares, indices = np.take_along_axis(squares, order, axis=1), np.take_along_axis(indices, order, axis=1)
    if lower.shape[1] == len(points) - (own is not None):
        return squares, indices
    farthest = squares[:, -1]
    rest = np.flatnonzero((frame.scaled(farthest) >= lower.max(axis=1)) & (farthest > 0))
    if len(rest):
        left_out = None if own is None else own[rest]
        if frame.dtype == "float32":
            found = nearest(queries[rest], points, k, left_out, "float64")
        else:
            found = _nearest_by_sorting(queries[rest], points, k, left_out)
        squares[rest], indices[rest] = found
    return squares, indices


def _nearest_by_sorting(queries, points, k, own):
    squares, indices = np.empty((len(queries), k)), np.empty((len(queries), k), "int64")
    every = np.arange(len(points))
    for row, query in enumerate(queries):
        distances = pair_distances(query[None], points, np.zeros_like(every), every)
        if own is not None:
            distances[own[row]] = np.inf
        indices[row] = np.argsort(distances, kind="stable")[:k]
        squares[row] = distances[indices[row]]
    return squares, indices
