import numpy as np

from keras_gan.arguments import check_whole
from keras_gan.features.extractor import check_images
from keras_gan.metrics.metric import Estimate, Metric
from keras_gan.metrics.statistics import check_features

PATCH = 7
BINOMIAL = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
BLOCK = 32


class SlicedWasserstein(Metric):
    """Sliced Wasserstein distance between small patches of real and fake images, averaged over scales.

    Images become Laplacian pyramids: band after band of detail, halved in size down to the last level of at least
    `smallest` pixels (shorter side), which keeps the rest. In each level, patches of 7x7 pixels are normalized to
    mean 0 and deviation 1 per channel, reals and fakes each by their own moments, and the distance between the two sets
    of patches is taken as in `sliced_wasserstein`. Fine levels judge texture, coarse ones structure; nothing is learnt,
    so that it suits images on which no classifier was trained. The published tables show 1000 times this number.

    Images stay uint8 until measured; memory is that of the pyramid, float32, and of `patches * images` projections on
    32 directions.

    Args:
        patches: patches an image and level, from 1. Defaults to 128, as published; all of them where a level has fewer.
        directions: number of directions. Defaults to 512, as published.
        order: 1, the earth mover's distance (default, as published), or 2.
        smallest: least size of a level, pixels, from 7. Defaults to 16, as published: 28x28 images then have one level,
            14 gives them two.
        seed: seed of the places and the directions. Defaults to 2020.

    Raises:
        ValueError: if an argument is out of range; by `value`, if images are smaller than 7 pixels, or reals and fakes
            differ in shape.

    Reference:
        Karras et al. 2018, arXiv:1710.10196, section 5; Burt and Adelson 1983 for the pyramid (5-tap binomial filter,
        mirrored border). Here all images are cut at the same random places, so that neither the order of the images nor
        repeating them changes the value, and equal sets have distance 0.

    Example:

    >>> import numpy as np
    >>> images = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 1), "uint8")
    >>> metric = SlicedWasserstein(directions=16)
    >>> metric(images, images), metric(images, np.sort(images, axis=1)) > 0.05
    (0.0, True)
    """

    name = "sliced_wasserstein"
    columns = ("image",)
    results = {"sliced_wasserstein": False}

    def __init__(self, patches=128, directions=512, order=1, smallest=16, seed=2020):
        check_whole("patches", patches)
        check_whole("smallest", smallest, PATCH)
        _check_settings(directions, order)
        self.patches, self.directions, self.order = patches, directions, order
        self.smallest, self.seed = smallest, seed

    def get_config(self):
        return {
            "patches": self.patches,
            "directions": self.directions,
            "order": self.order,
            "smallest": self.smallest,
            "seed": self.seed,
        }

    def value(self, real, fake):
        return {"sliced_wasserstein": Estimate(float(np.mean(list(self.levels(real, fake).values()))))}

    def levels(self, real, fake):
        """Returns {"height x width" of a level: its distance}, finest first, for `Rows` of images."""
        real, fake = check_images(real.column(0)), check_images(fake.column(0))
        if real.shape[1:] != fake.shape[1:]:
            raise ValueError(
                "Reals and fakes must have one shape. "
                f"Received: shapes {real.shape[1:]} and {fake.shape[1:]}. Resize one of them."
            )
        if min(real.shape[1:3]) < PATCH:
            raise ValueError(f"Images must be at least {PATCH}x{PATCH} pixels. Received: shape {real.shape[1:]}.")
        random = np.random.default_rng(self.seed)
        found = {}
        for one, other in zip(*(laplacian_pyramid(images, self.smallest) for images in (real, fake)), strict=True):
            height, width, channels = one.shape[1:]
            places = (height - PATCH + 1) * (width - PATCH + 1)
            chosen = random.choice(places, min(self.patches, places), replace=False)
            corners = [divmod(int(place), width - PATCH + 1) for place in chosen]
            units = _unit_vectors(random, self.directions, PATCH * PATCH * channels)
            distance = _distance(_PatchCloud(one, corners), _PatchCloud(other, corners), units, self.order)
            found[f"{height}x{width}"] = distance
        return found


