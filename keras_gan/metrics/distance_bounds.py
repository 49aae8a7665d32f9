"""Bounds of all distances by matrix products, float64 distances of the pairs that bounds cannot decide."""

import math
from typing import NamedTuple

import numpy as np

TILE = 2048  # rows and columns of a matrix product
PAIR_BYTES = 2**20  # of float64 differences at a time, about a processor core's second-level cache


def tiles(count):
    """Returns slices that cut `count` rows into tiles."""
    return [slice(start, min(start + TILE, count)) for start in range(0, count, TILE)]


def squared_distances(a, b):
    """Returns float64 `(pairs,)`: the squared distance of each row of `a` and the same row of `b`."""
    difference = np.subtract(a, b, dtype="float64")
    return np.square(difference, out=difference).sum(axis=1)


def pair_distances(a, b, i, j):
    """Returns the squared distances of `a[i]` and `b[j]`."""
    squares = np.empty(len(i))
    step = max(1, PAIR_BYTES // (8 * a.shape[1]))
    for start in range(0, len(i), step):
        part = slice(start, start + step)
        squares[part] = squared_distances(a[i[part]], b[j[part]])
    return squares


class Placed(NamedTuple):
    """A tile's rows in its frame. `low + low' - 2 values @ values'` never exceeds the squared distance; adding
    `gap + gap'` never falls below it."""

    values: np.ndarray
    low: np.ndarray
    gap: np.ndarray

    def lower(self, other):
        """Returns lower bounds of the squared distances, `(rows, rows of other)`."""
        tile = self.values @ other.values.T
        tile *= -2
        tile += self.low[:, None]
        tile += other.low
        return tile


class Frame(NamedTuple):
    """Where features are put before a matrix product: the mean at 0, without which float32 cancels; entries up to 1.

    Attributes:
        centre: float64 `(width,)`, what becomes 0.
        scale: float, a power of two.
        dtype: str, precision of the matrix product.
    """

    centre: np.ndarray
    scale: float
    dtype: str

    @classmethod
    def around(cls, *sets, dtype="float32"):
        """Makes the frame of some arrays of features: the mean of the first, the scale of all."""
        centre = sets[0].mean(axis=0, dtype="float64")
        spread = max(np.maximum(s.max(axis=0) - centre, centre - s.min(axis=0)).max() for s in sets)
        exponent = max(-500, math.frexp(spread)[1])
        return cls(centre, math.ldexp(1.0, -exponent), dtype)  # a power of two: scaling rounds nothing

    def place(self, features):
        """Returns features as `Placed`."""
        values = np.subtract(features, self.centre, dtype="float64")
        values *= self.scale
        values = values.astype(self.dtype)
        squares = np.square(values, dtype="float64").sum(axis=1)
        unit, width = np.finfo(self.dtype).eps / 2, values.shape[1]
        # |error| <= slack * (|a|^2 + |b|^2): of the product in any order of summation (Higham 2002, equation 3.5), with
        # 15 units for rounding values, squares and sums, 60 for those of `squared_distances`. `tiny`: underflow.
        slack, tiny = width * unit / (1 - width * unit) + 80 * unit, np.finfo(self.dtype).tiny * 2.0**26
        low, gap = (1 - slack) * squares - tiny, 2 * (slack * squares + tiny)
        return Placed(values, low.astype(self.dtype), gap.astype(self.dtype))

    def scaled(self, squares):
        """Returns what becomes of squared distances in the frame."""
        return squares * self.scale * self.scale


class Candidates:
    """The `size` smallest lower bounds of each row, and the columns that they came from."""

    def __init__(self, count, size, dtype="float32"):
        self.lower = np.full((count, size), np.inf, dtype)
        self.indices = np.zeros((count, size), "int64")

    def offer(self, rows, tile, first):
        """Takes in a tile `(rows, columns)`, the first of its columns having the number `first`."""
        size, width = self.lower.shape[1], tile.shape[1]
        limit = self.lower[rows].max(axis=1)
        if width > size:  # of the minima of disjoint parts, `size` are no larger than this: nor are `size` entries
            minima = np.minimum.reduceat(tile, np.arange(0, width, max(1, width // (8 * size))), axis=1)
            limit = np.minimum(limit, np.partition(minima, size - 1, axis=1)[:, size - 1])
        row, column = np.nonzero(tile <= limit[:, None])
        count = len(tile)
        row = np.concatenate([row, np.repeat(np.arange(count), size)])
        lower = np.concatenate([tile[row[: len(column)], column], self.lower[rows].ravel()])
        indices = np.concatenate([column + first, self.indices[rows].ravel()])
        order = np.lexsort((lower, row))
        begin = np.searchsorted(row[order], np.arange(count))
        chosen = order[begin[:, None] + np.arange(size)]
        self.lower[rows], self.indices[rows] = lower[chosen], indices[chosen]


def inside_balls(frame, bounds, a, b, squared_radii, strict):
    """Finds the pairs of a tile that are nearer than a radius.

    Args:
        frame: `Frame`.
        bounds: (lower, upper) bounds of the squared distances in the frame, `(rows, columns)`.
        a: features of the rows.
        b: features of the columns.
        squared_radii: float64 `(rows, 1)` or `(1, columns)`.
        strict: bool, whether a pair as far apart as the radius is outside.

    Returns:
        (rows, columns) of the pairs.
    """
    lower, upper = bounds
    rounded = frame.scaled(squared_radii).astype(frame.dtype)
    certain = upper < np.nextafter(rounded, -np.inf, dtype=frame.dtype)
    i, j = np.divmod(np.flatnonzero(certain), lower.shape[1])
    possible = lower <= np.nextafter(rounded, np.inf, dtype=frame.dtype)
    open_i, open_j = np.divmod(np.flatnonzero(possible ^ certain), lower.shape[1])
    squares = pair_distances(a, b, open_i, open_j)
    limits = np.broadcast_to(squared_radii, lower.shape)[open_i, open_j]
    inside = squares < limits if strict else squares <= limits
    return np.concatenate([i, open_i[inside]]), np.concatenate([j, open_j[inside]])
