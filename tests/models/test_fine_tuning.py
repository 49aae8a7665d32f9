import keras
import pytest
from keras import layers

import keras_gan as kg
from keras_gan.game.inspection import first_layers
from tests.run_gan_test import fit, same, values


def test_frozen_layers_stay_and_the_others_learn(make_gan, images, tmp_path):
    gan = make_gan()
    gan.compile(freeze_discriminator=1)
    kernels = [layer.kernel for layer in gan.discriminator.layers if layer.weights]
    before = values(kernels)
    fit(gan, {"image": images[:8]}, 2)
    assert [same([a], [b]) for a, b in zip(before, values(kernels), strict=True)] == [
        True,
        *[False] * (len(kernels) - 1),
    ]
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert len(loaded.players()["discriminator"].variables) == len(gan.players()["discriminator"].variables)
    assert fit(gan, {"image": images[:8]}, 2) == fit(loaded, {"image": images[:8]}, 2)


def test_compiling_again_thaws(make_gan):
    gan = make_gan()
    count = len(gan.players()["discriminator"].variables)
    gan.compile(freeze_discriminator=1)
    assert len(gan.players()["discriminator"].variables) == count - 2
    gan.compile()
    assert len(gan.players()["discriminator"].variables) == count


def test_layers_count_from_the_image_through_nested_models():
    inner = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, name="one"), layers.ReLU(), layers.Dense(2, name="two")]
    )
    outer = keras.Sequential([keras.Input((4,)), inner, layers.Dense(1, name="three")])
    assert [layer.name for layer in first_layers(outer, 2)] == ["one", "two"]


@pytest.mark.parametrize("count", [-1, 1.5, True])
def test_a_count_of_layers(make_gan, count):
    with pytest.raises(ValueError, match="`freeze_discriminator` must be a whole number >= 0"):
        make_gan().compile(freeze_discriminator=count)


def test_something_must_be_left_to_train(make_gan):
    gan = make_gan()
    with pytest.raises(ValueError, match=r"must leave something to train of 2 layers.*freeze_discriminator=2"):
        gan.compile(freeze_discriminator=2)


def test_weights_are_taken_over_and_counters_are_not(make_gan, images):
    trained, fresh = make_gan(), make_gan()
    fit(trained, {"image": images[:8]}, 3)
    fresh.start_from(trained)
    for name in ("generator", "discriminator", "ema_generator"):
        assert same(getattr(trained, name).get_weights(), getattr(fresh, name).get_weights())
    assert int(fresh.step) == 0


def test_networks_must_be_the_same(make_gan):
    wider = make_gan(generator=kg.networks.DCGANGenerator((8, 8, 1), latent_dim=6, filters=8))
    with pytest.raises(ValueError, match=r"same networks. Received: generators that differ, weights of \(6, 64\) here"):
        make_gan().start_from(wider)
