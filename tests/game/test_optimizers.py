import keras
import numpy as np
import pytest

from keras_gan import PlayerOptimizers

PLAYERS = ("discriminator", "generator")


def variables(value=1.0):
    return {player: [keras.Variable(np.full((2,), value, "float32"))] for player in PLAYERS}


def test_one_optimizer_is_copied_for_each_player():
    model = keras.optimizers.Adam(3e-4, beta_1=0.25)
    optimizers = PlayerOptimizers.for_players(model, PLAYERS)
    assert optimizers["generator"] is not optimizers["discriminator"]
    assert [o.beta_1 for o in optimizers.optimizers] == [0.25, 0.25]
    assert [o.name for o in optimizers.optimizers] == list(PLAYERS)


def test_name_of_an_optimizer_is_enough():
    assert isinstance(PlayerOptimizers.for_players("sgd", PLAYERS)["generator"], keras.optimizers.SGD)


def test_dict_gives_each_player_its_own():
    chosen = {"generator": keras.optimizers.SGD(0.5), "discriminator": keras.optimizers.Adam(0.25)}
    optimizers = PlayerOptimizers.for_players(chosen, PLAYERS)
    assert optimizers["generator"] is chosen["generator"]
    assert list(optimizers.players) == list(PLAYERS)


@pytest.mark.parametrize("keys", [["generator"], ["generator", "discriminator", "encoder"], ["G", "D"]])
def test_dict_must_name_the_players(keys):
    with pytest.raises(ValueError, match="one optimizer for each of"):
        PlayerOptimizers.for_players({key: keras.optimizers.SGD() for key in keys}, PLAYERS)


def test_players_cannot_share_an_optimizer():
    shared = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="an optimizer of its own"):
        PlayerOptimizers({"generator": shared, "discriminator": shared})


def test_momenta_are_separate():
    owned = variables()
    optimizers = PlayerOptimizers.for_players(keras.optimizers.SGD(0.5, momentum=0.5), PLAYERS)
    optimizers.build_players(owned)
    optimizers["generator"].apply([np.ones(2, "float32")], owned["generator"])
    assert int(optimizers["generator"].iterations) == 1
    assert int(optimizers["discriminator"].iterations) == 0
    np.testing.assert_array_equal(owned["generator"][0], [0.5, 0.5])
    np.testing.assert_array_equal(owned["discriminator"][0], [1.0, 1.0])


def test_variables_are_its_own_and_every_players():
    optimizers = PlayerOptimizers.for_players(keras.optimizers.Adam(), PLAYERS)
    optimizers.build_players(variables())
    # Own: iteration, learning rate. Each Adam: iteration, learning rate, momentum, velocity.
    assert len(optimizers.variables) == 2 + 2 * 4
    assert optimizers.built


def test_learning_rate_names_the_players():
    optimizers = PlayerOptimizers.for_players("adam", PLAYERS)
    with pytest.raises(AttributeError, match=r"one learning rate per player.*discriminator.*generator"):
        _ = optimizers.learning_rate
    with pytest.raises(AttributeError, match="one learning rate per player"):
        optimizers.learning_rate = 0.1


def test_apply_is_refused():
    with pytest.raises(TypeError, match="one optimizer per player"):
        PlayerOptimizers.for_players("adam", PLAYERS).apply([np.ones(2)])


def test_loss_scaling_wraps_each_player_once():
    wrapped = PlayerOptimizers.for_players("adam", PLAYERS, scale_loss=True)
    again = PlayerOptimizers.for_players(wrapped, PLAYERS, scale_loss=True)
    for optimizer in again.optimizers:
        assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        assert isinstance(optimizer.inner_optimizer, keras.optimizers.Adam)


def test_config_round_trip():
    optimizers = PlayerOptimizers.for_players(
        {"discriminator": keras.optimizers.Adam(4e-4), "generator": keras.optimizers.SGD(1e-2)}, PLAYERS
    )
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizers))
    assert again.get_config() == optimizers.get_config()


def test_learning_rate_callbacks_reach_every_player(make_gan, images):
    gan = make_gan(optimizer={"discriminator": keras.optimizers.Adam(4e-4), "generator": keras.optimizers.Adam(1e-4)})
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    gan.fit(images, batch_size=16, epochs=2, verbose=0, callbacks=[schedule])
    np.testing.assert_allclose(gan.optimizer["discriminator"].learning_rate, 1e-4, rtol=1e-6)
    np.testing.assert_allclose(gan.optimizer["generator"].learning_rate, 2.5e-5, rtol=1e-6)


def test_keras_plateau_callback_works(make_gan, images):
    plateau = keras.callbacks.ReduceLROnPlateau("generator_loss", factor=0.5, patience=1, mode="min", min_delta=100.0)
    gan = make_gan()
    history = gan.fit(images, batch_size=16, epochs=3, verbose=0, callbacks=[plateau]).history
    assert "learning_rate_generator" in history
    assert float(gan.optimizer["generator"].learning_rate) < 1e-3
