import numpy as np
import pytest

from keras_gan.layers import InstanceNormalization
from tests.layers.check_layer import WIDEST, array, check_layer, check_second_derivative, random


@pytest.mark.parametrize("shape", [(5, 7, 3), (5, 4, 6, 2)])
def test_against_the_formula(shape):
    x = random(*shape, scale=3.0)
    axes = tuple(range(1, len(shape) - 1))
    wide = x.astype("float64")
    expected = (wide - wide.mean(axes, keepdims=True)) / np.sqrt(wide.var(axes, keepdims=True) + 1e-5)
    np.testing.assert_allclose(array(InstanceNormalization()(x)), expected, atol=1e-5)


def test_layer(tmp_path):
    check_layer(InstanceNormalization, [random(5, 4, 4, 2)], tmp_path)


def test_the_second_derivative():
    check_second_derivative(InstanceNormalization(dtype=WIDEST), random(5, 3, 3, 2))


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match=r"`epsilon` must be a finite number above 0. Received: epsilon=0"):
        InstanceNormalization(0)
