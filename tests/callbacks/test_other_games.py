"""Callbacks beside games that are no GAN of pictures: translations, pairs, signals of other kinds."""

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import keras_gan as kg
from keras_gan import callbacks, health
from keras_gan.media import Medium
from tests.evaluation.test_evaluation import Pixels
from tests.game import proofs
from tests.run_gan_test import same, values


class Tones(Medium):
    """Stands for sounds: whole numbers outside, a picture of their levels, a text file for each."""

    column = "tone"
    rank = 1
    held_dtype = "int16"
    suffix = ".txt"

    def finish_tensor(self, values):
        return keras.ops.cast(keras.ops.round(values * 32767.0), "int16")

    def begin_tensor(self, values):
        return values / 32767.0

    def sheet(self, held, columns=None):
        return (held.astype("int32") // 256 + 128).astype("uint8")[:, :, None].repeat(4, axis=1)

    def write(self, path, held):
        path.write_text(" ".join(map(str, held)))


def data_for(game, images):
    return {name: (-1) ** index * images for index, name in enumerate(game.columns())}


def compiled(game):
    game.compile(keras.optimizers.Adam(1e-3))
    return game


def tones_gan():
    keras.utils.set_random_seed(7)
    latent, tone = keras.Input((4,), name="latent"), keras.Input((16,), name="tone")
    generator = keras.Model(latent, layers.Dense(16, "tanh")(latent))
    return compiled(kg.GAN(generator, keras.Model(tone, layers.Dense(1)(tone)), medium=Tones(), seed=3))


def fit(game, data, epochs, *watchers, **arguments):
    return game.fit(data, batch_size=16, epochs=epochs, verbose=0, callbacks=list(watchers), **arguments).history


PROOFS = ("pix2pix", "cycle_gan", "bigan")


@pytest.fixture(params=PROOFS)
def game(request):
    return compiled(getattr(proofs, request.param)())


# SampleGrid


def test_sources_stand_beside_what_is_made_of_them(images, tmp_path):
    game = compiled(proofs.pix2pix())
    pixels = kg.media.Images().begin(kg.media.to_uint8(images))  # as they are kept
    data = data_for(game, pixels)
    fit(game, data, 1, callbacks.SampleGrid(tmp_path, count=12, reference=data, timeline=False))
    sheet = np.array(Image.open(tmp_path / "epoch_0001.png"))
    side = 64 + 2 * 2  # a signal on a sheet of its own
    assert sheet.shape == (4 * (side + 2) + 2, 3 * (side + 2) + 2)
    made = game.generators()["generator"].sample(4, reference=data)
    for row in range(4):
        held = kg.media.to_uint8(data["source"][row]), made[row], kg.media.to_uint8(data["target"][row])
        for column, expected in enumerate(held):
            top, left = (place * (side + 2) + 4 for place in (row, column))
            tile = sheet[top : top + 64, left : left + 64]
            np.testing.assert_array_equal(tile, expected[..., 0].repeat(8, axis=0).repeat(8, axis=1))


def test_every_game_is_drawn_and_a_resumed_run_shows_the_same_rows(game, images, tmp_path):
    data = data_for(game, images)
    fit(game, data, 1, callbacks.SampleGrid(tmp_path, count=9, reference=data))
    again = callbacks.SampleGrid(tmp_path, count=9, seed=5)
    fit(game, data, 2, again, initial_epoch=1)
    rows = 9 // len(game.pictures)
    assert {name: len(value) for name, value in again.reference.items()} == dict.fromkeys(data, rows)
    for name, value in data.items():
        np.testing.assert_allclose(again.reference[name], value[:rows], atol=1 / 255)
    drawn = {"latents.npz"} if "latent" in game.generator_called().inputs else set()
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"epoch_0001.png", "epoch_0002.png", "timeline.gif", "reference.npz", *drawn}


def test_a_translating_game_without_a_reference_is_told_before_it_trains(game, images, tmp_path):
    with pytest.raises(ValueError, match=r"This game translates: its pictures need rows of \['.*Received: reference=N"):
        fit(game, data_for(game, images), 1, callbacks.SampleGrid(tmp_path))
    assert int(game.step) == 0


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        ({"source": np.zeros((4, 8, 8, 1), "uint8")}, "Batches must hold the key 'target'"),
        ({k: np.zeros((4, 9, 9, 1), "uint8") for k in ("source", "target")}, r"must have the shape .*\(9, 9, 1\)"),
        ({"source": np.zeros((4, 8, 8, 1), "uint8"), "target": np.zeros((2, 8, 8, 1), "uint8")}, r"\[2, 4\] rows"),
    ],
)
def test_a_reference_of_another_game_is_refused(images, tmp_path, saved, message):
    np.savez(tmp_path / "reference.npz", **saved)
    game = compiled(proofs.pix2pix())
    with pytest.raises(
        ValueError, match=rf"must fit the model. Received: .*reference.npz: .*{message}.*another folder"
    ):
        fit(game, data_for(game, images), 1, callbacks.SampleGrid(tmp_path))


def test_pictures_of_different_size_and_color_are_drawn_equally_large():
    game, pictures = proofs.pix2pix(), kg.media.Images()
    shapes = {"source": (8, 8, 1), "target": (80, 80, 3)}
    game.columns = lambda: {name: kg.game.Column(shape, pictures) for name, shape in shapes.items()}
    small, large = np.full((2, 8, 8, 1), 9, "uint8"), np.full((2, 80, 80, 3), 70, "uint8")
    sheet = callbacks.sheets.sheet_of(game, {"source": small, "fake": large, "target": large})
    assert sheet.shape == (2 * 86 + 2, 3 * 86 + 2, 3)
    assert (sheet[40, 40] == 9).all()
    assert (sheet[40, 126] == 70).all()


