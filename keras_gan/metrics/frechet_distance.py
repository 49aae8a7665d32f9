import numpy as np

from keras_gan.metrics.metric import Estimate, Metric
from keras_gan.metrics.statistics import Moments, check_features

BLOCK = 256


class FrechetDistance(Metric):
    """Fréchet distance between two Gaussians with the moments of reals and fakes: the FID, in Inception's features.

    `|m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)`, with means m and covariances S. The trace of the root is the sum
    of the singular values of A^T B, where S1 = A A^T and S2 = B B^T: Cholesky factors, or, where samples are fewer than
    features or features collapsed, one factor from the eigenvalues. Nothing is added to a diagonal, so that singular
    covariances keep their distance. Eigenvalues below zero, which rounding makes, count as zero.

    Fewer samples than features are allowed, but then the value is mostly bias: read it against `floor`.

    Args:
        ddof: 1, covariances are sums over n - 1 (the published FID), or 0, over n.

    Raises:
        ValueError: if `ddof` is another; by `value`, if there are fewer than two reals or fakes, or widths differ.

    Reference:
        Heusel et al. 2017, arXiv:1706.08500, equation 6.

    Example:

    >>> import numpy as np
    >>> points = np.random.default_rng(0).normal(size=(100, 3))
    >>> round(FrechetDistance()(points, points + [1.0, 2.0, 0.0]), 6)
    5.0
    """

    name = "frechet_distance"
    results = {"frechet_distance": False}

    def __init__(self, ddof=1):
        if ddof not in (0, 1):
            raise ValueError(f"`ddof` must be 0 or 1. Received: ddof={ddof!r}.")
        self.ddof = ddof

    def get_config(self):
        return {"ddof": self.ddof}

    def statistics(self):
        return Moments()

    def value(self, real, fake):
        return {"frechet_distance": Estimate(sum(self.components(real, fake).values()))}

    def components(self, real, fake):
        """Returns the two parts of the distance.

        Args:
            real: `Moments` of the reals.
            fake: `Moments` of the fakes.

        Returns:
            {"mean": |m1 - m2|^2, "covariance": tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)}, floats from 0.
        """
        if min(real.count, fake.count) < 2:
            raise ValueError(
                f"A Fréchet distance needs at least 2 reals and 2 fakes. Received: {real.count} and {fake.count}."
            )
        _check_widths(len(real.mean), len(fake.mean))
        traces = sum(np.trace(moments.scatter) / (moments.count - self.ddof) for moments in (real, fake))
        covariance = traces - 2 * _root_trace(real, fake, self.ddof)
        return {"mean": float(np.sum((real.mean - fake.mean) ** 2)), "covariance": max(0.0, float(covariance))}

    def floor(self, real, fake_count):
        """Returns what samples of the reals' own distribution are expected to get.

        `(1/n1 + 1/n2) (tr S + (sum_{i != j} l_i l_j / (l_i + l_j) + tr S) / 2)`, with the eigenvalues l of the reals'
        covariance S: the distance to second order in the errors of Gaussian samples' moments. It holds for samples
        well above features. The sampled eigenvalues spread, which makes it low: by 2% with 16 reals a feature, 7 to
        12% with 4, by half with fewer reals than features; less where few features hold most of the variance.

        Args:
            real: `Moments` of the reals.
            fake_count: int, the number of fakes.

        Returns:
            {"frechet_distance": float}.
        """
        eigenvalues = np.maximum(np.linalg.eigvalsh(real.covariance(self.ddof)), 0.0)
        sums = eigenvalues[:, None] + eigenvalues
        pairs = np.divide(np.outer(eigenvalues, eigenvalues), sums, out=np.zeros_like(sums), where=sums > 0)
        trace = eigenvalues.sum()
        off_diagonal = pairs.sum() - np.trace(pairs)
        return {
            "frechet_distance": float((1 / real.count + 1 / fake_count) * (trace + (off_diagonal + trace) / 2)),
        }


def frechet_distance(real, fake, ddof=1):
    """Computes the Fréchet distance between two arrays of features.

    With fewer samples than features on both sides no covariance is formed: tr (S1 S2)^(1/2) is the sum of the singular
    values of Xc Yc^T / sqrt((n1 - ddof)(n2 - ddof)), Xc and Yc being the centred features.

    Args:
        real: array `(count, width)`.
        fake: array `(count, width)`.
        ddof: 1 (the published FID) or 0. Defaults to 1.

    Returns:
        float.

    Raises:
        ValueError: as `FrechetDistance`, and if features are not finite.

    Reference:
        Heusel et al. 2017, arXiv:1706.08500, equation 6.

    Example:

    >>> import numpy as np
    >>> one, other = np.random.default_rng(0).normal(size=(2, 10, 50))
    >>> by_rows = frechet_distance(one, other)
    >>> bool(np.isclose(by_rows, FrechetDistance()(one, other), rtol=1e-8))
    True
    """
    metric = FrechetDistance(ddof)
    real, fake = check_features(real), check_features(fake)
    _check_widths(real.shape[1], fake.shape[1])
    if max(len(real), len(fake)) >= real.shape[1] or min(len(real), len(fake)) < 2:
        return metric(real, fake)
    means = [features.mean(axis=0) for features in (real, fake)]
    first, second = (
        (features - mean) / np.sqrt(len(features) - ddof) for features, mean in zip((real, fake), means, strict=True)
    )
    root_trace = np.linalg.svd(first @ second.T, compute_uv=False).sum()
    covariance = np.sum(first**2) + np.sum(second**2) - 2 * root_trace
    return float(np.sum((means[0] - means[1]) ** 2) + max(0.0, covariance))


def _check_widths(real, fake):
    if real != fake:
        raise ValueError(f"Reals and fakes must have features of one width. Received: widths {real} and {fake}.")


def _root_trace(real, fake, ddof):
    """tr (S1 S2)^(1/2)."""
    few, many = sorted((real, fake), key=lambda moments: moments.count)
    first, second = _cholesky(few, ddof), _cholesky(many, ddof)
    if first is not None and second is not None:
        product = _triangular_product(first, second)
        product = product @ product.T
    elif second is not None:
        product = second.T @ few.covariance(ddof) @ second
    else:
        first = _eigen_factor(few, ddof)
        product = first.T @ many.covariance(ddof) @ first
    eigenvalues = np.linalg.eigvalsh(product)
    # The product's rank is below the number of samples; the root of what rounding leaves beyond it would not be small.
    return np.sqrt(np.maximum(eigenvalues[-(few.count - 1) :], 0.0)).sum()


def _triangular_product(first, second):
    """A^T B of two lower triangles: a third of the work of the full product."""
    product = np.zeros_like(first)
    for start in range(0, len(first), BLOCK):
        stop = start + BLOCK
        product[:stop, :stop] += first[start:stop, :stop].T @ second[start:stop, :stop]
    return product


def _cholesky(moments, ddof):
    """The lower factor of the covariance, None where it is singular."""
    if moments.count <= len(moments.mean):
        return None
    try:
        return np.linalg.cholesky(moments.covariance(ddof))
    except np.linalg.LinAlgError:
        return None


def _eigen_factor(moments, ddof):
    """A of `(width, rank)` with A A^T the covariance."""
    eigenvalues, vectors = np.linalg.eigh(moments.covariance(ddof))
    rounding = len(eigenvalues) * np.finfo("float64").eps * max(eigenvalues[-1], 0.0)
    kept = np.flatnonzero(eigenvalues > rounding)[-(moments.count - 1) :]
    return vectors[:, kept] * np.sqrt(eigenvalues[kept])
