import keras
import numpy as np
import pytest
from keras import ops

from keras_gan import _backend, penalties, schedules

FAMILY = (penalties.GradientPenalty, penalties.R1, penalties.R2, penalties.DRAGAN)


def play(critic, real, fake=None, **more):
    fake = real if fake is None else fake
    arrays = {"real": ops.array(real, "float32"), "fake": ops.array(fake, "float32")}
    return penalties.Play(critic=critic, generate=None, networks=[], inputs={}, **arrays, **more)


def linear(weights):
    return lambda x: ops.sum(x * weights.astype("float32"), axis=(1, 2, 3))


def numeric_gradient(function, x, delta=1e-5):
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = delta
        gradient[index] = (function(x + step) - function(x - step)) / (2 * delta)
    return gradient


def squared(function, images):
    return np.array([np.sum(numeric_gradient(function, image) ** 2) for image in images])


@pytest.fixture
def images():
    random = np.random.default_rng(1)
    return random.normal(size=(4, 2, 2, 1)), random.normal(size=(4, 2, 2, 1))


def curve(x):
    return np.sum(np.sin(x) * x)


def curved(x):
    return ops.sum(ops.sin(x) * x, axis=(1, 2, 3))


# Values.


def test_linear_critic_by_hand():
    # The gradient of sum(w * x) is w at every x, of length 3.
    weights = np.array([1.0, -2.0, 2.0]).reshape(1, 3, 1)
    seen = play(linear(weights), np.random.default_rng(0).normal(size=(5, 1, 3, 1)))
    expected = {
        penalties.R1(): 9.0,
        penalties.R2(): 9.0,
        penalties.GradientPenalty(at="real"): 4.0,  # (3 - 1)^2
        penalties.GradientPenalty(at="real", target=4.0): 1.0,
        penalties.GradientPenalty(at="real", target=4.0, one_sided=True): 0.0,
        penalties.GradientPenalty(at="real", target=0.5, one_sided=True): 6.25,
        penalties.GradientPenalty(at="fake", target=0.0): 9.0,
    }
    for penalty, value in expected.items():
        np.testing.assert_allclose(penalty.compute(seen), value, rtol=1e-6)


def test_curved_critic_against_finite_differences(images):
    real, fake = images
    random = np.random.default_rng(2)
    share = random.uniform(size=(4, 1, 1, 1))
    noise = random.normal(size=real.shape)
    between, around = share * real + (1 - share) * fake, real + 0.5 * np.std(real) * noise
    for penalty, points, drawn, target in (
        (penalties.R1(), real, None, 0.0),
        (penalties.R2(), fake, None, 0.0),
        (penalties.GradientPenalty(), between, share, 1.0),
        (penalties.GradientPenalty(target=0.0), between, share, 0.0),
        (penalties.DRAGAN(), around, noise, 1.0),
    ):
        lengths = np.sqrt(squared(curve, points))
        seen = play(curved, real, fake, noise=None if drawn is None else ops.array(drawn, "float32"))
        np.testing.assert_allclose(penalty.compute(seen), np.mean((lengths - target) ** 2), rtol=2e-5)


def test_patch_logits_are_summed_before_the_norm():
    real = np.ones((3, 2, 2, 1))
    value = penalties.R1().compute(play(lambda x: x * 2.0, real))  # one logit per pixel, slope 2
    np.testing.assert_allclose(value, 4 * 2.0**2, rtol=1e-6)


def test_interpolation_is_uniform_and_one_number_per_image():
    penalty = penalties.GradientPenalty()
    seen = play(None, np.zeros((4000, 2, 2, 1)), np.ones((4000, 2, 2, 1)))
    drawn = penalty.draw(seen, keras.random.SeedGenerator(0))
    points = ops.convert_to_numpy(penalty.points(seen._replace(noise=drawn)))
    assert np.all(points == points[:, :1, :1])
    share = np.sort(points[:, 0, 0, 0])
    np.testing.assert_allclose(share, np.linspace(0, 1, 4000), atol=0.03)  # a normal alpha is off by 0.3 and more


