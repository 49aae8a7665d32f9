import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_gan as kg
from keras_gan import _backend, penalties, schedules
from keras_gan.augmenters import DiffAugment
from keras_gan.game import drawing, step
from tests.run_gan_test import fit, values


def play(**known):
    blank = {"critic": None, "generate": None, "networks": [], "inputs": {}, "real": None, "fake": None}
    return penalties.Play(**{**blank, **known})


def float32(array):
    return ops.array(np.asarray(array, "float32"))


# Weight clipping.


def test_kernels_are_clipped_and_nothing_else():
    network = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Conv2D(2, 3), layers.BatchNormalization(), layers.Flatten(), layers.Dense(1)]
    )
    for variable in network.weights:
        variable.assign(ops.full(variable.shape, 3.0))
    penalties.WeightClipping(0.5).restrict(network.trainable_variables)
    for variable in network.weights:
        assert np.all(values([variable])[0] == (0.5 if "kernel" in variable.name else 3.0)), variable.path


def test_clipping_comes_after_the_step_and_spares_the_generator(make_gan, images):
    # Of the update alone (before it, as TorchGAN does) a step of this size would leave the range.
    gan = make_gan(
        loss=kg.losses.Wasserstein(), penalties=[penalties.WeightClipping(0.01)], optimizer=keras.optimizers.SGD(10.0)
    )
    logs = fit(gan, {"image": images[:8]}, 3)
    kernels = [v for v in gan.discriminator.trainable_variables if len(v.shape) > 1]
    assert max(np.abs(v).max() for v in values(kernels)) <= 0.01
    assert max(np.abs(v).max() for v in values(gan.generator.trainable_variables)) > 0.01
    assert "weight_clipping" not in logs[0]


# LeCam.


def lecam_by_hand(logits, decay):
    real_average = fake_average = 0.0
    found = []
    for real, fake in logits:
        real_average = decay * real_average + (1 - decay) * real.mean()
        fake_average = decay * fake_average + (1 - decay) * fake.mean()
        found.append(np.mean((real - fake_average) ** 2) + np.mean((fake - real_average) ** 2))
    return found


def test_lecam_follows_its_formula():
    random = np.random.default_rng(0)
    logits = [random.normal(size=(2, 5, 1)) for _ in range(4)]
    penalty = penalties.LeCam(decay=0.9)
    found = []
    for real, fake in logits:
        value, moved = penalty.evaluate(play(real_logits=float32(real), fake_logits=float32(fake)))
        for variable, new in zip(penalty.memory, moved, strict=True):
            variable.assign(new)
        found.append(float(value))
    np.testing.assert_allclose(found, lecam_by_hand(logits, 0.9), rtol=1e-5)


def test_no_gradient_flows_through_the_moving_averages():
    logits = keras.Variable(np.array([[0.5], [2.0], [1.0], [-3.0]], "float32"))
    penalty = penalties.LeCam(weight=1.0, decay=0.9)

    def term():
        return penalty.evaluate(play(real_logits=logits.value[:2], fake_logits=logits.value[2:]))

    _, (gradient,) = _backend.aux_and_gradients(term, [logits])
    real_average, fake_average = 0.1 * 1.25, 0.1 * -1.0
    expected = [0.5 - fake_average, 2.0 - fake_average, 1.0 - real_average, -3.0 - real_average]
    np.testing.assert_allclose(np.ravel(gradient), expected, rtol=1e-5)  # 2 * (D - a) / 2

    scale = keras.Variable(2.0)
    penalty = penalties.PathLength(decay=0.9, share=1.0)
    noise = np.zeros((2, 1, 1, 1), "float32") + np.array([3.0, 4.0], "float32").reshape(2, 1, 1, 1)

    def length():
        inputs = {"latent": ops.ones((2, 1))}
        generate = lambda inputs: scale.value * ops.reshape(inputs["latent"], (2, 1, 1, 1))  # noqa: E731
        shown = play(generate=generate, inputs=inputs, fake=generate(inputs), noise=ops.convert_to_tensor(noise))
        return penalty.evaluate(shown)

    _, (gradient,) = _backend.aux_and_gradients(length, [scale])
    average = 0.1 * 7.0  # lengths are scale times 3 and 4: 6 and 8
    np.testing.assert_allclose(gradient, (6 - average) * 3 + (8 - average) * 4, rtol=1e-5)


def test_memory_moves_in_training_and_is_saved(make_gan, images, tmp_path):
    gan = make_gan(penalties=[penalties.LeCam(weight=0.3), penalties.PathLength(interval=2)], **no_batch_statistics())
    fit(gan, {"image": images[:8]}, 1)
    real_average, fake_average, length = [float(v) for penalty in gan.penalties for v in penalty.memory]
    assert 0 not in (real_average, fake_average)
    assert length > 0
    fit(gan, {"image": images[:8]}, 1)  # the second step does not compute the path length
    assert float(gan.penalties[1].average) == length
    assert float(gan.penalties[0].real_average) != real_average
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert [float(v) for p in loaded.penalties for v in p.memory] == [float(v) for p in gan.penalties for v in p.memory]
    assert keras.models.load_model(tmp_path / "gan.keras", compile=False).sample(2, seed=0).shape == (2, 8, 8, 1)


