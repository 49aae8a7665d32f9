"""The words of a game: duels, rounds, players, and games of other kinds than `GAN`."""

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import _backend
from keras_gan.game import Duel, Player, Round, step
from tests.game import proofs
from tests.run_gan_test import fit, same, values


@pytest.fixture
def pairs(images):
    return {"source": images[:8], "target": -images[:8]}


@pytest.fixture
def domains(images):
    return {"a": images[:8], "b": -images[:8]}


def compiled(game, **arguments):
    game.compile(keras.optimizers.Adam(1e-3), **arguments)
    return game


def test_a_round_finds_what_is_made_before_inputs_and_columns_and_reals_in_the_batch():
    round = Round(batch={"label": 1, "x": 2}, inputs={"label": 3}, made={"x": 4})
    assert (round["label"], round["x"], round.real("label"), round.real("x")) == (3, 4, 1, 2)
    with pytest.raises(ValueError, match=r"one of \['label', 'x'\]. Received: 'y'"):
        round["y"]


def test_a_duel_shows_pairs_and_context():
    round = Round({"source": 1, "target": 2}, {}, {"fake": 3})
    duel = Duel("judge", real="target", fake="fake", context=("source",))
    assert duel.seen(round) == ({"target": 2}, {"target": 3})
    assert duel.contexts(round) == ({"source": 1}, {"source": 1})
    pairs = Duel("judge", {"image": "target", "latent": "source"}, {"image": "fake", "latent": "target"})
    assert pairs.seen(round) == ({"image": 2, "latent": 1}, {"image": 3, "latent": 2})


def test_pairs_are_learned_and_validated_by_the_same_terms(pairs):
    game = compiled(proofs.pix2pix(), penalties=[kg.penalties.R1()])
    log = fit(game, pairs, 1)[0]
    assert {"discriminator_loss", "generator_loss", "l1_loss", "r1"} <= set(log)
    found = game.evaluate(pairs, return_dict=True, verbose=0, batch_size=8)
    made = game.generators()["generator"].run({"source": pairs["source"]})["target"]
    np.testing.assert_allclose(found["l1_loss"], 100 * np.abs(made - pairs["target"]).mean(), rtol=1e-5)


def test_every_duel_has_a_loss_an_augmenter_and_penalties_of_its_own(domains):
    ada = kg.augmenters.ADA(seed=0)
    game = compiled(proofs.cycle_gan(), loss="least_squares", penalties=[kg.penalties.LeCam()], augmenter=ada)
    assert game.rules.losses["a"] is not game.rules.losses["b"]
    assert game.rules.augmenters["a"] is ada is not game.rules.augmenters["b"]
    log = fit(game, domains, 1)[0]
    names = [f"{word}_{duel}" for duel in "ab" for word in ("discriminator_loss", "generator_loss", "lecam")]
    assert set(names) <= set(log)
    memories = [penalty.real_average.numpy() for _, penalty in game.rules.duel_penalties]
    assert memories[0] != memories[1] != 0


def test_several_judges_learn_on_one_draw(domains):
    game, calls = compiled(proofs.cycle_gan()), []
    make = game.make
    game.make = lambda *arguments: (calls.append(1), make(*arguments))[1]
    before = values(game.judge_a.trainable_variables), values(game.judge_b.trainable_variables)
    fit(game, domains, 1)
    assert len(calls) == 1
    for old, judge in zip(before, (game.judge_a, game.judge_b), strict=True):
        assert not same(old, values(judge.trainable_variables))


def test_a_penalty_differentiates_all_that_a_judge_is_shown(images):
    game = compiled(proofs.bigan(), penalties=[kg.penalties.R1(gamma=2.0, interval=1)])
    batch = {"image": keras.ops.convert_to_tensor(images[:8])}
    code = game.generators()["encoder"].run({"image": images[:8]})["latent"]
    shown = {"image": batch["image"], "latent": keras.ops.convert_to_tensor(code)}
    found = [  # of each of both on its own, while the other is held
        np.array(_backend.input_gradients(lambda x, name=name: game.discriminator({**shown, name: x}), value))
        for name, value in shown.items()
    ]
    expected = sum((each**2).reshape(8, -1).sum(axis=1) for each in found).mean()
    drawn = {"inputs": game.sample_inputs(batch), "made": {"fake": batch["image"], "code": shown["latent"]}}
    terms = step.losses(game, "discriminator", batch, drawn)
    np.testing.assert_allclose(terms["r1"], expected, rtol=1e-5)


