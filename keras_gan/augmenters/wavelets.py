"""Orthogonal wavelet filters, and the matrices that apply them along one axis of an image.

H(z) = sum_k h_k z^-k is the lowpass filter, of unit norm: sum_k h_k h_(k+2m) = [m = 0], sum_k h_k = sqrt(2), and
sum_k (-1)^k k^j h_k = 0 for j below the number of vanishing moments, half its length.

Reference: Daubechies 1992, Ten Lectures on Wavelets: `SYM6` from table 6.3 (least asymmetric, N = 6), `SYM2` in closed
form (equation 6.1.4; for N = 2 it is Daubechies' D4).
"""

import functools
import math

import numpy as np

_ROOT = math.sqrt(3.0)
SYM2 = np.array([1 + _ROOT, 3 + _ROOT, 3 - _ROOT, 1 - _ROOT]) / (4 * math.sqrt(2.0))
SYM6 = np.array(
    [
        0.015404109327027373,
        0.0034907120842174702,
        -0.11799011114819057,
        -0.048311742585633,
        0.4910559419267466,
        0.787641141030194,
        0.3379294217276218,
        -0.07263752278646252,
        -0.021060292512300564,
        0.04472490177066578,
        0.0017677118642428036,
        -0.007800708325034148,
    ]
)


def delay(lowpass):
    """Returns where, in doubled resolution, the filter puts pixel 0: pixel i comes to lie at 2 i + delay.

    It is the filter's mean index, which is exact for all that varies slowly (linear and quadratic images).
    """
    return float(np.sum(np.arange(len(lowpass)) * lowpass) / np.sum(lowpass))


def reflection(indices, size):
    """Folds integer indices into 0, ..., size - 1 by reflection at the outer pixels' centres."""
    period = max(2 * (size - 1), 1)
    indices = np.mod(indices, period)
    return np.minimum(indices, period - indices)


@functools.lru_cache(maxsize=16)
def doubling(size):
    """Returns the matrix that doubles the resolution of an axis with sym6.

    The image, continued by reflection, is periodic with 2 (size - 1) pixels; the result is one whole period, so that
    every position, however far outside, is found in it.

    Returns:
        float32 array (4 (size - 1), size): u_m = sqrt(2) sum_i h_(m - 2 i) x_i.
    """
    period = max(2 * (size - 1), 1)
    matrix = np.zeros((2 * period, size))
    for position in range(-len(SYM6), period + 1):
        for tap, value in enumerate(SYM6):
            if 0 <= 2 * position + tap < 2 * period:
                matrix[2 * position + tap, reflection(position, size)] += math.sqrt(2.0) * value
    return matrix.astype("float32")


@functools.lru_cache(maxsize=16)
def halving(size):
    """Returns the matrix that undoes `doubling`: it reads the first 2 size + 10 positions.

    Returns:
        float32 array (size, 2 size + 10): x_i = sum_k h_k u_(2 i + k) / sqrt(2).
    """
    matrix = np.zeros((size, 2 * size + len(SYM6) - 2))
    for row in range(size):
        matrix[row, 2 * row : 2 * row + len(SYM6)] = SYM6 / math.sqrt(2.0)
    return matrix.astype("float32")


def band_filters():
    """Returns four symmetric filters that split a signal into octaves and add up to the identity.

    With P(z) = H(z) H(1/z) / 2 of sym2, P(z) + P(-z) = 1. From low to high frequencies the bands are
    P(z) P(z^2) P(z^4), P(z) P(z^2) P(-z^4), P(z) P(-z^2) and P(-z).

    Returns:
        float64 array (4, 43), the middle is the index 0.
    """
    low = np.convolve(SYM2, SYM2[::-1]) / 2
    high = low * (-1.0) ** np.arange(-3, 4)

    def spread(taps, step):
        wide = np.zeros((len(taps) - 1) * step + 1)
        wide[::step] = taps
        return wide

    below = np.convolve(low, spread(low, 2))
    bands = [
        np.convolve(below, spread(low, 4)),
        np.convolve(below, spread(high, 4)),
        np.convolve(low, spread(high, 2)),
        high,
    ]
    longest = max(len(band) for band in bands)
    return np.stack([np.pad(band, (longest - len(band)) // 2) for band in bands])


@functools.lru_cache(maxsize=16)
def band_matrices(size):
    """Returns the filters of `band_filters` as matrices on an axis continued by reflection: float32 (4, size, size)."""
    filters = band_filters()
    matrices, reach = np.zeros((4, size, size)), filters.shape[1] // 2
    for row in range(size):
        for offset in range(-reach, reach + 1):
            matrices[:, row, reflection(row + offset, size)] += filters[:, reach + offset]
    return matrices.astype("float32")
