import functools
import inspect
import pathlib
import time

import numpy as np
import pytest

import keras_gan as kg
from keras_gan import recipes
from keras_gan.cli.train import Common
from keras_gan.recipes import dcgan
from keras_gan.recipes.options import fits
from keras_gan.recipes.recipe import named
from tests.run_gan_test import same, values

SMALL = {
    "acgan": (16, 16, 1),
    "cgan": (16, 16, 1),
    "r3gan": (16, 16, 1),
    "wgan_gp": (16, 16, 1),
    "dcgan": (16, 16, 3),
    "dcgan_digits": (8, 8, 1),
    "dcgan_fashion_mnist": (28, 28, 1),
}


def made(name, **options):
    data = np.random.default_rng(0).integers(0, 256, (320, *SMALL[name]), "uint8")
    data = (data, np.arange(320) % 3) if name in ("acgan", "cgan") else data
    return recipes.make(name, data=data, **options)


def test_every_recipe_is_tested():
    here = pathlib.Path(__file__).parent
    assert [name for name in recipes.names() if name not in SMALL and not (here / f"test_{name}.py").exists()] == []


@pytest.mark.parametrize("name", SMALL)
def test_two_steps_of_every_recipe(name):
    gan, dataset, epochs, _ = made(name)
    assert isinstance(gan, kg.GAN)
    assert epochs >= 1
    assert gan.image_shape == SMALL[name]
    assert np.isfinite(gan.fit(dataset.take(2), verbose=0, shuffle=False).history["generator_loss"][0])


@pytest.mark.parametrize("name", recipes.names())
def test_the_screen_has_what_it_shows_of_every_recipe(name):
    recipe = named(name)
    assert 10 <= len(recipe.summary) <= 100
    assert f"keras-gan train {name}" in recipe.module.__doc__ or name == "dcgan_digits"
    assert all(len(option.help) > 10 for option in recipe.options.values()), recipe.options


@pytest.mark.parametrize("name", recipes.names())
def test_options_of_every_recipe_can_be_checked_and_typed(name):
    recipe = named(name)
    for option in recipe.options.values():
        assert option.annotation is not inspect.Parameter.empty, option
        assert option.required or fits(option.default, option.annotation), option
    assert not set(inspect.signature(Common).parameters) & set(recipe.options)
    for shared in set(recipe.of_data) & set(recipe.of_gan):
        assert recipe.of_data[shared].default == recipe.of_gan[shared].default


def test_recipes_of_one_family_have_its_options_with_defaults_of_their_own():
    wanted = {"dcgan": (32, 0.3, 1), "dcgan_digits": (64, 0.05, 1), "wgan_gp": (160, None, 5), "r3gan": (32, 1.0, 1)}
    for name, (batch_size, gamma, steps) in wanted.items():
        options = named(name).options
        assert options["batch_size"].default == batch_size
        assert options["discriminator_steps"].default == steps
        assert ("gamma" in options) == (gamma is not None)
        assert gamma is None or options["gamma"].default == gamma
    assert "labels" not in named("acgan").options
    assert "R1 and of R2" in named("r3gan").options["gamma"].help
    assert "every 16 steps" in named("dcgan_digits").options["gamma"].help


def test_options_reach_what_they_are_of():
    training = made("wgan_gp", discriminator_steps=4, latent_dim=5, batch_size=20, learning_rate=0.25, epochs=7)
    assert (training.gan.discriminator_steps, training.gan.generator.latent_dim, training.epochs) == (4, 5, 7)
    assert training.dataset.element_spec["image"].shape[0] == 20
    assert float(training.gan.optimizer["generator"].learning_rate) == 0.25
    assert made("r3gan", interval=3, gamma=0.5).gan.penalties[1].interval == 3
    assert made("cgan", labels="concatenation").gan.discriminator.conditioning == "concatenation"
    assert made("dcgan_digits").gan.generator.latent_dim == 10


def test_what_a_recipe_lacks_is_told():
    with pytest.raises(ValueError, match=r"wgan_gp has no option interval. Recipes that have it: r3gan. All of them"):
        made("wgan_gp", interval=3)
    with pytest.raises(ValueError, match=r"dcgan has no option latent_dims. Did you mean latent_dim"):
        made("dcgan", latent_dims=3)
    with pytest.raises(ValueError, match=r"Unknown recipe 'dcgna'. Did you mean dcgan"):
        recipes.make("dcgna")
    with pytest.raises(ValueError, match=r"Unknown recipe 'training'"):
        recipes.make("training")


def test_its_functions_are_called_by_themselves_too():
    dataset = dcgan.data("digits", batch_size=256)
    gan = dcgan.gan(dataset, filters=4, latent_dim=3)
    assert gan.fit(dataset, verbose=0, shuffle=False).history["r1"][0] > 0
    assert isinstance(recipes.dcgan_digits.data, functools.partial)


def test_seed_and_batch_size_reach_their_places():
    first, second, other = (made("dcgan", seed=seed, batch_size=16) for seed in (1, 1, 2))
    assert first.dataset.element_spec["image"].shape == (16, 16, 16, 3)
    assert same(values(first.gan.weights), values(second.gan.weights))
    assert not same(values(first.gan.weights), values(other.gan.weights))
    orders = [next(iter(training.dataset))["image"].numpy() for training in (first, second, other)]
    assert np.array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], orders[2])


def test_classes_are_counted():
    training = made("cgan")
    assert training.gan.num_classes == 3
    assert [layer.name for layer in training.gan.discriminator.inputs] == ["image", "label"]
    assert isinstance(made("acgan").gan, kg.ACGAN)
    assert recipes.make("cgan", data="digits").gan.num_classes == 10


def test_a_class_without_images_is_told():
    images, labels = np.zeros((64, 16, 16, 1), "uint8"), np.array([0, 1, 3, 4] * 16)
    with pytest.raises(ValueError, match=r"Every class must have images. Received: none with the label 2 of 0 to 4"):
        recipes.make("cgan", data=(images, labels))


def test_data_without_classes_are_told():
    with pytest.raises(ValueError, match=r"needs data with classes"):
        recipes.make("acgan", data=np.zeros((64, 16, 16, 1), "uint8"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_digits_are_digits(seed):
    """The default recipe: 85% of its samples are sure to be a digit, and every digit is among them."""
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    pixels, labels = load_digits(return_X_y=True)
    gan, dataset, epochs, _ = recipes.make("dcgan_digits", seed=seed)
    begin = time.perf_counter()
    gan.fit(dataset, epochs=epochs, verbose=0, shuffle=False)
    print(f"\nseed {seed}: {time.perf_counter() - begin:.0f} s")
    samples = gan.sample(1000, seed=0).reshape(1000, 64) * (16 / 255)
    for judge in (MLPClassifier(max_iter=500, random_state=0), LogisticRegression(max_iter=5000)):
        probabilities = judge.fit(pixels, labels).predict_proba(samples)
        shares = np.bincount(probabilities.argmax(axis=1), minlength=10) / 1000
        sure = np.mean(probabilities.max(axis=1) > 0.9)
        print(f"  {type(judge).__name__}: {sure:.1%} sure, digits {shares.min():.1%} to {shares.max():.1%}")
        assert sure >= 0.85
        assert shares.min() >= 0.04
        assert shares.max() <= 0.20