def no_batch_statistics():
    return {"generator": kg.networks.DCGANGenerator((8, 8, 1), latent_dim=6, filters=4, normalization="rms")}


# Orthogonal.


def test_orthogonal_against_numpy():
    random = np.random.default_rng(0)
    network = keras.Sequential(
        [keras.Input((4, 4, 2)), layers.Conv2D(3, 2), layers.Flatten(), layers.Dense(5), layers.Dense(1)]
    )
    network.set_weights([random.normal(size=w.shape) for w in network.weights])
    expected = 0.0
    for variable in values(network.trainable_variables):
        if variable.ndim > 1:
            matrix = variable.astype("float64").reshape(-1, variable.shape[-1])
            products = matrix.T @ matrix
            expected += np.sum((products * (1 - np.eye(len(products)))) ** 2)
    np.testing.assert_allclose(penalties.Orthogonal().compute(play(networks=[network])), expected, rtol=1e-5)


def test_orthogonal_filters_cost_nothing_and_embeddings_are_left_alone():
    network = keras.Sequential([keras.Input((2,)), layers.Embedding(4, 3), layers.Flatten(), layers.Dense(6)])
    network.layers[-1].kernel.assign(3.0 * np.eye(6))
    assert float(penalties.Orthogonal().compute(play(networks=[network]))) == 0.0


# Path length.


def test_path_length_of_a_linear_generator():
    random = np.random.default_rng(0)
    matrix, noise = random.normal(size=(3, 2 * 4 * 1)), random.normal(size=(5, 2, 4, 1))
    latent = random.normal(size=(5, 3))
    penalty = penalties.PathLength(share=0.6, decay=0.75)
    seen = play(
        generate=lambda inputs: ops.reshape(ops.matmul(inputs["latent"], float32(matrix)), (-1, 2, 4, 1)),
        inputs={"latent": float32(latent)},
        fake=ops.zeros((5, 2, 4, 1)),
        noise=float32(noise),
    )
    value, (average,) = penalty.evaluate(seen)
    lengths = np.linalg.norm(noise[:3].reshape(3, -1) / np.sqrt(8) @ matrix.T, axis=1)  # J^T y
    np.testing.assert_allclose(average, 0.25 * lengths.mean(), rtol=1e-5)
    np.testing.assert_allclose(value, np.mean((lengths - 0.25 * lengths.mean()) ** 2), rtol=1e-5)


# Consistency.


def test_consistency_against_its_formula():
    random = np.random.default_rng(0)
    real, fake = random.normal(size=(2, 3, 8, 8, 1)).astype("float32")
    ramp = np.linspace(0, 1, 64).reshape(8, 8, 1).astype("float32")
    critic = lambda x: ops.sum(x * ramp, axis=(1, 2))  # noqa: E731
    penalty = penalties.Consistency(real_weight=2.0, fake_weight=3.0)
    seen = play(critic=critic, real=float32(real), fake=float32(fake))
    seen = seen._replace(real_logits=critic(seen.real), fake_logits=critic(seen.fake))
    seen = seen._replace(noise=penalty.draw(seen, None))
    value = float(penalty.compute(seen))
    expected = 0.0
    for weight, images, drawn in ((2.0, real, seen.noise[0]), (3.0, fake, seen.noise[1])):
        moved = ops.convert_to_numpy(penalty.augmenter.apply(float32(images), drawn))
        assert not np.allclose(moved, images)
        expected += weight * np.mean(np.sum((moved - images) * ramp, axis=(1, 2)) ** 2)
    np.testing.assert_allclose(value, expected, rtol=1e-4)


def test_reals_alone_with_a_fake_weight_of_zero():
    calls = []
    penalty = penalties.Consistency(fake_weight=0.0)
    images = ops.zeros((2, 8, 8, 1))
    logits = ops.zeros((2, 1))
    seen = play(critic=lambda x: (calls.append(1), logits)[1], real=images, fake=images, real_logits=logits)
    penalty.compute(seen._replace(noise=penalty.draw(seen, None)))
    assert len(calls) == 1


def test_latent_consistency_by_hand():
    latent, noise = np.array([[1.0], [2.0]]), np.array([[0.5], [-1.0]])
    seen = play(
        generate=lambda inputs: ops.reshape(3.0 * inputs["latent"], (-1, 1, 1, 1)),
        critic=lambda images: 2.0 * images[:, 0, 0],
        inputs={"latent": float32(latent)},
        fake=float32(3 * latent.reshape(2, 1, 1, 1)),
        fake_logits=float32(6 * latent),
        noise=float32(noise),
    )
    of_discriminator = penalties.LatentConsistency("discriminator").compute(seen)
    of_generator = penalties.LatentConsistency("generator").compute(seen)
    np.testing.assert_allclose([of_discriminator, of_generator], [36 * 1.25 / 2, -9 * 1.25 / 2], rtol=1e-6)


