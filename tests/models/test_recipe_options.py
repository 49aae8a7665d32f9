"""What `compile` takes besides losses and penalties: schedules, top-k, accumulated gradients, an augmenter."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_gan as kg
from keras_gan.schedules import Cosine, Linear
from tests.run_gan_test import fit, run_gan_test, same, values


def adam(**arguments):
    return keras.optimizers.Adam(**{"learning_rate": 1e-3, "beta_1": 0.5, **arguments})


def compiled(make_gan, **arguments):
    gan = make_gan()
    gan.compile(**{"optimizer": adam(), **arguments})
    return gan


# Everything at once fulfils the contract.


@pytest.mark.contract
def test_all_options_together(make_gan, images, tmp_path):
    def make(**arguments):
        generator = kg.networks.DCGANGenerator((8, 8, 1), latent_dim=6, filters=4, normalization="rms")
        gan = make_gan(generator=generator, **{"ema_half_life": Linear(1e3, 1e4, end=1000), **arguments})
        keras.utils.set_random_seed(5)
        for weight in gan.generator.trainable_variables:  # made before the seed was set
            weight.assign(0.1 * keras.random.normal(weight.shape, seed=len(weight.shape)))
        if gan.average is not None:
            gan.average.set_weights(gan.generator.get_weights())
        gan.compile(
            adam(),
            loss=kg.losses.RelativisticPaired(),
            penalties=[
                kg.penalties.R1(gamma=Cosine(1.0, 0.1, end=100), interval=2),
                kg.penalties.GradientPenalty(weight=1.0, interval=3),
                kg.penalties.LeCam(),
                kg.penalties.Consistency(kg.augmenters.DiffAugment(seed=2)),
                kg.penalties.LatentConsistency("generator", weight=0.1),
                kg.penalties.PathLength(interval=2),
                kg.penalties.WeightClipping(0.5),
            ],
            augmenter=kg.augmenters.DiffAugment(seed=1),
            schedules={
                "learning_rate": Cosine(1e-3, 1e-4, end=200),
                "discriminator": {"beta_2": Linear(0.9, 0.99, 80)},
            },
            top_k=Linear(1.0, 0.5, end=40),
        )
        return gan

    run_gan_test(make, {"image": images[:8]}, tmp_path)


def test_what_an_earlier_compile_attached_is_forgotten(make_gan):
    gan = make_gan(loss=kg.losses.BEGAN(), penalties=[kg.penalties.LeCam(), kg.penalties.Consistency()])
    once = len(gan.variables)
    gan.compile(adam(), augmenter=kg.augmenters.DiffAugment())
    assert len(make_gan().variables) == len(gan.variables) - 1 == once - 4  # the seed of the augmenter
    assert not gan.penalties


# Schedules of the optimizers.


def test_learning_rate_follows_the_images(make_gan, images):
    schedule = Linear(1e-3, 0.0, end=32)
    gan = compiled(make_gan, schedules={"generator": {"learning_rate": schedule}})
    rates = []
    for _ in range(5):
        fit(gan, {"image": images[:8]}, 1)
        rates.append([float(gan.optimizer[player].learning_rate) for player in ("generator", "discriminator")])
    np.testing.assert_allclose([r for r, _ in rates], 1e-3 * np.array([1, 0.75, 0.5, 0.25, 0]), atol=1e-9)
    np.testing.assert_allclose([r for _, r in rates], 1e-3)
    before = values(gan.generator.trainable_variables)
    fit(gan, {"image": images[:8]}, 1)
    assert same(before, values(gan.generator.trainable_variables)), "a rate of 0 moves nothing"


def test_a_beta_follows_the_images_and_the_optimizer_keeps_its_own(make_gan, images):
    constant = compiled(make_gan, optimizer=adam(beta_2=0.5))
    scheduled = compiled(make_gan, optimizer=adam(beta_2=0.9), schedules={"beta_2": Linear(0.5, 0.9, 10**9)})
    other = compiled(make_gan, optimizer=adam(beta_2=0.9))
    for gan in (constant, scheduled, other):
        fit(gan, {"image": images[:8]}, 3)
    for a, b, c in zip(*(values(g.generator.trainable_variables) for g in (constant, scheduled, other)), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
        assert not np.allclose(a, c, atol=1e-6)
    assert scheduled.optimizer["generator"].beta_2 == 0.9


def test_schedules_are_saved(make_gan, tmp_path):
    gan = compiled(
        make_gan, schedules={"learning_rate": Cosine(1e-3, 0.0, end=5), "generator": {"beta_1": Linear(0, 1, 9)}}
    )
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert loaded.optimizer.get_config()["schedules"] == gan.optimizer.get_config()["schedules"]
    assert set(loaded.optimizer.schedules["generator"]) == {"learning_rate", "beta_1"}
    assert set(loaded.optimizer.schedules["discriminator"]) == {"learning_rate"}


@pytest.mark.parametrize(
    ("schedules", "error", "message"),
    [
        ({"critic": {"beta_1": Linear(0, 1, 9)}}, ValueError, r"players among .*Received: 'critic'"),
        ({"momentum": Linear(0, 1, 9)}, ValueError, r"a number that Adam has: learning_rate or one of .*'momentum'"),
        (
            {"generator": {"beta_1": 0.5}},
            TypeError,
            r"must hold keras_gan.schedules.Schedule objects. Received: beta_1=0.5",
        ),
    ],
)
def test_schedules_that_fit_nothing(make_gan, schedules, error, message):
    with pytest.raises(error, match=message):
        compiled(make_gan, schedules=schedules)


def test_half_life_follows_its_schedule(make_gan, images):
    scheduled = make_gan(ema_half_life=Linear(8.0, 8.0, end=1), ema_ramp_up=100.0)
    fixed = make_gan(ema_half_life=8.0, ema_ramp_up=100.0)
    for gan in (scheduled, fixed):
        fit(gan, {"image": images[:8]}, 3)
    assert same(values(scheduled.average.weights), values(fixed.average.weights))


# Top-k.


def test_the_generator_learns_from_the_best_fakes(make_gan):
    gan = compiled(make_gan, top_k=0.5)
    logits = ops.array([[3.0], [-1.0], [5.0], [0.0]])
    assert ops.convert_to_numpy(gan.best_of(logits)).ravel().tolist() == [5.0, 5.0, 3.0, 3.0]
    patches = ops.array([[1.0, 2.0], [9.0, -10.0], [0.0, 4.0], [-5.0, -5.0]])
    assert ops.convert_to_numpy(gan.best_of(patches)).tolist() == [[0.0, 4.0], [0.0, 4.0], [1.0, 2.0], [1.0, 2.0]]


@pytest.mark.parametrize("top_k", [0.0, 1.5, -0.1])
def test_top_k_is_a_share(make_gan, top_k):
    with pytest.raises(ValueError, match=r"`top_k` must be a number > 0 and <= 1"):
        compiled(make_gan, top_k=top_k)


# Gradient accumulation is Keras's own.


def test_accumulated_gradients_equal_a_larger_batch(make_gan, images):
    class Injected(kg.GAN):
        def sample_inputs(self, batch):
            return {"latent": batch["latent"]}

    def make(**arguments):
        gan = make_gan(generator=kg.networks.MLPGenerator((8, 8, 1), 6, (16,)))
        gan = Injected(gan.generator, gan.discriminator)
        gan.compile(keras.optimizers.SGD(0.1, **arguments))
        return gan

    latents = np.random.default_rng(0).normal(size=(16, 6)).astype("float32")
    keras.utils.set_random_seed(1)
    whole = make()
    parts = Injected.from_config(whole.get_config())
    parts.set_weights(whole.get_weights())
    parts.compile(keras.optimizers.SGD(0.1, gradient_accumulation_steps=2))
    batch = {"image": images[:16], "latent": latents}
    # The generator is judged by a discriminator that has moved only in the whole batch: the latter's step is compared.
    fit(whole, batch, 1)
    for half in (slice(0, 8), slice(8, 16)):
        fit(parts, {name: value[half] for name, value in batch.items()}, 1)
    for a, b in zip(*(values(gan.discriminator.trainable_variables) for gan in (whole, parts)), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


# Augmenters.


class Doubled(kg.augmenters.Augmenter):
    """Adds one number, drawn anew at each call, to all images; counts its adaptations."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.asked = []

    def draw(self, images):
        number = keras.random.uniform((), seed=self.seed_generator)
        return {"number": number}

    def apply(self, images, drawn):
        self.asked.append(float(drawn["number"]))
        return images + drawn["number"]

    def adapt(self, real_logits):
        self.asked.append("adapt")


