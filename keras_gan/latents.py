"""Latents outside of training, the same for one seed on every machine and backend."""

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
