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
    below = np.vectorize(normal.cdf, otypes="d")
    inverse = np.vectorize(normal.inv_cdf, otypes="d")

    def quantile(share):
        return inverse(np.maximum(share, np.finfo("d").tiny))

    return cut_off(np.asarray(latents, "d"), threshold, below, quantile, np.sign, np.clip).astype("float32")


def cut_off(latents, threshold, below, quantile, sign, clip):
    """The formula of `truncated` for normal latents, in the functions of one library: NumPy here, others in exports.

    Args:
        latents: float64 array or tensor of any shape.
        threshold: float > 0, or float64 array or tensor that broadcasts against the latents.
        below, quantile: functions, the share of the standard normal distribution below a value, and their inverse.
        sign, clip: the functions of these names; `clip(values, lowest, highest)`.

    Returns:
        float64, as the latents.

    Example:

    >>> import math
    >>> below = lambda value: 0.5 * math.erfc(-value / math.sqrt(2.0))
    >>> quantile = lambda share: statistics.NormalDist().inv_cdf(share)
    >>> round(cut_off(2.0, 1.0, below, quantile, np.sign, np.clip).item(), 3)
    0.938
    """
    lowest = below(-threshold)
    # The lower half alone: near 1 quantiles would lose their digits.
    share = below(-abs(latents)) * (1 - 2 * lowest) + lowest
    return clip(-sign(latents) * quantile(share), -threshold, threshold)
