import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import keras_gan as kg
from keras_gan.game import step
from tests.run_gan_test import fit, run_gan_test, run_whole_gan_test, same, values

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "dcgan_step.npz"


class InjectedLatents(kg.GAN):
    """A GAN whose batches bring their latents, so that its steps can be compared number by number."""

    def sample_inputs(self, batch):
        return {"latent": batch["latent"]}


def sequential_pair():
    generator = keras.Sequential([keras.Input((6,)), layers.Dense(64, "tanh"), layers.Reshape((8, 8, 1))])
    discriminator = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(1)])
    return generator, discriminator


# Every way to make it fulfils the contract.


@pytest.fixture
def make_dcgan(make_gan):
    return lambda **arguments: make_gan(penalties=[kg.penalties.R1(gamma=0.5, interval=2)], **arguments)


def test_contract(make_dcgan, images, tmp_path):
    run_gan_test(make_dcgan, {"image": images[:8]}, tmp_path)


@pytest.mark.contract
def test_whole_contract(make_dcgan, images, tmp_path):
    run_whole_gan_test(make_dcgan, {"image": images[:8]}, tmp_path)


@pytest.mark.contract
def test_two_discriminator_steps_and_two_draws(make_gan, images, tmp_path):
    def make(**arguments):
        return make_gan(loss=kg.losses.Minimax(), discriminator_steps=2, reuse_fakes=False, **arguments)

    run_gan_test(make, {"image": images[:8]}, tmp_path)


@pytest.mark.contract
def test_mlp(make_gan, images, tmp_path):
    def make(**arguments):
        keras.utils.set_random_seed(1)
        networks = {
            "generator": kg.networks.MLPGenerator((8, 8, 1), latent_dim=6, units=(16,)),
            "discriminator": kg.networks.MLPDiscriminator((8, 8, 1), units=(16,), dropout=0.3),
        }
        return make_gan(latent="uniform", **networks, **arguments)

    run_gan_test(make, {"image": images[:8]}, tmp_path)


@pytest.mark.contract
def test_sequential(make_gan, images, tmp_path):
    def make(**arguments):
        keras.utils.set_random_seed(1)
        generator, discriminator = sequential_pair()
        return make_gan(generator=generator, discriminator=discriminator, **arguments)

    run_gan_test(make, {"image": images[:8]}, tmp_path)


# The step, number by number.