def test_noise_of_dragan_is_centred_with_half_the_deviation():
    penalty = penalties.DRAGAN()
    real = np.random.default_rng(0).normal(3.0, 2.0, size=(500, 4, 4, 1))
    seen = play(None, real)
    points = penalty.points(seen._replace(noise=penalty.draw(seen, keras.random.SeedGenerator(0))))
    moved = ops.convert_to_numpy(points) - real
    np.testing.assert_allclose([moved.mean(), moved.std()], [0.0, 0.5 * real.std()], atol=0.04)


def test_flat_critic_has_a_finite_gradient():
    # At a gradient of 0 the norm has a corner: without care its slope there is NaN.
    weight = keras.Variable(0.0)

    def value():
        seen = play(lambda x: weight * ops.sum(x, axis=(1, 2, 3)), np.ones((2, 2, 2, 1)))
        return penalties.GradientPenalty(at="real").compute(seen), None

    _, (gradient,) = _backend.aux_and_gradients(value, [weight])
    assert np.isfinite(float(gradient))


def test_it_reaches_the_weights_of_the_critic():
    weight = keras.Variable(3.0)

    def value():
        seen = play(lambda x: weight * ops.sum(x, axis=(1, 2, 3)), np.ones((2, 2, 2, 1)))
        return penalties.R1().compute(seen), None

    _, (gradient,) = _backend.aux_and_gradients(value, [weight])
    np.testing.assert_allclose(gradient, 2 * 3.0 * 4)  # d (4 w^2) / dw


# Arguments.


def test_weight_is_half_of_gamma():
    assert penalties.R1(gamma=3.0).weight == 1.5
    scheduled = penalties.R2(gamma=schedules.Linear(2.0, 1.0, end=10))
    assert [float(scheduled.weight(images)) for images in (0, 5, 10)] == [1.0, 0.75, 0.5]


@pytest.mark.parametrize("gamma", [-1.0, float("nan"), "1"])
def test_gamma_must_not_be_negative(gamma):
    with pytest.raises(ValueError, match=r"`gamma` must be a number >= 0, or a schedule of such. Received: gamma="):
        penalties.R1(gamma=gamma)


@pytest.mark.parametrize("interval", [0, -4, 1.5, True])
@pytest.mark.parametrize("penalty", FAMILY)
def test_interval_must_be_a_whole_number(penalty, interval):
    with pytest.raises(ValueError, match=r"whole number >= 1. Received: interval="):
        penalty(interval=interval)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"at": "between"}, r"`at` must be one of .* Received: at='between'"),
        ({"target": -1.0}, r"`target` must be a number >= 0. Received: target=-1.0"),
        ({"target": 0.0, "one_sided": True}, r"`target` must be a number > 0 where `one_sided`"),
        ({"noise": 0.0}, r"`noise` must be a number > 0"),
        ({"weight": -1.0}, r"`weight` must be a number >= 0"),
    ],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        penalties.GradientPenalty(**arguments)


@pytest.mark.parametrize(
    "penalty",
    [
        penalties.R1(gamma=0.7, interval=5, name="smooth"),
        penalties.R2(gamma=schedules.Cosine(2.0, 1.0, end=100)),
        penalties.GradientPenalty(weight=2.0, at="fake", target=0.5, one_sided=True, noise=0.1, interval=3, name="gp"),
        penalties.DRAGAN(weight=schedules.Linear(2.0, 1.0, end=100), noise=0.2),
    ],
)
def test_config_round_trip(penalty):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(penalty))
    assert type(again) is type(penalty)
    assert again.get_config() == penalty.get_config()
    for name in ("at", "target", "one_sided", "noise", "interval", "name"):
        assert getattr(again, name) == getattr(penalty, name)