def test_who_sees_which_augmentation(make_gan, images):
    gan, augmenter = make_gan(), Doubled()
    gan.compile(adam(), penalties=[kg.penalties.R1(interval=1)], augmenter=augmenter, run_eagerly=True)
    fit(gan, {"image": images[:8]}, 2)
    first, second = augmenter.asked[:5], augmenter.asked[5:]
    real, fake, adapt, of_penalty, of_generator = first
    assert adapt == "adapt"
    assert of_penalty == real  # the penalty looks where the discriminator looked
    assert len({real, fake, of_generator}) == 3  # each other pass draws anew
    assert not {x for x in first if x != "adapt"} & {x for x in second if x != "adapt"}


def test_an_augmenter_must_be_one(make_gan):
    with pytest.raises(TypeError, match=r"`augmenter` must be a keras_gan.augmenters.Augmenter. Received: augmenter=3"):
        compiled(make_gan, augmenter=3)


def test_probability_of_ada_is_saved_with_the_gan(make_gan, images, tmp_path):
    gan = compiled(make_gan, augmenter=kg.augmenters.ADA(probability=0.3))
    fit(gan, {"image": images[:8]}, 1)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert same(values(gan.augmenter.weights), values(loaded.augmenter.weights))
    assert fit(gan, {"image": images[:8]}, 2) == fit(loaded, {"image": images[:8]}, 2)


def test_sampling_and_validation_show_no_augmentation(make_gan, images):
    plain, augmented = compiled(make_gan), compiled(make_gan, augmenter=kg.augmenters.DiffAugment())
    np.testing.assert_array_equal(plain.sample(4, seed=0), augmented.sample(4, seed=0))
    results = [gan.evaluate(images, batch_size=8, verbose=0, return_dict=True) for gan in (plain, augmented)]
    assert results[0]["discriminator_loss"] == results[1]["discriminator_loss"]