def golden_gan(golden):
    generator = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(32),
            layers.Reshape((4, 4, 2)),
            layers.ReLU(),
            layers.Conv2DTranspose(1, 4, 2, "same", activation="tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(2, 4, 2, "same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    generator.set_weights([golden[f"before_{k}"] for k in ("dense", "dense_bias", "up", "up_bias")])
    discriminator.set_weights([golden[f"before_{k}"] for k in ("down", "down_bias", "logit", "logit_bias")])
    gan = InjectedLatents(generator, discriminator, ema_half_life=20.0, ema_ramp_up=0.5)
    gan.compile(keras.optimizers.Adam(1e-2, beta_1=0.5), penalties=[kg.penalties.R1(gamma=2.0, interval=2)])
    return gan


def test_steps_equal_those_written_by_hand():
    golden = np.load(GOLDEN)
    gan = golden_gan(golden)
    for number, expected in enumerate(golden["losses"]):
        batch = {"image": golden["real"][number], "latent": golden["latent"][number]}
        log = fit(gan, batch, 1)[0]
        got = [log[name] for name in ("discriminator_loss", "generator_loss", "r1")]
        np.testing.assert_allclose(got, expected, rtol=2e-6, err_msg=f"step {number}")
    for network, prefix, names in (
        (gan.generator, "after", ("dense", "dense_bias", "up", "up_bias")),
        (gan.discriminator, "after", ("down", "down_bias", "logit", "logit_bias")),
        (gan.ema_generator, "average", ("dense", "dense_bias", "up", "up_bias")),
    ):
        for weight, name in zip(network.get_weights(), names, strict=True):
            np.testing.assert_allclose(weight, golden[f"{prefix}_{name}"], atol=2e-6, err_msg=f"{prefix} {name}")


def test_one_generator_pass_a_step(make_gan, images):
    for reuse_fakes, passes in ((True, 1), (False, 2)):
        gan, calls = make_gan(reuse_fakes=reuse_fakes), []
        gan.make = lambda *a, _f=gan.make, _c=calls, **k: (_c.append(1), _f(*a, **k))[1]
        fit(gan, {"image": images[:8]}, 2)
        assert len(calls) == passes, "calls while the step was traced"


def test_no_retrace_from_step_to_step(make_gan, images, monkeypatch):
    gan, traces, train = make_gan(), [], step.train
    monkeypatch.setattr(step, "train", lambda game, data: (traces.append(1), train(game, data))[1])
    gan.fit(images, batch_size=8, epochs=3, verbose=0)
    assert len(traces) == 1


def test_batch_statistics_of_the_generator_move_once_a_step(make_gan, images):
    gan = make_gan(discriminator_steps=4)
    norm = next(layer for layer in gan.generator.layers if isinstance(layer, layers.BatchNormalization))
    norm.gamma.assign(norm.gamma)  # moving mean starts at 0: after one step it is 0.1 of one batch's mean
    fit(gan, {"image": images[:8]}, 1)
    one = values([norm.moving_variance])[0]
    # momentum 0.9: a single move from 1 keeps at least 0.9 of it, four moves would keep 0.66.
    assert np.all(one >= 0.9)
    assert np.all(one < 0.95)


def test_early_discriminator_steps_use_fresh_reals(make_gan):
    class Watched(InjectedLatents):
        seen = []

        def terms(self, player, round):
            if player == "discriminator":
                self.seen.append(np.array(round.batch["image"])[:, 0, 0, 0].tolist())
            return super().terms(player, round)

    small = make_gan()
    gan = Watched(small.generator, small.discriminator, discriminator_steps=3)
    gan.compile(run_eagerly=True)
    images = np.arange(6, dtype="float32")[:, None, None, None] / 6 * np.ones((1, 8, 8, 1), "float32")
    fit(gan, {"image": images, "latent": np.zeros((6, 6), "float32")}, 1)
    assert [round(6 * value) for part in Watched.seen for value in part] == [0, 1, 2, 3, 4, 5]


def test_lazy_penalty_counts_its_interval(make_gan, images):
    gan = make_gan(penalties=[kg.penalties.R1(gamma=2.0, interval=3, name="lazy")], optimizer=keras.optimizers.SGD(0.0))
    every = make_gan(penalties=[kg.penalties.R1(gamma=2.0, interval=1)], optimizer=keras.optimizers.SGD(0.0))
    means = [log["lazy"] for log in fit(gan, {"image": images[:8]}, 4)]  # running means of the epoch
    value = fit(every, {"image": images[:8]}, 1)[0]["r1"]
    np.testing.assert_allclose(means, [3 * value, 3 * value / 2, value, 6 * value / 4], rtol=1e-5)


def test_logs_are_the_means_of_the_epoch(make_gan, images):
    gan = make_gan(optimizer=keras.optimizers.SGD(0.0))
    history = gan.fit(images, batch_size=8, verbose=0).history
    assert sorted(history) == ["discriminator_loss", "fake_probability", "generator_loss", "real_probability"]
    logits = keras.ops.convert_to_numpy(gan.discriminator(images))
    np.testing.assert_allclose(history["real_probability"][0], np.mean(1 / (1 + np.exp(-logits))), rtol=1e-5)


def test_validation_data_changes_nothing(make_gan, images):
    plain, validated = make_gan(), make_gan()
    plain.fit(images, batch_size=8, epochs=2, verbose=0, shuffle=False)
    history = validated.fit(images, batch_size=8, epochs=2, verbose=0, shuffle=False, validation_data=(images,)).history
    assert same(values(plain.variables), values(validated.variables))
    assert np.isfinite(history["val_discriminator_loss"]).all()


def test_without_an_average_the_generator_itself_is_used(make_gan, images):
    gan = make_gan(ema_half_life=None)
    fit(gan, {"image": images[:8]}, 1)
    assert gan.ema_generator is gan.generator
    assert gan.averaged() == []


def test_average_starts_as_a_copy(make_gan):
    gan = make_gan()
    assert same(gan.average.get_weights(), gan.generator.get_weights())
    assert not gan.average.trainable_variables


# Using it.


def test_fit_takes_arrays_tuples_and_dicts(make_gan, images):
    labels = np.arange(32)
    for data in (
        images,
        tf.data.Dataset.from_tensor_slices((images, labels)).batch(8),
        tf.data.Dataset.from_tensor_slices({"image": images, "label": labels}).batch(8),
    ):
        assert np.isfinite(make_gan().fit(data, verbose=0).history["generator_loss"][0])


def test_sample_is_reproducible_and_a_prefix(make_gan):
    gan = make_gan()
    images = gan.sample(7, seed=5, batch_size=3)
    assert images.dtype == "uint8"
    assert images.shape == (7, 8, 8, 1)
    np.testing.assert_array_equal(images[:2], gan.sample(2, seed=5))
    assert not np.array_equal(images, gan.sample(7, seed=6))


def test_call_is_the_averaged_generator(make_gan):
    gan = make_gan()
    gan.average.set_weights([w + 0.1 for w in gan.average.get_weights()])
    latents = gan.fixed_inputs(3, seed=0)["latent"]
    np.testing.assert_allclose(gan(latents), gan.average(latents))
    np.testing.assert_allclose(gan.predict(latents, verbose=0), gan.average(latents), atol=1e-6)


@pytest.mark.parametrize(("latent", "deviation"), [("normal", 1.0), ("uniform", 1 / np.sqrt(3))])
def test_latents_follow_the_distribution(make_gan, latent, deviation):
    gan = make_gan(latent=latent)
    drawn = keras.ops.convert_to_numpy(gan.sample_inputs({"image": np.zeros((4000, 8, 8, 1))})["latent"])
    for latents in (drawn, gan.fixed_inputs(4000, seed=1)["latent"]):
        assert latents.shape == (4000, 6)
        assert latents.dtype == "float32"
        np.testing.assert_allclose([latents.mean(), latents.std()], [0, deviation], atol=0.02)
    assert latent == "normal" or np.abs(drawn).max() <= 1


def test_shapes_are_read_from_a_subclassed_model():
    class Draw(keras.Model):
        def __init__(self, **arguments):
            super().__init__(**arguments)
            self.dense = layers.Dense(64, "tanh")

        def call(self, latent):
            return keras.ops.reshape(self.dense(latent), (-1, 8, 8, 1))

    _, discriminator = sequential_pair()
    generator = Draw()
    with pytest.raises(ValueError, match=r"input shape of `generator` must be known.*generator.build"):
        kg.GAN(generator, discriminator)
    generator.build((None, 5))
    gan = kg.GAN(generator, discriminator)
    assert gan.latent_shape == (5,)
    assert gan.sample(2, seed=0).shape == (2, 8, 8, 1)


def test_backup_and_restore_goes_on(make_gan, images, tmp_path):
    def train(gan, crash):
        callbacks = [keras.callbacks.BackupAndRestore(tmp_path / "backup")]
        if crash:

            def fail(epoch, logs):
                raise RuntimeError("power cut")

            callbacks.append(keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: e == 1 and fail(e, logs)))
        gan.fit(images, batch_size=8, epochs=4, verbose=0, shuffle=False, callbacks=callbacks)

    reference = make_gan()
    reference.fit(images, batch_size=8, epochs=4, verbose=0, shuffle=False)
    with pytest.raises(RuntimeError, match="power cut"):
        train(make_gan(), crash=True)
    resumed = make_gan()
    train(resumed, crash=False)
    assert int(resumed.step) == 16
    assert same(values(resumed.variables), values(reference.variables))


