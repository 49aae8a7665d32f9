"""Latents outside of training, the same for one seed on every machine and backend."""

import statistics

import numpy as np

DISTRIBUTIONS = ("normal", "uniform")


def fixed_latents(count, shape, distribution="normal", seed=None):
    """Draws latents with NumPy. Row i does not depend on `count`.

    Args:
        count: int, number of latents.
        shape: shape of one.
        distribution: "normal" (mean 0, deviation 1) or "uniform" (from -1 to 1).
        seed: int or None.

    Returns:
        float32 array `(count, *shape)`.
    """
    random = np.random.default_rng(seed)
    shape = (count, *shape)
    if distribution == "normal":
        return random.standard_normal(shape, "float32")
    return random.random(shape, "float32") * 2 - 1


def truncated(latents, threshold, distribution="normal"):
    """Moves latents to where the distribution would have put them had it been cut off at +-threshold.

    BigGAN's truncation trick (Brock et al. 2019, arXiv:1809.11096, section 3.1): less variety for more quality.
    Deviation: where the paper draws values beyond the threshold again, here each keeps its quantile, which gives the
    same distribution and moves pictures smoothly as the threshold changes. Uniform latents are scaled.

    Args:
        latents: float array of any shape.
        threshold: float > 0; at infinity (1 for uniform latents) nothing changes. Usual: 0.5 to 2.
        distribution: "normal" or "uniform", that of the latents.

    Returns:
        float32 array of the same shape, all within the threshold.

    Raises:
        ValueError: if the threshold is not positive.
    """
    if not threshold > 0:
        raise ValueError(f"`truncation` must be positive. Received: truncation={threshold!r}. Leave it out for none.")
    if distribution == "uniform":
        return (np.asarray(latents) * min(threshold, 1.0)).astype("float32")
    normal = statistics.NormalDist()
    lowest = normal.cdf(-threshold)
    quantile = np.vectorize(lambda value: normal.cdf(-abs(value)) * (1 - 2 * lowest) + lowest, otypes="d")
    # The lower half alone: near 1 quantiles would lose their digits.
    lower = np.vectorize(normal.inv_cdf, otypes="d")(np.maximum(quantile(latents), np.finfo("d").tiny))
    return np.clip(np.copysign(lower, latents), -threshold, threshold).astype("float32")
