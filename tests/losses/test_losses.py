import keras
import numpy as np
import pytest

from keras_gan import _backend, losses

ALL = [losses.NonSaturating, losses.Minimax]
REAL, FAKE = np.array([[1.5], [-0.5]]), np.array([[0.25], [-2.0]])


def softplus(x):
    return np.logaddexp(0.0, np.asarray(x, "float64"))


def f32(x):
    return np.asarray(x, "float32")


@pytest.mark.parametrize("loss", ALL)
def test_discriminator_by_hand(loss):
    # softplus(-1.5), softplus(0.5); softplus(0.25), softplus(-2)
    expected = (0.20141328 + 0.97407699) / 2 + (0.82593933 + 0.12692801) / 2
    np.testing.assert_allclose(loss().discriminator(f32(REAL), f32(FAKE)), expected, rtol=1e-6)


def test_non_saturating_generator_by_hand():
    expected = (0.57593933 + 2.12692801) / 2  # softplus(-0.25), softplus(2)
    np.testing.assert_allclose(losses.NonSaturating().generator(None, f32(FAKE)), expected, rtol=1e-6)


def test_minimax_generator_by_hand():
    expected = -(0.82593933 + 0.12692801) / 2
    np.testing.assert_allclose(losses.Minimax().generator(None, f32(FAKE)), expected, rtol=1e-6)


@pytest.mark.parametrize("loss", ALL)
def test_against_float64_reference_over_many_logits(loss):
    random = np.random.default_rng(0)
    real, fake = random.normal(scale=5, size=(2, 1000, 1))
    expected = softplus(-real).mean() + softplus(fake).mean()
    np.testing.assert_allclose(loss().discriminator(f32(real), f32(fake)), expected, rtol=1e-5)


@pytest.mark.parametrize("loss", ALL)
def test_generator_gains_when_fakes_look_more_real(loss):
    low, high = (float(loss().generator(None, f32([[logit]]))) for logit in (-1.0, 1.0))
    assert high < low - 0.1


@pytest.mark.parametrize("loss", ALL)
def test_discriminator_gains_when_it_tells_them_apart(loss):
    apart, mixed = (float(loss().discriminator(f32([[d]]), f32([[-d]]))) for d in (2.0, -2.0))
    assert apart < mixed - 1


@pytest.mark.parametrize("loss", ALL)
def test_patch_logits_count_each_patch(loss):
    patches = np.random.default_rng(1).normal(size=(4, 3, 3, 1))
    flat = patches.reshape(36, 1)
    for method in ("discriminator", "generator"):
        a = getattr(loss(), method)(f32(patches), f32(2 * patches))
        b = getattr(loss(), method)(f32(flat), f32(2 * flat))
        np.testing.assert_allclose(a, b, rtol=1e-6)
        assert a.shape == ()


@pytest.mark.parametrize("loss", ALL)
def test_extreme_logits_stay_finite(loss):
    for logit in (6e4, -6e4):  # near the end of float16's range
        assert np.isfinite(float(loss().discriminator(f32([[logit]]), f32([[logit]]))))
        assert np.isfinite(float(loss().generator(None, f32([[logit]]))))


def test_non_saturating_gradient_does_not_vanish_where_minimax_does():
    def slope(loss):
        logits = keras.ops.convert_to_tensor([[-12.0]])
        gradient = _backend.input_gradients(lambda logits: loss.generator(None, logits), logits)
        return float(gradient[0, 0])

    np.testing.assert_allclose(slope(losses.NonSaturating()), -1.0, atol=1e-4)
    np.testing.assert_allclose(slope(losses.Minimax()), -6.1e-6, atol=1e-6)


@pytest.mark.parametrize("loss", ALL)
def test_config_round_trip(loss):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss()))
    assert type(again) is loss


def test_base_says_what_to_define():
    with pytest.raises(TypeError, match="must define `generator"):
        losses.AdversarialLoss().generator(None, None)