# What it refuses.


def test_networks_must_fit_each_other():
    with pytest.raises(
        ValueError, match=r"generator output shape \(16, 16, 1\), discriminator input shape \(8, 8, 1\)"
    ):
        kg.GAN(kg.networks.DCGANGenerator((16, 16, 1)), kg.networks.DCGANDiscriminator((8, 8, 1)))


def test_a_network_must_be_a_model():
    with pytest.raises(TypeError, match=r"`generator` must be a keras.Model"):
        kg.GAN(lambda x: x, sequential_pair()[1])


@pytest.mark.parametrize("role", ["generator", "discriminator"])
def test_sigmoid_outputs_are_refused(role):
    generator, discriminator = sequential_pair()
    network = {"generator": generator, "discriminator": discriminator}[role]
    network.add(layers.Activation("sigmoid"))
    with pytest.raises(ValueError, match=f"The {role} must .* with a sigmoid"):
        kg.GAN(generator, discriminator)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"latent": "gaussian"}, "`latent` must be 'normal' or 'uniform'"),
        ({"discriminator_steps": 0}, "`discriminator_steps` must be a whole number"),
        ({"discriminator_steps": 1.5}, "`discriminator_steps` must be a whole number"),
        ({"ema_half_life": 0}, "`ema_half_life` must be a number > 0"),
        ({"ema_ramp_up": -1.0}, "`ema_ramp_up` must be above 0"),
    ],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        kg.GAN(*sequential_pair(), **arguments)


def test_batch_must_divide_by_the_discriminator_steps(make_gan, images):
    gan = make_gan(discriminator_steps=5)
    with pytest.raises(ValueError, match=r"`discriminator_steps=5` needs a batch divisible by 5.*=32. Use 30 or 35"):
        fit(gan, {"image": images}, 1)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX knows the size of every batch")
