import keras
import numpy as np
import pytest

from keras_gan import _backend, losses

REAL, FAKE = np.array([[1.5], [-0.5]]), np.array([[0.25], [-2.0]])


def softplus(x):
    return np.logaddexp(0.0, np.asarray(x, "float64"))


def relu(x):
    return np.maximum(x, 0.0)


def f32(x):
    return np.asarray(x, "float32")


# Each loss with the same formulas in float64, and its values for REAL and FAKE by hand.
REFERENCES = {
    "non_saturating": (
        losses.NonSaturating(),
        lambda r, f: softplus(-r).mean() + softplus(f).mean(),
        lambda r, f: softplus(-f).mean(),
    ),
    "smoothed": (
        losses.NonSaturating(real_target=0.9),
        lambda r, f: (0.9 * softplus(-r) + 0.1 * softplus(r)).mean() + softplus(f).mean(),
        lambda r, f: softplus(-f).mean(),
    ),
    "minimax": (
        losses.Minimax(),
        lambda r, f: softplus(-r).mean() + softplus(f).mean(),
        lambda r, f: -softplus(f).mean(),
    ),
    "least_squares": (
        losses.LeastSquares(),
        lambda r, f: ((r - 1) ** 2).mean() / 2 + (f**2).mean() / 2,
        lambda r, f: ((f - 1) ** 2).mean() / 2,
    ),
    "pearson": (
        losses.LeastSquares(1.0, -1.0, 0.0),
        lambda r, f: ((r - 1) ** 2).mean() / 2 + ((f + 1) ** 2).mean() / 2,
        lambda r, f: (f**2).mean() / 2,
    ),
    "hinge": (
        losses.Hinge(),
        lambda r, f: relu(1 - r).mean() + relu(1 + f).mean(),
        lambda r, f: -f.mean(),
    ),
    "wasserstein": (
        losses.Wasserstein(),
        lambda r, f: f.mean() - r.mean(),
        lambda r, f: -f.mean(),
    ),
    "relativistic_paired": (
        losses.RelativisticPaired(),
        lambda r, f: softplus(f - r).mean(),
        lambda r, f: softplus(r - f).mean(),
    ),
    "relativistic_average": (
        losses.RelativisticAverage(),
        lambda r, f: softplus(f.mean() - r).mean() + softplus(f - r.mean()).mean(),
        lambda r, f: softplus(r.mean() - f).mean() + softplus(r - f.mean()).mean(),
    ),
}
BY_HAND = {
    "non_saturating": (1.064179, 1.351433),  # softplus(-1.5, 0.5; 0.25, -2) = .201413, .974077; .825939, .126928
    "smoothed": (1.114179, 1.351433),  # and a tenth of the mean real logit, 0.5
    "minimax": (1.064179, -0.476434),
    "least_squares": (1.640625, 2.390625),  # (.25 + 2.25) / 4 + (.0625 + 4) / 4; (.5625 + 9) / 4
    "pearson": (1.265625, 1.015625),  # (.25 + 2.25) / 4 + (1.5625 + 1) / 4; (.0625 + 4) / 4
    "hinge": (1.375, 0.875),  # (0 + 1.5) / 2 + (1.25 + 0) / 2
    "wasserstein": (-1.375, 0.875),  # -0.875 - 0.5
    "relativistic_paired": (0.2266711, 1.6016711),  # softplus(-1.25, -1.5) = .251929, .201413
}
NAMES = list(REFERENCES)
SMALL_MARGIN = 0.05


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(name):
    loss = REFERENCES[name][0]
    discriminator, generator = BY_HAND[name]
    np.testing.assert_allclose(loss.discriminator(f32(REAL), f32(FAKE)), discriminator, rtol=2e-6)
    np.testing.assert_allclose(loss.generator(f32(REAL), f32(FAKE)), generator, rtol=2e-6)


