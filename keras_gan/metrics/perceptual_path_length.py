import numpy as np

from keras_gan.metrics.metric import Estimate, Metric


class PerceptualPathLength(Metric):
    """How far the image moves for a small step along a path between two latents, by a distance of images.

        E[ distance(G(i(a, b; t)), G(i(a, b; t + epsilon))) / epsilon^2 ]

    over pairs of latents a, b, with interpolation i; without the lowest and highest `discard` per cent. Short means
    that the latent space is smooth. `lengths` measures the paths; `value` averages them.

    Images must be floats, as the generator makes them: a step of 1e-4 is lost in uint8, where rounding to 256 levels
    decides the value. Latents are drawn by the caller, in the space that `generate` takes: z, or w behind a mapping
    network.

    The published score is in LPIPS with VGG-16. Pass such a function and `distance="lpips_vgg16"`: the result is then
    called "perceptual_path_length". With any other it is "path_length", such as with `FeatureDistance`, which needs
    nothing but an extractor.

    Args:
        distance: str, what the distance is called. It is part of the protocol. Defaults to "features".
        epsilon: float, the step. Defaults to 1e-4, as published.
        interpolation: "linear" (default), for w or for z; "spherical", along the great circle, for normal z; or
            "spherical_unit", the same between latents scaled to length 1, for generators that scale them so.
        position: "end" (default): t = 0, as StyleGAN2 is reported; or "full": t uniform in [0, 1), by `seed`.
        discard: float in [0, 50), per cent at each end. Defaults to 1, as published.
        seed: int, of the positions.

    Raises:
        ValueError: if an argument is out of range.

    Reference:
        Karras et al. 2019, arXiv:1812.04948, section 4.1; Karras et al. 2020, arXiv:1912.04958, section 3 ("end", in
        w). "spherical": White 2016, arXiv:1609.04468. Deviation: no crop of the image; let `generate` do it.

    Example:

    >>> import numpy as np
    >>> metric = PerceptualPathLength(distance="squared")
    >>> lengths = metric.statistics()
    >>> a, b = np.zeros((8, 2)), np.tile([3.0, 4.0], (8, 1))
    >>> double = lambda latents: 2 * latents
    >>> squared = lambda x, y: np.sum((x - y) ** 2, axis=1)
    >>> lengths.update(metric.lengths(double, a, b, squared))
    >>> round(metric.value(None, lengths)["path_length"].value, 6)
    100.0
    """

    name = "perceptual_path_length"
    columns = ("path_length",)
    needs_real = False

    def __init__(self, distance="features", epsilon=1e-4, interpolation="linear", position="end", discard=1.0, seed=0):
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be above 0. Received: epsilon={epsilon!r}.")
        if interpolation not in INTERPOLATIONS:
            raise ValueError(
                f"`interpolation` must be one of {', '.join(map(repr, INTERPOLATIONS))}. "
                f"Received: interpolation={interpolation!r}."
            )
        if position not in ("end", "full"):
            raise ValueError(f'`position` must be "end" or "full". Received: position={position!r}.')
        if not 0 <= discard < 50:
            raise ValueError(f"`discard` must lie in [0, 50) per cent. Received: discard={discard!r}.")
        self.distance, self.epsilon, self.interpolation = distance, epsilon, interpolation
        self.position, self.discard, self.seed = position, discard, seed
        self.results = {"perceptual_path_length" if distance == "lpips_vgg16" else "path_length": False}

    def get_config(self):
        keys = ("distance", "epsilon", "interpolation", "position", "discard", "seed")
        return {key: getattr(self, key) for key in keys}

    def lengths(self, generate, start, end, distance, batch_size=64):
        """Measures one path for each pair of latents.

        Args:
            generate: function of latents `(batch, ...)`, of the dtype of `start`, that returns float images.
            start: float array `(count, ...)`, latents.
            end: float array of the same shape.
            distance: function of two arrays of images that returns `(batch,)`, such as `FeatureDistance`.
            batch_size: int, pairs at a time. Defaults to 64.

        Returns:
            float64 `(count,)`, distances over epsilon^2.

        Raises:
            TypeError: if `generate` returns other than floats.
            ValueError: if the latents differ in shape, or `distance` does not give one number per pair.
        """
        start, end = np.asarray(start), np.asarray(end)
        if start.shape != end.shape or not np.issubdtype(start.dtype, np.floating):
            raise ValueError(
                "`start` and `end` must be float latents of one shape. "
                f"Received: {start.dtype} {start.shape} and {end.dtype} {end.shape}."
            )
        t = np.zeros(len(start)) if self.position == "end" else np.random.default_rng(self.seed).random(len(start))
        between, found = INTERPOLATIONS[self.interpolation], []
        for first in range(0, len(start), batch_size):
            part = slice(first, first + batch_size)
            a, b, at = start[part].astype("float64"), end[part].astype("float64"), t[part]
            images = [
                _check_float(np.asarray(generate(between(a, b, position).astype(start.dtype))))
                for position in (at, at + self.epsilon)
            ]
            found.append(_check_one_each(np.asarray(distance(*images), "float64"), len(at)))
        return np.concatenate(found) / self.epsilon**2 if found else np.zeros(0)

    def value(self, real, fake):
        """Returns the mean of the lengths in `fake` that lie within the percentiles.

        Raises:
            ValueError: if there are none, or some are not finite.
        """
        (name,) = self.results
        lengths = fake.column().astype("float64")
        low = np.percentile(lengths, self.discard, method="lower")
        high = np.percentile(lengths, 100 - self.discard, method="higher")
        return {name: Estimate(float(lengths[(lengths >= low) & (lengths <= high)].mean()))}


