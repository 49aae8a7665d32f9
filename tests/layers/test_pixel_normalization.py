import numpy as np
import pytest

from keras_gan.layers import PixelNormalization
from tests.layers.check_layer import WIDEST, array, check_layer, check_second_derivative, random


@pytest.mark.parametrize("shape", [(5, 4), (5, 3, 2, 4), (5, 2, 3, 2, 4)])
def test_against_the_formula(shape):
    x = random(*shape, scale=3.0)
    expected = x / np.sqrt(np.mean(x.astype("float64") ** 2, axis=-1, keepdims=True) + 1e-8)
    np.testing.assert_allclose(array(PixelNormalization()(x)), expected, rtol=1e-6)


def test_by_hand():
    found = array(PixelNormalization(epsilon=1.0)(np.array([[1.0, 3.0, -1.0, 1.0]], "float32")))
    np.testing.assert_allclose(found, [[0.5, 1.5, -0.5, 0.5]])  # mean square 3, and 1


def test_zeros_stay_and_have_a_gradient():
    layer = PixelNormalization(dtype=WIDEST)
    assert not array(layer(np.zeros((2, 4)))).any()
    check_second_derivative(layer, random(5, 4))


def test_large_values_in_half_precision():
    found = array(PixelNormalization(dtype="float16")(np.full((1, 4), 6e4, "float16")))
    np.testing.assert_allclose(found, np.ones((1, 4)), rtol=1e-3)


def test_layer(tmp_path):
    check_layer(lambda: PixelNormalization(1e-6), [random(5, 3, 3, 4)], tmp_path)


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match=r"`epsilon` must be a finite number above 0. Received: epsilon=0."):
        PixelNormalization(0.0)
