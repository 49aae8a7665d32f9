import csv
import math
import struct

import keras
import numpy as np
import pytest
from PIL import Image

from keras_gan import callbacks


def fit(gan, images, epochs, *watchers, **arguments):
    gan.fit(images, batch_size=16, epochs=epochs, verbose=0, callbacks=list(watchers), **arguments)


# SampleGrid


def test_a_picture_an_epoch_and_a_timeline(make_gan, images, tmp_path):
    fit(make_gan(), images, 3, callbacks.SampleGrid(tmp_path / "samples", count=6, columns=3))
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == ["epoch_0001.png", "epoch_0002.png", "epoch_0003.png", "latents.npz", "timeline.gif"]
    assert Image.open(tmp_path / "samples" / "epoch_0001.png").size == (3 * 66 + 2, 2 * 66 + 2)
    assert Image.open(tmp_path / "samples" / "timeline.gif").n_frames == 3


def test_the_grid_shows_the_samples_of_the_saved_latents(make_gan, images, tmp_path):
    gan = make_gan()
    fit(gan, images, 1, callbacks.SampleGrid(tmp_path, count=4, columns=2, seed=9))
    sheet = np.array(Image.open(tmp_path / "epoch_0001.png"))
    with np.load(tmp_path / "latents.npz") as saved:
        latents = saved["latent"]
    np.testing.assert_array_equal(latents, gan.fixed_inputs(4, seed=9)["latent"])
    expected = gan.sample(inputs={"latent": latents})[3, :, :, 0].repeat(8, axis=0).repeat(8, axis=1)
    np.testing.assert_array_equal(sheet[68:132, 68:132], expected)


def test_a_resumed_run_keeps_its_latents(make_gan, images, tmp_path):
    gan = make_gan()
    fit(gan, images, 1, callbacks.SampleGrid(tmp_path, count=4, seed=1))
    first = np.load(tmp_path / "latents.npz")["latent"]
    again = callbacks.SampleGrid(tmp_path, count=4, seed=2)
    fit(gan, images, 2, again, initial_epoch=1)
    np.testing.assert_array_equal(again.inputs["latent"], first)


def test_latents_of_another_model_are_refused(make_gan, images, tmp_path):
    np.savez(tmp_path / "latents.npz", latent=np.zeros((4, 99), "float32"))
    with pytest.raises(ValueError, match=r"must fit the model.*\(4, 99\).*Choose another folder"):
        fit(make_gan(), images, 1, callbacks.SampleGrid(tmp_path, count=4))


def test_every_skips_epochs(make_gan, images, tmp_path):
    fit(make_gan(), images, 4, callbacks.SampleGrid(tmp_path, count=4, every=2, timeline=False))
    assert sorted(p.name for p in tmp_path.glob("*.png")) == ["epoch_0002.png", "epoch_0004.png"]


def test_a_picture_that_cannot_be_written_does_not_stop_training(make_gan, images, tmp_path, monkeypatch):
    def full(*_, **named):
        raise OSError(28, "No space left on device")

    gan = make_gan()
    monkeypatch.setattr("keras_gan.media.pictures.save_image", full)
    with pytest.warns(UserWarning, match="samples of epoch 1 were not written.*No space left.*goes on"):
        fit(gan, images, 2, callbacks.SampleGrid(tmp_path, count=4))
    assert int(gan.step) == 4


def test_a_folder_that_cannot_be_made_is_an_error_at_the_start(make_gan, images, tmp_path):
    (tmp_path / "file").write_text("in the way")
    gan = make_gan()
    with pytest.raises(OSError, match="file"):
        fit(gan, images, 1, callbacks.SampleGrid(tmp_path / "file" / "samples"))
    assert int(gan.step) == 0


@pytest.mark.parametrize("arguments", [{"count": 0}, {"every": -1}, {"count": 2.5}])
def test_counts_must_be_whole_numbers(arguments):
    with pytest.raises(ValueError, match="must be a whole number >= 1"):
        callbacks.SampleGrid("samples", **arguments)