class FeatureDistance:
    """Squared Euclidean distance between features of length 1, averaged over places where features have places.

    The form of LPIPS without its learned weights: a number of its own, not LPIPS.

    Args:
        features: function of float images that returns features `(batch, channels)` or `(batch, ..., channels)`.

    Example:

    >>> import numpy as np
    >>> distance = FeatureDistance(lambda images: images)
    >>> distance(np.array([[3.0, 0.0]]), np.array([[0.0, 5.0]]))
    array([2.])
    """

    def __init__(self, features):
        self.features = features

    def __call__(self, a, b):
        """Returns float64 `(batch,)`, from 0 to 4."""
        a, b = (np.asarray(self.features(images), "float64") for images in (a, b))
        squares = np.square(_unit(a) - _unit(b)).sum(axis=-1)
        return squares.reshape(len(squares), -1).mean(axis=1)


def linear(a, b, t):
    """Interpolates between latents `(count, ...)` at `t`, `(count,)`, along a straight line."""
    t = t.reshape(-1, *[1] * (a.ndim - 1))
    return a + t * (b - a)


def spherical(a, b, t):
    """Interpolates along the great circle: (sin((1 - t) w) a + sin(t w) b) / sin w, w the angle between a and b.

    Where a and b are parallel, along the straight line.
    """
    shape, t = a.shape, t[:, None]
    a, b = a.reshape(len(a), -1), b.reshape(len(b), -1)
    angle = np.arccos(np.clip(np.sum(_unit(a) * _unit(b), axis=1, keepdims=True), -1, 1))
    sine = np.sin(angle)
    flat = sine < 1e-9  # sin(t w) / sin w has lost its digits
    divisor = np.where(flat, 1, sine)
    weights = [np.where(flat, part, np.sin(part * angle) / divisor) for part in (1 - t, t)]
    return (weights[0] * a + weights[1] * b).reshape(shape)


def spherical_unit(a, b, t):
    """Interpolates along the great circle between latents scaled to length 1."""
    a, b = (_unit(latents.reshape(len(latents), -1)).reshape(latents.shape) for latents in (a, b))
    return spherical(a, b, t)


INTERPOLATIONS = {"linear": linear, "spherical": spherical, "spherical_unit": spherical_unit}


def _unit(x):
    return x / np.maximum(np.sqrt(np.square(x).sum(axis=-1, keepdims=True)), 1e-10)


def _check_float(images):
    if not np.issubdtype(images.dtype, np.floating):
        raise TypeError(
            f"`generate` must return float images. Received: dtype {images.dtype}. A step of epsilon is lost in levels."
        )
    return images


def _check_one_each(distances, count):
    if distances.shape != (count,):
        raise ValueError(f"`distance` must return one number per pair, ({count},). Received: shape {distances.shape}.")
    return distances