def test_step_in_the_latent_space_has_the_deviation():
    penalty = penalties.LatentConsistency(deviation=0.2)
    drawn = penalty.draw(play(inputs={"latent": ops.zeros((2000, 5))}), keras.random.SeedGenerator(0))
    np.testing.assert_allclose(ops.std(drawn), 0.2, rtol=0.03)


# In the game.


ALL = [
    penalties.R1(interval=2),
    penalties.R2(interval=2),
    penalties.GradientPenalty(interval=3),
    penalties.DRAGAN(),
    penalties.LeCam(),
    penalties.Consistency(),
    penalties.LatentConsistency("discriminator"),
    penalties.LatentConsistency("generator"),
    penalties.Orthogonal(),
    penalties.PathLength(interval=2),
]


def test_noise_is_new_at_every_step(make_gan, images):
    class Watched(penalties.GradientPenalty):
        seen = []

        def compute(self, play):
            self.seen.append(np.array(play.noise).ravel())
            return super().compute(play)

    gan = make_gan(penalties=[Watched()])
    gan.compile(run_eagerly=True, penalties=[Watched()])
    fit(gan, {"image": images[:4]}, 2)
    first, second = Watched.seen
    assert not np.any(first == second)


def test_a_penalty_of_the_generator_reaches_it_and_only_it(make_gan, images):
    still = {"optimizer": keras.optimizers.SGD(0.0)}
    for penalty, mover in ((penalties.Orthogonal(weight=1.0), "generator"), (penalties.R1(), "discriminator")):
        gan = make_gan(penalties=[penalty], **still, **no_batch_statistics())
        log = fit(gan, {"image": images[:8]}, 1)[0]
        batch = {"image": ops.convert_to_tensor(images[:8])}
        drawn = drawing.draw(gan, batch)
        terms = step.losses(gan, mover, batch, drawn)
        other = {"generator": "discriminator", "discriminator": "generator"}[mover]
        assert penalty.name in terms
        assert penalty.name not in step.losses(gan, other, batch, drawn)
        assert log[penalty.name] > 0


def test_weights_follow_their_schedule(make_gan, images):
    weight = schedules.Linear(1.0, 0.0, end=24)
    gan = make_gan(penalties=[penalties.Orthogonal(weight=weight)], optimizer=keras.optimizers.SGD(0.0))
    logs = [fit(gan, {"image": images[:8]}, 1)[0]["orthogonal"] for _ in range(4)]
    np.testing.assert_allclose(logs, logs[0] * np.array([1, 2 / 3, 1 / 3, 0]), rtol=1e-5, atol=1e-7)


def test_path_length_refuses_batch_normalization_in_the_generator(make_gan):
    with pytest.raises(ValueError, match=r"'path_length' takes gradients per image.*batch normalization"):
        make_gan(penalties=[penalties.PathLength()])


@pytest.mark.parametrize("penalty", ALL, ids=lambda penalty: penalty.name)
def test_each_trains_and_comes_back_from_its_config(make_gan, images, penalty):
    gan = make_gan(penalties=[penalty], **no_batch_statistics())
    logs = fit(gan, {"image": images[:8]}, 2)
    assert np.isfinite([log[penalty.name] for log in logs]).all()
    assert logs[0][penalty.name] != 0
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(penalty))
    assert type(again) is type(penalty)
    assert again.get_config() == penalty.get_config()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: penalties.LeCam(decay=1.0), r"`decay` must lie in \[0, 1\). Received: decay=1.0"),
        (lambda: penalties.PathLength(share=0.0), r"`share` must lie in \(0, 1\]"),
        (lambda: penalties.PathLength(decay=-1.0), r"`decay` must lie in \[0, 1\)"),
        (lambda: penalties.WeightClipping(0.0), r"`limit` must be a number > 0"),
        (lambda: penalties.Consistency(real_weight=-1.0), r"`real_weight` must be a number >= 0"),
        (lambda: penalties.LatentConsistency("critic"), r"`player` must be one of .*Received: player='critic'"),
        (lambda: penalties.LatentConsistency(deviation=0.0), r"`deviation` must be a number > 0"),
        (lambda: penalties.Orthogonal(weight=-1.0), r"`weight` must be a number >= 0"),
    ],
)
def test_arguments_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_it_must_be_a_penalty(make_gan):
    with pytest.raises(TypeError, match=r"`penalties` must hold keras_gan.penalties.Penalty objects. Received: 3"):
        make_gan(penalties=[3])


def test_the_gradient_of_a_consistency_term_is_finite_at_rest():
    weight = keras.Variable(1.0)
    penalty = penalties.Consistency(DiffAugment())
    images = ops.ones((2, 8, 8, 1))
    seen = play(critic=lambda x: weight * ops.sum(x, axis=(1, 2, 3)), real=images, fake=images)
    noise = penalty.draw(seen, None)

    def value():
        logits = weight * ops.ones((2,))
        return penalty.compute(seen._replace(noise=noise, real_logits=logits, fake_logits=logits)), None

    _, (gradient,) = _backend.aux_and_gradients(value, [weight])
    assert np.isfinite(float(gradient))