def test_tensorboard_holds_the_grids(make_gan, images, tmp_path):
    pytest.importorskip("tensorboardX", reason="the extra 'tensorboard' is not installed")
    fit(make_gan(), images, 2, callbacks.SampleGrid(tmp_path / "s", count=4, tensorboard=tmp_path / "events"))
    (events,) = (tmp_path / "events").iterdir()
    data, names, start = events.read_bytes(), [], 0
    while start < len(data):  # TFRecord: length, its checksum, the record, its checksum
        (length,) = struct.unpack("<Q", data[start : start + 8])
        names.append(b"samples" in data[start + 12 : start + 12 + length])
        start += 16 + length
    assert sum(names) == 2


def test_keras_tensorboard_logs_every_learning_rate(make_gan, images, tmp_path):
    pytest.importorskip("tensorboard", reason="the extra 'tensorboard' is not installed")
    fit(make_gan(), images, 1, keras.callbacks.TensorBoard(tmp_path))
    assert any(b"learning_rate_generator" in path.read_bytes() for path in tmp_path.rglob("events*"))


# StopOnNaN


def test_training_stops_at_the_first_value_that_is_not_finite(make_gan, images):
    gan, guard = make_gan(optimizer=keras.optimizers.SGD(1e30)), callbacks.StopOnNaN()
    with pytest.warns(UserWarning, match=r"stopped at step \d+: not finite: .*_loss"):
        fit(gan, np.concatenate([images] * 20), 5, guard)
    assert guard.step == int(gan.step)
    assert guard.step < 20
    assert any(term.endswith("_loss") for term in guard.terms)


def test_only_the_terms_that_went_bad_are_named(make_gan):
    guard = callbacks.StopOnNaN()
    guard.set_model(make_gan())
    with pytest.warns(UserWarning, match="not finite: r1, generator_loss"):
        guard.on_train_batch_end(0, {"discriminator_loss": 1.0, "r1": math.inf, "generator_loss": math.nan})
    assert guard.model.stop_training


def test_finite_values_go_on(make_gan, images):
    gan, guard = make_gan(), callbacks.StopOnNaN()
    fit(gan, images, 2, guard)
    assert guard.terms == []
    assert int(gan.step) == 4


# Checkpoint


def test_checkpoint_goes_on_from_the_last_epoch(make_gan, images, tmp_path):
    gan = make_gan()
    fit(gan, images, 2, callbacks.Checkpoint(tmp_path / "gan.keras"))
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert int(loaded.step) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["gan.keras"]


def test_bad_epochs_are_not_saved(make_gan, images, tmp_path):
    checkpoint = callbacks.Checkpoint(tmp_path / "gan.keras")
    checkpoint.set_model(make_gan())
    checkpoint.on_epoch_end(0, {"generator_loss": math.nan})
    assert not checkpoint.path.exists()


def test_a_failed_write_keeps_the_old_file_and_is_told_at_the_end(make_gan, images, tmp_path, monkeypatch):
    gan, path = make_gan(), tmp_path / "gan.keras"
    fit(gan, images, 1, callbacks.Checkpoint(path))
    old = path.read_bytes()

    def full(written):
        written.write_bytes(b"half a fi")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gan, "save", full)
    with (
        pytest.warns(UserWarning, match=r"checkpoint of epoch 2 was not written.*No space left"),
        pytest.raises(OSError, match=r"last checkpoint was not written.*No space left"),
    ):
        fit(gan, images, 2, callbacks.Checkpoint(path), initial_epoch=1)
    assert path.read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["gan.keras"]
    assert int(gan.step) == 4


def test_checkpoint_needs_its_suffix():
    with pytest.raises(ValueError, match=r"must end in .keras. Received: path='gan.h5'"):
        callbacks.Checkpoint("gan.h5")


# LossPlot


def test_plot_is_drawn_from_the_log(make_gan, images, tmp_path):
    log, plot = tmp_path / "log.csv", tmp_path / "losses.png"
    fit(make_gan(), images, 3, keras.callbacks.CSVLogger(log), callbacks.LossPlot(log, plot))
    assert Image.open(plot).size == (960, 720)
    assert np.array(Image.open(plot).convert("L")).std() > 5  # there is something on it
    with open(log, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert all(math.isfinite(float(row["generator_loss"])) for row in rows)


def test_no_log_no_plot(tmp_path):
    callbacks.LossPlot(tmp_path / "log.csv", tmp_path / "losses.png").on_train_end()
    assert not list(tmp_path.iterdir())
