import json
import os
import signal

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import runs
from keras_gan.recipes import Training


@pytest.fixture
def training(make_gan, images):
    return Training(make_gan(), kg.data.images(images, batch_size=8), epochs=2)


@pytest.fixture
def run(tmp_path):
    return runs.Run.create(tmp_path / "run", "dcgan_digits", {"data": "digits", "seed": 4}, epochs=2)


def test_the_configuration_says_what_made_the_run(run):
    config = run.config()
    assert config["recipe"] == "dcgan_digits"
    assert config["arguments"] == {"data": "digits", "seed": 4}
    assert config["epochs"] == 2
    assert config["versions"]["keras"] == keras.__version__
    assert config["versions"]["keras_gan"] == kg.__version__


def test_a_run_folder_holds_everything(run, training):
    assert run.fit(training, epochs=2) is True
    names = {path.name for path in run.folder.iterdir()}
    assert names == {"config.json", "checkpoint.keras", "log.csv", "losses.png", "samples"}
    np.testing.assert_array_equal(run.load(compile=False).sample(3, seed=1), training.gan.sample(3, seed=1))


def test_epochs_done_come_from_the_step_count(training):
    assert runs.epochs_done(training) == 0
    training.gan.fit(training.dataset, epochs=1, verbose=0, shuffle=False)
    assert runs.epochs_done(training) == 1


def test_resuming_goes_on_with_log_and_pictures(run, training):
    run.fit(training, epochs=1)
    again = training._replace(gan=run.load())
    run.fit(again, epochs=3, initial_epoch=1)
    assert [line.split(",")[0] for line in run.log.read_text().splitlines()] == ["epoch", "0", "1", "2"]
    assert sorted(path.name for path in run.samples.glob("*.png")) == [f"epoch_000{n}.png" for n in (1, 2, 3)]
    assert int(run.load().step) == 3 * 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_saves(run, training, monkeypatch, number):
    seen = []

    def interrupt(self, batch, logs=None):
        seen.append(batch)
        if len(seen) == 6:
            os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    monkeypatch.setattr(kg.callbacks.StopOnNaN, "on_train_batch_end", interrupt)
    assert run.fit(training, epochs=3) is False
    assert int(run.load().step) == 6
    assert runs.epochs_done(training) == 1
    assert signal.getsignal(number) is before
    assert (run.samples / "timeline.gif").exists()


def test_a_nan_is_told_and_the_last_good_epoch_stays(run, training):
    run.fit(training, epochs=1)
    good = run.checkpoint.read_bytes()
    training.gan.discriminator.layers[-1].bias.assign([np.nan])
    with (
        pytest.warns(UserWarning, match="stopped at step 5"),
        pytest.raises(FloatingPointError, match=r"must stay finite. Received: discriminator_loss.*at step 5"),
    ):
        run.fit(training, epochs=2, initial_epoch=1)
    assert run.checkpoint.read_bytes() == good


def test_an_existing_folder_is_refused(run):
    with pytest.raises(FileExistsError, match=r"must be new. Received: .*run, which exists.*--resume"):
        runs.Run.create(run.folder, "dcgan_digits", {}, 1)


def test_an_empty_folder_will_do(tmp_path):
    (tmp_path / "empty").mkdir()
    assert runs.Run.create(tmp_path / "empty", "r", {"data": "digits"}, 1).config()["recipe"] == "r"


def test_a_folder_without_configuration_is_no_run(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds a config.json. Received: .*, where there is none"):
        runs.Run.open(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": 1, "recipe": "a", "arguments": 3}'])
def test_a_damaged_configuration_is_named(run, text):
    run.config_path.write_text(text)
    with pytest.raises(ValueError, match=r"configuration of a run must be readable. Received: .*config.json"):
        run.config()


def test_a_configuration_of_the_future_is_refused(run):
    run.config_path.write_text(json.dumps({**run.config(), "format": 99}))
    with pytest.raises(ValueError, match=r"of format 1 or older. Received: .* of format 99. Update keras-gan"):
        run.config()


def test_a_run_without_checkpoint_says_why(run):
    with pytest.raises(FileNotFoundError, match=r"must have a checkpoint.*interrupted before the first epoch"):
        run.load()


def test_half_a_checkpoint_is_named(run, training):
    run.fit(training, epochs=1)
    run.checkpoint.write_bytes(run.checkpoint.read_bytes()[:5000])
    with pytest.raises(
        ValueError, match=r"checkpoint must be readable. Received: .*checkpoint.keras, which is damaged"
    ):
        run.load()


def test_a_checkpoint_of_another_model_is_named(run):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(run.checkpoint)
    with pytest.raises(ValueError, match=r"must hold a GAN. Received: .* with a Sequential"):
        run.load()


def test_a_log_that_is_ahead_of_the_checkpoint_is_cut(run, training):
    run.fit(training, epochs=1)
    with open(run.log, "a") as log:
        log.write("1," + ",".join(["0.5"] * 8) + "\n")  # written by a run that was killed before it saved epoch 1
    run.fit(training._replace(gan=run.load()), epochs=2, initial_epoch=1)
    assert [line.split(",")[0] for line in run.log.read_text().splitlines()] == ["epoch", "0", "1"]


def test_a_second_interruption_quits_at_once(run, training, monkeypatch):
    def interrupt(self, batch, logs=None):
        signal.raise_signal(signal.SIGINT)  # in this thread: two that go to the process may arrive as one
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(kg.callbacks.StopOnNaN, "on_train_batch_end", interrupt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background process ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            run.fit(training, epochs=3)
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_error_in_training_gives_the_signals_back(run, training, monkeypatch):
    def fail(self, batch, logs=None):
        raise RuntimeError("broken callback")

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(kg.callbacks.StopOnNaN, "on_train_batch_end", fail)
    with pytest.raises(RuntimeError, match="broken callback"):
        run.fit(training, epochs=1)
    assert signal.getsignal(signal.SIGINT) is before
