"""Trainings in which not all players move from the start, and that are interrupted in each of their stages."""

import json

import keras
import pytest

import keras_gan as kg
from keras_gan.recipes import Stage, Training
from keras_gan.runs import config as configs
from keras_gan.runs import resuming
from keras_gan.runs.run import Run
from tests.game import proofs
from tests.run_gan_test import same, values

STAGES = (Stage(("generator",), 1), Stage(("discriminator",), 1), Stage(("discriminator", "generator"), 1))
EPOCHS = 4  # of four steps each: the last stage takes two


@pytest.fixture
def make(images):
    """Function that makes the same game and its data."""

    def make():
        game = proofs.pix2pix()
        game.compile(keras.optimizers.Adam(1e-3), penalties=[kg.penalties.R1(interval=2)])
        held = kg.media.to_uint8(images)
        return game, kg.data.pairs(held, 255 - held, batch_size=8, seed=1)

    return make


class SavedAt(keras.callbacks.Callback):
    """Saves after the steps of these numbers, as a checkpoint in the middle of an epoch does."""

    def __init__(self, folder, steps):
        super().__init__()
        self.folder, self.steps = folder, steps

    def on_train_batch_end(self, batch, logs=None):
        if (step := int(self.model.step.numpy())) in self.steps:
            self.model.save(self.folder / f"{step}.keras")


def test_the_border_of_each_stage():
    stages = [(("a",), 2), (("b",), 3), (("a", "b"), 1)]
    assert resuming.borders(stages, 10) == [(("a",), 2), (("b",), 5), (("a", "b"), 10)]
    assert resuming.borders(stages, 4) == [(("a",), 2), (("b",), 4), (("a", "b"), 4)]
    assert resuming.borders([], 4) == []


def test_players_move_in_their_stages_only(make):
    game, dataset = make()
    kg.resume(game, dataset, EPOCHS, stages=STAGES, verbose=0, shuffle=False)
    counts = {name: int(game.optimizer[name].iterations) for name in game.players()}
    assert counts == {"generator": 4 + 8, "discriminator": 4 + 8}
    assert game.moving == ("discriminator", "generator")


@pytest.mark.parametrize("step", [2, 4, 6, 8, 11])  # inside of every stage, and at both borders
def test_what_was_interrupted_in_a_stage_ends_bit_for_bit_like_what_was_not(make, tmp_path, step):
    game, dataset = make()
    saved = SavedAt(tmp_path, [step])
    kg.resume(game, dataset, EPOCHS, [saved], stages=STAGES, verbose=0, shuffle=False)
    _, again = make()
    loaded = keras.models.load_model(tmp_path / f"{step}.keras")
    kg.resume(loaded, again, EPOCHS, stages=STAGES, verbose=0, shuffle=False)
    assert same(values(game.variables), values(loaded.variables))
    assert same(values(game.optimizer.variables), values(loaded.optimizer.variables))


def test_a_run_keeps_its_stages(make, tmp_path):
    run = Run.create(tmp_path / "run", "mine", {"data": "mine"}, EPOCHS, stages=STAGES)
    assert configs.stages_of(run.config()) == STAGES
    game, dataset = make()
    assert run.fit(Training(game, dataset, EPOCHS, STAGES), EPOCHS)
    rows = run.log.read_text().splitlines()
    assert len(rows) == EPOCHS + 1
    assert run.load().moving == ("discriminator", "generator")


@pytest.mark.parametrize(
    "stages", [{}, [3], [{"players": []}], [{"players": ["a"], "epochs": 0}], [{"players": [1], "epochs": 1}]]
)
def test_stages_of_a_stranger_are_looked_over(tmp_path, stages):
    run = Run.create(tmp_path / "run", "mine", {"data": "mine"}, EPOCHS)
    run.config_path.write_text(json.dumps({**run.config(), "stages": stages}))
    with pytest.raises(ValueError, match="`stages` must be a list of dicts"):
        run.config()


def test_runs_from_before_there_were_stages_have_none(tmp_path):
    run = Run.create(tmp_path / "run", "mine", {"data": "mine"}, EPOCHS)
    config = run.config()
    del config["stages"]
    run.config_path.write_text(json.dumps(config))
    assert configs.stages_of(run.config()) == ()