def test_signals_that_are_no_pictures_are_also_written_as_files(tmp_path):
    game, data = tones_gan(), np.random.default_rng(0).uniform(-1, 1, (32, 16)).astype("float32")
    fit(game, data, 2, callbacks.SampleGrid(tmp_path, count=10))
    written = sorted(path.name for path in tmp_path.glob("*.txt"))
    assert written == [f"fake_{number:02d}.txt" for number in range(1, 9)]
    assert (tmp_path / "fake_08.txt").read_text() == " ".join(map(str, game.sample(10, seed=0)[7]))
    sheet = np.array(Image.open(tmp_path / "epoch_0002.png"))
    np.testing.assert_array_equal(sheet, Tones().sheet(game.sample(10, seed=0))[..., 0])


def test_what_cannot_be_drawn_is_told_before_it_trains(tmp_path):
    game = tones_gan()
    game.medium = kg.media.Vectors()
    with pytest.raises(ValueError, match=r"can be drawn on a sheet. Received: 'fake' of Vectors\(\), which has no"):
        fit(game, np.zeros((32, 16), "float32"), 1, callbacks.SampleGrid(tmp_path))


# HealthMonitor


def test_every_game_is_watched_and_moved_by_nobody(game, images):
    data, other = data_for(game, images), compiled(getattr(proofs, game.name)())
    plain = fit(other, data, 2, shuffle=False)
    monitor = callbacks.HealthMonitor(data, count=32)
    watched = fit(game, data, 2, monitor, shuffle=False)
    assert same(values(game.variables), values(other.variables))
    assert plain.keys() <= watched.keys()
    column = {"pix2pix": "target", "cycle_gan": "b", "bigan": "image"}[game.name]
    np.testing.assert_array_equal(monitor.real, kg.media.to_uint8(data[column]))
    checks = [verdict.check for verdict in monitor.verdicts]
    balances = ["balance_a", "balance_b"] if game.name == "cycle_gan" else ["balance"]
    copies = ["memorization"] if game.name == "bigan" else []
    assert checks == ["finite", "diversity", *balances, "gradients", *copies]
    aucs = {"health_auc_a", "health_auc_b"} if game.name == "cycle_gan" else {"health_auc"}
    assert {name for name in watched if "auc" in name} == aucs


def test_a_translator_that_makes_one_picture_of_all_sources_has_collapsed(images):
    game = compiled(proofs.pix2pix())
    game.generator.layers[-1].kernel.assign(0 * game.generator.layers[-1].kernel)
    monitor = callbacks.HealthMonitor(data_for(game, images), count=32)
    monitor.set_model(game)
    monitor.on_train_begin()
    verdict = health.diversity(monitor.look())
    assert verdict.bad
    assert verdict.text.startswith("mode collapse")


def test_players_that_stand_still_have_no_gradient(images):
    game = proofs.pix2pix()
    game.compile(keras.optimizers.Adam(1e-3), players=["generator"])
    data = data_for(game, images)
    monitor = callbacks.HealthMonitor(data, count=32)
    history = fit(game, data, 1, monitor)
    assert [name for name in history if "gradient" in name] == ["health_gradient_generator"]
    game.move()
    assert "health_gradient_discriminator" in fit(game, data, 1, monitor)


def test_other_signals_are_watched(tmp_path):
    data = np.random.default_rng(0).uniform(-1, 1, (32, 16)).astype("float32")
    held = callbacks.HealthMonitor(Tones().finish(data), count=32)
    history = fit(tones_gan(), data, 1, held)
    assert "health_diversity_values" in history
    np.testing.assert_allclose(held.rows["tone"], data, atol=1e-4)


def test_a_game_that_shows_nothing_is_told(images, tmp_path):
    game = compiled(proofs.pix2pix())
    game.pictures = {}
    with pytest.raises(ValueError, match=r"must show something that it makes. Received: pictures=\{\}"):
        fit(game, data_for(game, images), 1, callbacks.HealthMonitor(data_for(game, images), count=32))
    with pytest.raises(ValueError, match=r"must say what it shows. Received: TinyPix2Pix with pictures=\{\}"):
        fit(game, data_for(game, images), 1, callbacks.SampleGrid(tmp_path))


# EvaluateSamples


def measuring(real, **arguments):
    return kg.evaluation.Evaluation(real, Pixels(), [kg.metrics.FrechetDistance()], **arguments)


def test_translations_are_measured(images):
    game = compiled(proofs.cycle_gan())
    data = data_for(game, images)
    evaluation = measuring(data, column="a")
    history = fit(game, data, 1, callbacks.EvaluateSamples(evaluation, reference=data, generator="b_to_a"))
    held = kg.media.to_uint8
    expected = measuring(held(images)).scores(game.translate(held(data["b"]), generator="b_to_a"))[0].value
    assert history["val_frechet_distance"] == pytest.approx([expected], rel=1e-3)


def test_what_cannot_be_measured_is_told_before_it_trains(images):
    game = compiled(proofs.pix2pix())
    data = data_for(game, images)
    for watcher, message in (
        (callbacks.EvaluateSamples(measuring(data)), r"'image'. Received: 'generator', .*Use `Eval.*column='target'"),
        (callbacks.EvaluateSamples(measuring(data, column="target")), r"'generator' translates.*reference=None"),
        (callbacks.EvaluateSamples(measuring(data), generator="g"), r"one of \['generator'\]"),
    ):
        with pytest.raises(ValueError, match=message):
            fit(game, data, 1, watcher)
    with pytest.raises(ValueError, match=r"'image'. Received: 'generator', which makes .*Only Images can be measured"):
        fit(tones_gan(), np.zeros((32, 16), "float32"), 1, callbacks.EvaluateSamples(measuring(images)))
    assert int(game.step) == 0