def sliced_wasserstein(real, fake, directions=512, seed=2020, order=2):
    """Computes the sliced Wasserstein distance between two sets of points.

    `(mean over unit vectors u of the integral over q from 0 to 1 of |F_u(q) - G_u(q)|^order)^(1 / order)`, where F_u
    and G_u are the quantile functions of the two sets' projections on u: the steps through the sorted values, value i
    of n from i/n to (i+1)/n. The integral is exact for sets of different sizes too: nothing is drawn or interpolated.

    Args:
        real: array `(count, width)`.
        fake: array `(count, width)`.
        directions: number of directions, drawn evenly from the unit sphere, or an array `(number, width)` of unit
            vectors. Defaults to 512.
        seed: seed of the directions. Defaults to 2020.
        order: 1 or 2. Defaults to 2.

    Returns:
        float.

    Raises:
        ValueError: if an argument is out of range, a set is empty or not finite, or the widths differ.

    Reference:
        Rabin et al. 2011, "Wasserstein barycenter and its application to texture mixing", section 2.3; Bonneel et al.
        2015, section 3.

    Example:

    >>> import numpy as np
    >>> sliced_wasserstein([[0.0], [1.0]], [[3.0], [3.0], [4.0], [4.0]])
    3.0
    """
    real, fake = check_features(real), check_features(fake)
    if real.shape[1] != fake.shape[1]:
        raise ValueError(f"Sets must have one width. Received: widths {real.shape[1]} and {fake.shape[1]}.")
    if not (len(real) and len(fake)):
        raise ValueError(f"Sets must not be empty. Received: {len(real)} and {len(fake)} points.")
    if np.ndim(directions) == 2:
        units = check_features(directions)
        _check_settings(len(units), order)
    else:
        _check_settings(directions, order)
        units = _unit_vectors(np.random.default_rng(seed), directions, real.shape[1])
    return _distance(_Points(real), _Points(fake), units, order)


def laplacian_pyramid(images, smallest=16):
    """Splits images into bands of detail.

    Args:
        images: array `(count, height, width, channels)`.
        smallest: least size of a level, pixels of the shorter side.

    Returns:
        List of float32 arrays, finest first: each the difference between a level and what its halved copy tells of it,
        the last the coarsest level itself (the images, if they are too small to be halved).
    """
    level, bands = np.asarray(images, "float32"), []
    while min(level.shape[1:3]) >= 2 * smallest - 1:
        smaller = _smooth(level)[:, ::2, ::2]
        spread = np.zeros_like(level)
        spread[:, ::2, ::2] = smaller
        bands.append(level - 4 * _smooth(spread))
        level = smaller
    return [*bands, level]


def _smooth(images):
    """5x5 binomial filter, the border mirrored without repeating the outermost pixels."""
    for axis in (1, 2):
        padding = [(0, 0)] * 4
        padding[axis] = (2, 2)
        padded, length = np.pad(images, padding, mode="reflect"), images.shape[axis]
        images = sum(
            np.float32(weight) * padded.take(range(offset, offset + length), axis)
            for offset, weight in enumerate(BINOMIAL)
        )
    return images


class _Points:
    """A set of points to be projected."""

    def __init__(self, points):
        self.points, self.count = points, len(points)

    def project(self, units):
        """Returns `(directions, count)`."""
        return units @ self.points.T


class _PatchCloud:
    """The normalized patches of a level at some corners; cut anew for each projection, as they overlap."""

    def __init__(self, level, corners):
        self.level, self.corners, self.count = level, corners, len(level) * len(corners)
        sums = sum(patch.mean(axis=(0, 1), dtype="float64") for patch in self._patches())
        self.mean = sums / len(corners)
        squares = sum(((patch - self.mean) ** 2).mean(axis=(0, 1)) for patch in self._patches())
        deviation = np.sqrt(squares / len(corners))
        self.deviation = np.where(deviation > 0, deviation, 1.0)  # a channel of one value has no scale of its own

    def _patches(self):
        """Yields `(images, pixels, channels)` per corner."""
        images, _, _, channels = self.level.shape
        for row, column in self.corners:
            yield self.level[:, row : row + PATCH, column : column + PATCH].reshape(images, -1, channels)

    def project(self, units):
        parts = [
            units @ ((patch - self.mean) / self.deviation).reshape(len(self.level), -1).T for patch in self._patches()
        ]
        return np.concatenate(parts, axis=1)


def _check_settings(directions, order):
    check_whole("directions", directions)
    if order not in (1, 2):
        raise ValueError(f"`order` must be 1 or 2. Received: order={order!r}.")


def _unit_vectors(random, count, width):
    vectors = random.standard_normal((count, width))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _distance(one, other, units, order):
    """The sliced distance between two clouds, block by block of directions."""
    weights, *indices = _quantile_steps(one.count, other.count)
    total = 0.0
    for start in range(0, len(units), BLOCK):
        block = units[start : start + BLOCK]
        for first, second in zip(one.project(block), other.project(block), strict=True):
            first.sort()
            second.sort()
            if one.count != other.count:
                first, second = first[indices[0]], second[indices[1]]
            total += float(np.abs(first - second) ** order @ weights)
    return (total / len(units)) ** (1 / order)


def _quantile_steps(first, second):
    """Returns the widths of the intervals on which both quantile functions are constant, and both values' indices."""
    # Whole numbers of 1 / (first * second): equal edges are found exactly.
    edges = np.union1d(np.arange(1, first + 1) * second, np.arange(1, second + 1) * first)
    return np.diff(edges, prepend=0) / (first * second), (edges - 1) // second, (edges - 1) // first
