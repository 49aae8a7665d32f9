"""The data set that comes with the package's dependencies."""

import numpy as np

NAME = "digits"
CLASS_NAMES = [str(digit) for digit in range(10)]


def digits() -> tuple[np.ndarray, np.ndarray]:
    """The handwritten digits of scikit-learn: uint8 images (1797, 8, 8, 1), grey 0..16 spread to 0..255, and labels."""
    from sklearn.datasets import load_digits

    stored = load_digits()
    return np.floor(stored.images * 255 / 16 + 0.5).astype("uint8")[..., None], stored.target.astype("int32")
