import inspect
import time

import numpy as np
import pytest

import keras_gan as kg
from keras_gan import recipes
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


def names():
    return [name for name in recipes.__all__ if inspect.isfunction(getattr(recipes, name))]


def made(name, **options):
    data = np.random.default_rng(0).integers(0, 256, (320, *SMALL[name]), "uint8")
    data = (data, np.arange(320) % 3) if name in ("acgan", "cgan") else data
    return getattr(recipes, name)(data=data, **options)


def test_every_recipe_is_tested():
    assert sorted(SMALL) == sorted(names())


@pytest.mark.parametrize("name", names())
def test_two_steps_of_every_recipe(name):
    gan, dataset, epochs = made(name)
    assert isinstance(gan, kg.GAN)
    assert epochs >= 1
    assert gan.image_shape == SMALL[name]
    assert np.isfinite(gan.fit(dataset.take(2), verbose=0, shuffle=False).history["generator_loss"][0])


@pytest.mark.parametrize("name", names())
def test_the_screen_has_a_line_for_it(name):
    assert len(inspect.getdoc(getattr(recipes, name)).splitlines()[0]) <= 100


def test_seed_and_batch_size_reach_their_places():
    first, second, other = (made("dcgan", seed=seed, batch_size=16) for seed in (1, 1, 2))
    assert first.dataset.element_spec["image"].shape == (16, 16, 16, 3)
    assert same(values(first.gan.weights), values(second.gan.weights))
    assert not same(values(first.gan.weights), values(other.gan.weights))


def test_classes_are_counted():
    training = made("cgan")
    assert training.gan.num_classes == 3
    assert [layer.name for layer in training.gan.discriminator.inputs] == ["image", "label"]
    assert isinstance(made("acgan").gan, kg.ACGAN)
    assert recipes.cgan("digits").gan.num_classes == 10


def test_a_class_without_images_is_told():
    images, labels = np.zeros((64, 16, 16, 1), "uint8"), np.array([0, 1, 3, 4] * 16)
    with pytest.raises(ValueError, match=r"Every class must have images. Received: none with the label 2 of 0 to 4"):
        recipes.cgan((images, labels))


def test_data_without_classes_are_told():
    with pytest.raises(ValueError, match=r"needs data with classes"):
        recipes.acgan(np.zeros((64, 16, 16, 1), "uint8"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_digits_are_digits(seed):
    """The default recipe: 85% of its samples are sure to be a digit, and every digit is among them."""
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    pixels, labels = load_digits(return_X_y=True)
    gan, dataset, epochs = recipes.dcgan_digits(seed=seed)
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
