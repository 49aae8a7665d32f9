import keras
import numpy as np
import pytest

from keras_gan.layers import ReflectionPadding2D
from tests.layers.check_layer import WIDEST, array, check_layer, check_second_derivative, random


def test_like_numpy():
    x = random(5, 4, 6, 2)
    expected = np.pad(x, [(0, 0), (3, 3), (3, 3), (0, 0)], mode="reflect")
    np.testing.assert_array_equal(array(ReflectionPadding2D(3)(x)), expected)


def test_layer(tmp_path):
    check_layer(lambda: ReflectionPadding2D(2), [random(5, 4, 4, 2)], tmp_path)
    check_second_derivative(ReflectionPadding2D(1, dtype=WIDEST), random(5, 3, 3, 2))


def test_sizes_may_vary():
    image = keras.Input((None, None, 1))
    assert ReflectionPadding2D(1)(image).shape == (None, None, None, 1)


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match=r"`padding` must be a whole number >= 1. Received: padding=0"):
        ReflectionPadding2D(0)
