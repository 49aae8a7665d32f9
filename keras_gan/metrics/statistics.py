"""What metrics keep of a set of samples: filled batch by batch, in float64, mergeable over processes."""

import numpy as np


class Statistics:
    """Base of what is kept of one set of samples.

    `update(*columns)` takes a batch, `merge(other)` another part of the same set; the order and the sizes of the
    batches do not matter. `arrays()` and `from_arrays` carry the state to a file and back.

    Attributes:
        count: int, number of samples seen.
    """

    count = 0

    def update(self, *columns):
        """Adds a batch: one array `(batch, ...)` per column."""
        raise TypeError(f"{type(self).__name__} must define `update(*columns)`.")

    def merge(self, other):
        """Adds what another object of the same kind has seen."""
        raise TypeError(f"{type(self).__name__} must define `merge(other)`.")

    def prepare(self):
        """Computes what is costly and follows from this set alone, for `arrays()` to carry. By default nothing."""

    def arrays(self):
        """Returns the state as {name: array}."""
        raise TypeError(f"{type(self).__name__} must define `arrays()`.")

    @classmethod
    def from_arrays(cls, arrays):
        """Makes the object from `arrays()`."""
        statistics = cls()
        for name, value in arrays.items():
            setattr(statistics, name, value)
        statistics.count = int(statistics.count)
        return statistics


class Moments(Statistics):
    """Mean and centred second moment of features, by the pairwise update of Chan et al.

    Raw sums of squares lose every digit when the mean is large against the spread (of features with mean 1e4 and
    deviation 1, nothing is left in float32); centred sums, merged in float64, keep 13.

    Attributes:
        count: int, number of rows.
        mean: float64 `(width,)`.
        scatter: float64 `(width, width)`, sum of (x - mean)(x - mean)^T.

    Reference:
        Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance", equation 2.1.

    Example:

    >>> import numpy as np
    >>> moments = Moments()
    >>> moments.update(np.array([[0.0, 0.0], [2.0, 0.0]]))
    >>> moments.update(np.array([[4.0, 0.0]]))
    >>> moments.mean, moments.covariance()
    (array([2., 0.]), array([[4., 0.], [0., 0.]]))
    """

    mean = None
    scatter = None

    def update(self, features):
        features = check_features(features)
        if not len(features):
            return
        mean = features.mean(axis=0)
        centred = features - mean
        self._add(len(features), mean, centred.T @ centred)

    def merge(self, other):
        if other.count:
            self._add(other.count, other.mean, other.scatter)

    def _add(self, count, mean, scatter):
        if self.mean is None:
            self.count, self.mean, self.scatter = count, mean, scatter
            return
        if len(mean) != len(self.mean):
            raise ValueError(f"Features must keep their width, {len(self.mean)}. Received: width {len(mean)}.")
        total = self.count + count
        difference = mean - self.mean
        self.mean = self.mean + difference * (count / total)
        self.scatter = self.scatter + scatter + np.outer(difference, difference) * (self.count * count / total)
        self.count = total

    def covariance(self, ddof=1):
        """Returns the covariance, float64 `(width, width)`: the scatter over `count - ddof`.

        Raises:
            ValueError: if `count` is not above `ddof`.
        """
        if self.count <= ddof:
            raise ValueError(f"A covariance needs at least {ddof + 1} samples. Received: {self.count}.")
        return self.scatter / (self.count - ddof)

    def arrays(self):
        return {"count": np.array(self.count), "mean": self.mean, "scatter": self.scatter}


class Rows(Statistics):
    """The samples themselves, one array per column (features, labels, images ...), as they came.

    Example:

    >>> import numpy as np
    >>> rows = Rows()
    >>> rows.update(np.zeros((2, 3)), np.array([0, 1]))
    >>> rows.update(np.ones((1, 3)), np.array([2]))
    >>> rows.column(1)
    array([0, 1, 2])
    """

    def __init__(self):
        self.parts = []

    @property
    def count(self):
        return sum(len(part[0]) for part in self.parts)

    def update(self, *columns):
        columns = tuple(np.asarray(column) for column in columns)
        for column in columns:
            check_finite(column)
        if len({len(column) for column in columns}) != 1:
            raise ValueError(
                f"Columns of one batch must be of one length. Received: lengths {[len(column) for column in columns]}."
            )
        if self.parts and (kept := [c.shape[1:] for c in self.parts[0]]) != (came := [c.shape[1:] for c in columns]):
            raise ValueError(f"Samples must keep their shapes, {kept}. Received: shapes {came}.")
        if len(columns[0]):
            self.parts.append(columns)

    def merge(self, other):
        for part in other.parts:
            self.update(*part)

    def column(self, index=0):
        """Returns one column of all samples, `(count, ...)`."""
        if not self.parts:
            raise ValueError("At least one sample is needed. Received: none.")
        if len(self.parts) > 1:
            self.parts = [tuple(np.concatenate(column) for column in zip(*self.parts, strict=True))]
        return self.parts[0][index]

    def arrays(self):
        return {f"column_{index}": self.column(index) for index in range(len(self.parts[0]) if self.parts else 0)}

    @classmethod
    def from_arrays(cls, arrays):
        rows = cls()
        if arrays:
            rows.update(*(arrays[f"column_{index}"] for index in range(len(arrays))))
        return rows


def check_features(features):
    """Returns features as a float64 array `(count, width)`.

    Raises:
        ValueError: if they have another number of dimensions, or hold NaN or infinite values.
    """
    features = np.asarray(features, "float64")
    if features.ndim != 2:
        raise ValueError(f"Features must be an array (count, width). Received: shape {features.shape}.")
    check_finite(features)
    return features


def check_finite(values):
    """Raises ValueError if a float array holds NaN or infinite values."""
    if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
        axes = tuple(range(1, values.ndim))
        bad = np.flatnonzero(~np.isfinite(values).all(axis=axes)) if axes else np.flatnonzero(~np.isfinite(values))
        raise ValueError(
            f"Features must be finite. Received: NaN or infinite values in {len(bad)} of {len(values)} samples, "
            f"the first at {bad[0]}. Look at those images: the generator may have diverged."
        )