def test_relativistic_average_by_hand():
    loss, real, fake = losses.RelativisticAverage(), f32([[2.0], [0.0]]), f32([[-1.0], [-1.0]])
    expected = (softplus(-3.0) + softplus(-1.0)) / 2 + softplus(-2.0)  # mean fake -1, mean real 1
    np.testing.assert_allclose(loss.discriminator(real, fake), expected, rtol=1e-6)
    expected = softplus(2.0) + (softplus(3.0) + softplus(1.0)) / 2
    np.testing.assert_allclose(loss.generator(real, fake), expected, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_against_float64_reference_over_many_logits(name):
    loss, discriminator, generator = REFERENCES[name]
    real, fake = np.random.default_rng(0).normal(scale=5, size=(2, 1000, 1))
    np.testing.assert_allclose(loss.discriminator(f32(real), f32(fake)), discriminator(real, fake), rtol=1e-5)
    np.testing.assert_allclose(loss.generator(f32(real), f32(fake)), generator(real, fake), rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_generator_gains_when_fakes_look_more_real(name):
    loss = REFERENCES[name][0]
    real = f32([[0.5], [0.0]])
    low, high = (float(loss.generator(real, f32([[logit], [logit]]))) for logit in (-1.0, -0.2))
    assert high < low - SMALL_MARGIN


@pytest.mark.parametrize("name", NAMES)
def test_discriminator_gains_when_it_tells_them_apart(name):
    loss = REFERENCES[name][0]
    apart, mixed = (float(loss.discriminator(f32([[d]]), f32([[-d]]))) for d in (0.9, -0.9))
    assert apart < mixed - 1


@pytest.mark.parametrize("name", NAMES)
def test_patch_logits_count_each_patch(name):
    loss = REFERENCES[name][0]
    patches = np.random.default_rng(1).normal(size=(4, 3, 3, 1))
    flat = patches.reshape(36, 1)
    for method in ("discriminator", "generator"):
        a = getattr(loss, method)(f32(patches), f32(2 * patches))
        b = getattr(loss, method)(f32(flat), f32(2 * flat))
        np.testing.assert_allclose(a, b, rtol=1e-6)
        assert a.shape == ()


@pytest.mark.parametrize("name", NAMES)
def test_large_logits_stay_finite_with_their_gradients(name):
    loss = REFERENCES[name][0]
    for real, fake in ((6e4, -6e4), (-6e4, 6e4)):  # near the end of float16's range
        real, fake = (keras.ops.convert_to_tensor(f32([[value], [value]])) for value in (real, fake))
        for method, argument in (("discriminator", 0), ("discriminator", 1), ("generator", 1)):

            def value(x, method=method, argument=argument, pair=(real, fake)):
                return getattr(loss, method)(*(x if index == argument else other for index, other in enumerate(pair)))

            assert np.isfinite(float(value((real, fake)[argument])))
            assert np.isfinite(_backend.input_gradients(value, (real, fake)[argument])).all()


def test_non_saturating_gradient_does_not_vanish_where_minimax_does():
    def slope(loss):
        logits = keras.ops.convert_to_tensor([[-12.0]])
        gradient = _backend.input_gradients(lambda logits: loss.generator(None, logits), logits)
        return float(gradient[0, 0])

    np.testing.assert_allclose(slope(losses.NonSaturating()), -1.0, atol=1e-4)
    np.testing.assert_allclose(slope(losses.Minimax()), -6.1e-6, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_config_round_trip(name):
    loss = REFERENCES[name][0]
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()


@pytest.mark.parametrize("name", NAMES)
def test_reals_are_asked_for_where_they_are_used(name):
    loss = REFERENCES[name][0]
    if not loss.generator_uses_real:
        assert np.isfinite(float(loss.generator(None, f32(FAKE))))
    else:
        first, second = (float(loss.generator(f32(REAL) + shift, f32(FAKE))) for shift in (0.0, 1.0))
        assert first != second


def test_pairs_need_equal_numbers():
    with pytest.raises(ValueError, match=r"as many reals as fakes. Received: 3 reals and 2 fakes"):
        losses.RelativisticPaired().discriminator(f32(np.zeros((3, 1))), f32(FAKE))


@pytest.mark.parametrize("target", [0.5, 1.1, -1.0])
def test_smoothing_must_be_a_probability(target):
    with pytest.raises(ValueError, match=r"`real_target` must lie in \(0.5, 1\]. Received: real_target="):
        losses.NonSaturating(real_target=target)


def test_least_squares_targets_must_differ():
    with pytest.raises(ValueError, match=r"must differ. Received: real_target=1.0, fake_target=1.0"):
        losses.LeastSquares(fake_target=1.0)


def test_base_says_what_to_define():
    with pytest.raises(TypeError, match="must define `generator"):
        losses.AdversarialLoss().generator(None, None)
    with pytest.raises(TypeError, match="must define `discriminator"):
        losses.AdversarialLoss().discriminator(None, None)