def test_where_reals_are_made_the_judge_is_fooled_on_both_sides(images):
    game = compiled(proofs.bigan())
    before = values(game.encoder.trainable_variables)
    fit(game, {"image": images[:8]}, 1)
    assert not same(before, values(game.encoder.trainable_variables))
    round = Round({}, {}, {})
    real, fake = ({"logits": keras.ops.convert_to_tensor([[value]])} for value in (0.7, -0.4))
    round.outputs["pair"] = real, fake
    expected = np.log1p(np.exp(0.4)) + np.log1p(np.exp(0.7))  # fakes are to be real, reals to be fake
    np.testing.assert_allclose(game.adversarial_terms("generator", round)["generator_loss"], expected, rtol=1e-6)


def test_only_players_that_move_learn_and_duels_of_idle_judges_are_not_played(pairs):
    game = compiled(proofs.pix2pix(), players=["generator"])
    before = values(game.discriminator.trainable_variables)
    log = fit(game, pairs, 2)[-1]
    assert same(before, values(game.discriminator.trainable_variables))
    assert log["generator_loss"] == 0 < log["l1_loss"]
    assert int(game.optimizer["generator"].iterations) == 2
    game.move()
    log = fit(game, pairs, 1)[-1]
    assert log["generator_loss"] > 0
    assert int(game.optimizer["generator"].iterations) == 3
    assert int(game.optimizer["discriminator"].iterations) == 1


def test_stages_come_back_with_the_game(pairs, tmp_path):
    game = compiled(proofs.pix2pix(), players=["generator"])
    fit(game, pairs, 1)
    game.save(tmp_path / "game.keras")
    loaded = keras.models.load_model(tmp_path / "game.keras")
    assert loaded.moving == ("generator",)
    for each in (game, loaded):
        each.move(["discriminator", "generator"])
    assert fit(game, pairs, 2) == fit(loaded, pairs, 2)
    assert same(values(game.variables), values(loaded.variables))


def test_players_that_there_are_not(pairs):
    with pytest.raises(ValueError, match=r"`players` must be some of \['discriminator', 'generator'\]"):
        compiled(proofs.pix2pix(), players=["judge"])
    with pytest.raises(ValueError, match="`players` must be some of"):
        compiled(proofs.pix2pix(), players=[])


def test_a_player_must_have_something_to_minimise(images):
    game = compiled(proofs.bigan(), players=["generator"])
    with pytest.raises(ValueError, match=r"A player that moves must have something to minimise. Received: 'generator'"):
        fit(game, {"image": images[:8]}, 1)


def test_terms_must_be_announced(pairs):
    game = proofs.pix2pix()
    game.terms = lambda player, round: {"unknown": keras.ops.zeros(())}
    with pytest.raises(ValueError, match=r"must stand in its `term_names`. Received: 'unknown'"):
        fit(compiled(game), pairs, 1)


def test_a_missing_column_is_told(pairs):
    with pytest.raises(ValueError, match=r"Batches must hold the key 'target'. Received: keys \['source'\]"):
        fit(compiled(proofs.pix2pix()), {"source": pairs["source"]}, 1)


def test_a_translator_in_a_gan_is_told():
    with pytest.raises(
        ValueError, match=r"fed noise, by an input 'latent'. Received: a generator with the input 'source'"
    ):
        kg.GAN(proofs.translator("source"), proofs.judge("image"))


def test_a_translator_needs_something_to_translate(pairs):
    game = proofs.pix2pix()
    held = (127.5 * (pairs["source"] + 1)).astype("uint8")
    assert game.translate(held).shape == held.shape
    assert game.sample(4, reference=pairs).dtype == "uint8"
    with pytest.raises(ValueError, match=r"it must be given 'source'. Received: reference with"):
        game.sample(4)


def test_players_hold_the_variables_of_their_networks():
    game = proofs.cycle_gan()
    player = game.players()["generator"]
    assert player == Player([game.a_to_b, game.b_to_a])
    assert len(player.variables) == len(game.a_to_b.trainable_variables) + len(game.b_to_a.trainable_variables)
