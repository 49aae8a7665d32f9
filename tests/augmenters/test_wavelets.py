import itertools
from math import comb

import numpy as np
import pytest

from keras_gan.augmenters import wavelets

FILTERS = {"sym2": wavelets.SYM2, "sym6": wavelets.SYM6}


@pytest.mark.parametrize("name", FILTERS)
def test_orthogonal_to_its_even_shifts(name):
    h = FILTERS[name]
    for shift in range(0, len(h), 2):
        np.testing.assert_allclose(h[: len(h) - shift] @ h[shift:], float(shift == 0), atol=2e-12)
    np.testing.assert_allclose(h.sum(), np.sqrt(2), rtol=1e-12)


@pytest.mark.parametrize("name", FILTERS)
def test_vanishing_moments(name):
    h = FILTERS[name]
    k = np.arange(len(h)) / len(h)
    for power in range(len(h) // 2):
        np.testing.assert_allclose(np.sum((-1.0) ** np.arange(len(h)) * k**power * h), 0.0, atol=1e-11)


def spectral_factors(moments):
    """All orthogonal filters with that many vanishing moments: one of each pair of roots of the half-band filter."""
    # |H|^2 = 2 (1 - y)^N P(y), P(y) = sum_k C(N - 1 + k, k) y^k, y = (2 - z - 1/z) / 4
    groups = []
    for y in np.roots([comb(moments - 1 + k, k) for k in range(moments)][::-1]):
        if y.imag < -1e-9:
            continue
        inner, outer = sorted(np.roots([1, 4 * y - 2, 1]), key=abs)
        groups.append([[inner], [outer]] if abs(y.imag) < 1e-9 else [[r, r.conj()] for r in (inner, outer)])
    for chosen in itertools.product(*groups):
        h = np.poly([-1.0] * moments + [root for roots in chosen for root in roots]).real
        yield h * np.sqrt(2) / h.sum()


def bending(h):
    """How far the phase is from linear up to a quarter of the sampling rate."""
    frequencies = np.linspace(0.01, np.pi / 2, 200)
    phase = np.unwrap(np.angle(np.exp(-1j * np.outer(frequencies, np.arange(len(h)))) @ h))
    return np.abs(phase - frequencies * (phase @ frequencies) / (frequencies @ frequencies)).max()


@pytest.mark.parametrize("name", FILTERS)
def test_is_the_least_asymmetric_spectral_factor(name):
    h = FILTERS[name]
    factors = list(spectral_factors(len(h) // 2))
    best = min(bending(factor) for factor in factors)
    assert min(np.abs(factor - h).max() for factor in factors if bending(factor) < best * 1.0001) < 1e-10


@pytest.mark.parametrize("size", [1, 2, 5, 16])
def test_halving_undoes_doubling(size):
    identity = wavelets.halving(size).astype("float64") @ np.tile(wavelets.doubling(size), (20, 1))[: 2 * size + 10]
    np.testing.assert_allclose(identity, np.eye(size), atol=2e-7)


def test_doubling_keeps_constants_and_puts_ramps_where_the_delay_says():
    size = 16
    np.testing.assert_allclose(wavelets.doubling(size).sum(axis=1), 1.0, atol=1e-6)
    inside = np.arange(12, 2 * size - 2)
    ramp = wavelets.doubling(size) @ np.arange(size)
    np.testing.assert_allclose(ramp[inside], (inside - wavelets.delay(wavelets.SYM6)) / 2, atol=1e-5)
    square = wavelets.doubling(size) @ np.arange(size) ** 2
    np.testing.assert_allclose(square[inside], ((inside - wavelets.delay(wavelets.SYM6)) / 2) ** 2, atol=1e-4)


def test_doubled_axis_is_one_period_of_the_reflected_signal():
    size, x = 5, np.random.default_rng(0).normal(size=5)
    pad = 20
    zeros = np.zeros(2 * (size + 2 * pad))
    zeros[::2] = np.pad(x, pad, mode="reflect")
    doubled = np.sqrt(2) * np.convolve(zeros, wavelets.SYM6)[2 * pad :]
    np.testing.assert_allclose(wavelets.doubling(size) @ x, doubled[: 4 * (size - 1)], atol=1e-6)


def test_bands_add_up_and_lie_in_their_octaves():
    filters = wavelets.band_filters()
    assert filters.shape == (4, 43)
    np.testing.assert_allclose(filters.sum(axis=0), np.eye(43)[21], atol=1e-15)
    np.testing.assert_allclose(filters, filters[:, ::-1], atol=1e-15)
    frequencies = np.pi * np.array([0.01, 3 / 16, 3 / 8, 0.95])
    response = np.cos(np.outer(frequencies, np.arange(-21, 22))) @ filters.T
    assert (response.argmax(axis=1) == np.arange(4)).all()
    np.testing.assert_allclose(response[0, 0], 1.0, atol=1e-3)
    np.testing.assert_allclose(response[3, 3], 1.0, atol=1e-2)


@pytest.mark.parametrize("size", [1, 3, 30])
def test_band_matrices_filter_the_reflected_signal(size):
    x = np.random.default_rng(0).normal(size=size)
    padded = np.pad(x, 21, mode="reflect") if size > 1 else np.repeat(x, 43)
    expected = [np.convolve(padded, band, mode="valid") for band in wavelets.band_filters()]
    np.testing.assert_allclose(wavelets.band_matrices(size) @ x, expected, atol=1e-6)
