import json
import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import callbacks
from keras_gan.recipes import Training
from keras_gan.runs import run as runs


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
    assert names == {"config.json", ".lock", "checkpoints", "log.csv", "losses.png", "samples"}
    np.testing.assert_array_equal(run.load(compile=False).sample(3, seed=1), training.gan.sample(3, seed=1))


def test_resuming_goes_on_with_log_and_pictures(run, training):
    run.fit(training, epochs=1)
    again = training._replace(gan=run.load())
    run.fit(again, epochs=3)
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
    assert signal.getsignal(number) is before
    assert (run.samples / "timeline.gif").exists()


def test_a_nan_is_told_and_the_last_good_epoch_stays(run, training):
    run.fit(training, epochs=1)
    good = run.checkpoint().read_bytes()
    training.gan.discriminator.layers[-1].bias.assign([np.nan])
    with (
        pytest.warns(UserWarning, match="stopped at step 5"),
        pytest.raises(FloatingPointError, match=r"must stay finite. Received: discriminator_loss.*at step 5"),
    ):
        run.fit(training, epochs=2)
    assert run.checkpoint().read_bytes() == good


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
    with pytest.raises(FileNotFoundError, match=r"must have a checkpoint.*interrupted before the first one"):
        run.load()


def test_a_damaged_checkpoint_is_named_and_the_one_before_it_taken(run, training):
    run.fit(training, epochs=2)
    last, first = callbacks.checkpoints.found(run.checkpoints)
    assert (first.name, last.name) == ("step_0000000004.keras", "step_0000000008.keras")
    whole = bytearray(last.read_bytes())
    whole[len(whole) // 2] ^= 1  # one bit
    last.write_bytes(whole)
    with pytest.warns(UserWarning, match=r"step_0000000008.keras is damaged and left out"):
        assert int(run.load().step) == 4
    first.write_bytes(first.read_bytes()[:5000])
    with (
        pytest.warns(UserWarning, match=r"is damaged and left out"),
        pytest.raises(ValueError, match=r"must be readable. Received: .*step_0000000008.keras, which is damaged, as"),
    ):
        run.load()


def test_a_run_of_an_older_version_is_read(run, training):
    training.gan.save(run.folder / "checkpoint.keras")
    assert run.load().sample(2, seed=0).shape == (2, 8, 8, 1)


def test_so_many_checkpoints_are_kept(run, training):
    run.fit(training, epochs=4, keep=2)
    assert [p.name for p in callbacks.checkpoints.found(run.checkpoints)] == [
        "step_0000000016.keras",
        "step_0000000012.keras",
    ]


def test_checkpoints_come_by_time_within_an_epoch(run, training):
    run.fit(training, epochs=1, keep=9, every_minutes=1e-9)
    assert len(callbacks.checkpoints.found(run.checkpoints)) == 4


def test_one_process_at_a_time(run, training):
    code = (
        "import sys, time; from keras_gan.storage import files\n"
        "with files.locked(sys.argv[1]): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(run.folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RuntimeError, match=rf"Only one process.*run, where process {holder.pid} does"):
            run.fit(training, epochs=1)
    finally:
        holder.kill()
        holder.wait()
    assert run.fit(training, epochs=1)  # the system has let go of it


def test_what_a_killed_process_was_writing_is_removed(run, training):
    (run.folder / "checkpoints" / ".step_1.keras.replacing-abcd1234").mkdir(parents=True)
    (run.folder / ".mine").mkdir()
    run.fit(training, epochs=1)
    assert [p.name for p in run.checkpoints.iterdir()] == ["step_0000000004.keras"]
    assert (run.folder / ".mine").is_dir()


def test_a_log_that_cannot_be_written_does_not_end_training(run, training, monkeypatch):
    def full(self, epoch, logs=None):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.callbacks.CSVLogger, "on_epoch_end", full)
    with pytest.warns(UserWarning, match="CSVLogger could not write.*Training goes on"):
        assert run.fit(training, epochs=2)
    assert int(run.load().step) == 8


def test_a_checkpoint_of_another_model_is_named(run):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(run.single)
    with pytest.raises(ValueError, match=r"must be readable. Received: .*: a Game was expected, and it holds a Seq"):
        run.load()


def test_a_log_that_is_ahead_of_the_checkpoint_is_cut(run, training):
    run.fit(training, epochs=1)
    with open(run.log, "a") as log:
        log.write("1," + ",".join(["0.5"] * 8) + "\n2,0.")  # written by a run that was killed before it saved epoch 1
    run.fit(training._replace(gan=run.load()), epochs=2)
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