def test_batch_size_must_be_known_for_several_steps(make_gan, images):
    with pytest.raises(ValueError, match=r"needs batches of one known size"):
        make_gan(discriminator_steps=2).fit(images, batch_size=7, verbose=0)


def test_whole_numbers_are_refused(make_gan, images):
    with pytest.raises(ValueError, match=r"must be float in \[-1, 1\].*uint8"):
        make_gan().fit(np.zeros((8, 8, 8, 1), "uint8"), verbose=0)


def test_images_of_another_shape_are_refused(make_gan):
    with pytest.raises(ValueError, match=r"the networks were built for, \(8, 8, 1\). Received: \(16, 16, 1\)"):
        make_gan().fit(np.zeros((8, 16, 16, 1), "float32"), verbose=0)


def test_a_batch_without_images_is_refused(make_gan):
    with pytest.raises(ValueError, match=r"key 'image'. Received: keys \['picture'\]"):
        fit(make_gan(), {"picture": np.zeros((8, 8, 8, 1), "float32")}, 1)


def test_gradient_penalty_refuses_batch_normalization(make_gan):
    discriminator = kg.networks.DCGANDiscriminator((16, 16, 1), filters=4, batch_normalization=True)
    generator = kg.networks.DCGANGenerator((16, 16, 1), filters=4)
    with pytest.raises(ValueError, match=r"'r1' takes gradients per image.*batch normalization.*Received: layer"):
        make_gan(penalties=[kg.penalties.R1()], generator=generator, discriminator=discriminator)


def test_penalties_must_be_told_apart(make_gan):
    with pytest.raises(ValueError, match=r"Names in the logs must differ. Received: a second 'r1'"):
        make_gan(penalties=[kg.penalties.R1(), kg.penalties.R1(gamma=2.0)])


def test_penalty_of_an_unknown_player(make_gan):
    penalty = kg.penalties.R1()
    penalty.player = "critic"
    with pytest.raises(ValueError, match=r"one of the players \['discriminator', 'generator'\].*player='critic'"):
        make_gan(penalties=[penalty])


def test_loss_must_be_adversarial(make_gan):
    with pytest.raises(TypeError, match=r"`loss` must be a keras_gan.losses.AdversarialLoss"):
        make_gan(loss=keras.losses.BinaryCrossentropy())
    with pytest.raises(ValueError, match=r"`loss` must be one of began, hinge.*Received: loss='binary_crossentropy'"):
        make_gan(loss="binary_crossentropy")


def test_penalties_must_be_penalties(make_gan):
    with pytest.raises(TypeError, match=r"`penalties` must hold .* Received: 'r1'"):
        make_gan().compile(penalties="r1")


def test_one_batch_at_a_time(make_gan, images):
    gan = make_gan()
    losses = gan.train_on_batch(images[:8], return_dict=True)
    assert np.isfinite(losses["generator_loss"])
    assert int(gan.step) == 1
    assert np.isfinite(gan.test_on_batch(images[:8], return_dict=True)["generator_loss"])
    assert gan.predict_on_batch(gan.fixed_inputs(2, 0)["latent"]).shape == (2, 8, 8, 1)


def test_images_far_out_of_range_are_told(make_gan, images):
    gan = make_gan()
    with pytest.warns(UserWarning, match=r"Images are expected in \[-1, 1\]. Received: -?\d.* to \d"):
        gan.fit(images * 100, batch_size=8, verbose=0)


def test_frozen_player_is_refused(make_gan):
    gan = make_gan()
    gan.discriminator.trainable = False
    with pytest.raises(ValueError, match=r"needs trainable variables. Received: none for \['discriminator'\]"):
        gan.compile()


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX gives zeros where there is no gradient")
def test_variable_without_gradient_is_named(make_gan, images):
    class Unused(layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(), name="unused_scale")

        def call(self, x):
            return x

    generator = keras.Sequential([keras.Input((6,)), layers.Dense(64), Unused(), layers.Reshape((8, 8, 1))])
    with pytest.raises(ValueError, match=r"player 'generator' must take part.*unused_scale"):
        fit(make_gan(generator=generator), {"image": images[:8]}, 1)


@pytest.mark.parametrize("count", [0, -1, 2.5])
def test_sample_needs_a_count(make_gan, count):
    with pytest.raises(ValueError, match="`count` must be a whole number >= 1"):
        make_gan().sample(count)
