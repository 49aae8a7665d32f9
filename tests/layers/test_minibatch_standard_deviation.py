import keras
import numpy as np
import pytest
from keras import ops

from keras_gan import _backend
from keras_gan.layers import MinibatchStandardDeviation
from tests.layers.check_layer import WIDEST, array, check_layer, check_second_derivative, random


def reference(x, group_size, features):
    """The docstring, image by image."""
    x = x.astype("float64")
    count, channels = len(x), x.shape[-1]
    groups = 1 if group_size is None else max(1, count // group_size)
    appended = np.zeros((*x.shape[:-1], features))
    for image in range(count):
        members = x[[other for other in range(count) if other % groups == image % groups]]
        deviation = np.sqrt(members.var(axis=0) + 1e-8)
        for feature in range(features):
            run = channels // features
            appended[image, ..., feature] = deviation[..., feature * run : (feature + 1) * run].mean()
    return np.concatenate([x, appended], axis=-1)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 16])
@pytest.mark.parametrize(("group_size", "features"), [(4, 1), (2, 3), (None, 2), (1, 1)])
def test_against_the_docstring(count, group_size, features):
    x = random(count, 3, 2, 6, seed=count)
    found = array(MinibatchStandardDeviation(group_size, features)(x))
    np.testing.assert_allclose(found, reference(x, group_size, features), rtol=1e-5, atol=1e-7)


def test_groups_are_never_smaller_than_asked():
    for count in range(4, 40):
        groups = count // 4
        sizes = np.bincount(np.arange(count) % groups)
        assert sizes.min() >= 4
        assert sizes.max() - sizes.min() <= 1
        layer = MinibatchStandardDeviation(4)
        apart = np.repeat(np.eye(count, dtype="float32")[:, :1], 1, axis=1)  # only the first image differs
        lifted = array(layer(apart))[:, -1] > 1e-3
        assert lifted.sum() == sizes[0]


@pytest.mark.parametrize("shape", [(6, 4), (6, 3, 4), (6, 2, 2, 2, 4)])
def test_other_ranks(shape):
    x = random(*shape)
    np.testing.assert_allclose(array(MinibatchStandardDeviation(2, 2)(x)), reference(x, 2, 2), rtol=1e-5, atol=1e-7)


def test_known_only_when_running():
    model = keras.Sequential([keras.Input((None, None, 6)), MinibatchStandardDeviation(2)])
    assert model.output_shape == (None, None, None, 7)
    for count, side in ((5, 3), (2, 4)):
        x = random(count, side, side, 6)
        found = model.predict(x, batch_size=5, verbose=0)
        np.testing.assert_allclose(found, reference(x, 2, 1), rtol=1e-5, atol=1e-7)


def test_offsets_do_not_matter():
    x = random(8, 4, 4, 3)
    near, far = (array(MinibatchStandardDeviation()(x + offset))[..., -1] for offset in (0.0, 1000.0))
    np.testing.assert_allclose(far, near, rtol=1e-3)


def test_equal_images_have_finite_gradients():
    layer = MinibatchStandardDeviation(dtype=WIDEST)
    assert np.isfinite(array(layer(np.ones((4, 2, 2, 3))))).all()
    check_second_derivative(layer, random(5, 2, 2, 3))
    x = ops.ones((4, 2, 2, 3))
    layer = MinibatchStandardDeviation()
    assert np.isfinite(array(_backend.input_gradients(lambda x: ops.sum(layer(x)), x))).all()


def test_layer(tmp_path):
    check_layer(lambda: MinibatchStandardDeviation(2, 2), [random(5, 3, 3, 4)], tmp_path, couples=True)


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match=r"`group_size` must be a whole number >= 1. Received: group_size=0."):
        MinibatchStandardDeviation(0)
    with pytest.raises(ValueError, match=r"`features` must be a whole number >= 1. Received: features=1.5"):
        MinibatchStandardDeviation(4, 1.5)
    with pytest.raises(ValueError, match=r"`features` must divide the 4 channels. Received: features=3"):
        MinibatchStandardDeviation(4, 3)(random(2, 4))
