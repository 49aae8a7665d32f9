"""Ctrl-C and SIGTERM at every moment: training saves and says how to go on, the rest ends with one line."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import callbacks, exporting
from keras_gan.cli import app as cli
from keras_gan.cli import signals
from keras_gan.data.sources import folder as folders
from keras_gan.recipes import Training
from keras_gan.runs import run as runs

PROJECT = pathlib.Path(__file__).parents[2]
BOTH = pytest.mark.parametrize("number", signals.SIGNALS)


@pytest.fixture
def training(make_gan, images):
    return Training(make_gan(), kg.data.images(images, batch_size=8), epochs=3)


@pytest.fixture
def run(tmp_path):
    return runs.Run.create(tmp_path / "run", "dcgan", {"data": "digits", "seed": 4}, epochs=3)


def signal_in(monkeypatch, where, hook, number=signal.SIGINT, at=1):
    """Sends a signal in a hook of a callback, at its so many-th call."""
    before, calls = getattr(where, hook), []

    def hooked(self, *arguments, **named):
        calls.append(hook)
        if len(calls) == at:
            signal.raise_signal(number)
        return before(self, *arguments, **named)

    monkeypatch.setattr(where, hook, hooked)


MOMENTS = [
    (callbacks.HealthMonitor, "__init__", 1, 1),  # before `fit`
    (callbacks.SampleGrid, "on_train_begin", 1, 1),
    (callbacks.StopOnNaN, "on_epoch_begin", 1, 1),
    (callbacks.StopOnNaN, "on_train_batch_end", 6, 6),
    (callbacks.SampleGrid, "on_epoch_end", 1, 4),  # the end of an epoch: no further step
    (callbacks.Checkpoints, "on_epoch_end", 2, 8),
]


@BOTH
@pytest.mark.parametrize(("where", "hook", "at", "steps"), MOMENTS)
def test_a_signal_at_any_moment_of_a_training_saves(run, training, monkeypatch, where, hook, at, steps, number):
    before = signal.getsignal(number)
    signal_in(monkeypatch, where, hook, number, at)
    assert run.fit(training, epochs=3, health=True) is False
    assert int(run.load().step) == steps
    assert signal.getsignal(number) is before


def begun(run, training):
    """Leaves a run in the middle of its second epoch."""
    training.gan.fit(training.dataset, epochs=1, verbose=0)
    training.gan.fit(training.dataset, epochs=1, steps_per_epoch=2, verbose=0)
    assert int(training.gan.step) == 6


@pytest.mark.parametrize("hook", ["on_epoch_end", "on_train_end"])
def test_a_signal_between_the_rest_of_an_epoch_and_the_others_is_heard(run, training, monkeypatch, hook):
    begun(run, training)
    signal_in(monkeypatch, callbacks.SampleGrid, hook)
    assert run.fit(training, epochs=4) is False
    assert int(run.load().step) == 8


def test_a_signal_while_the_last_epoch_ends_changes_nothing(run, training, monkeypatch):
    signal_in(monkeypatch, callbacks.SampleGrid, "on_epoch_end", at=3)
    assert run.fit(training, epochs=3) is True
    assert int(run.load().step) == 12


def test_a_callback_outside_of_a_run_forgets_the_last_signal(make_gan, images, monkeypatch):
    gan, callback = make_gan(), callbacks.StopOnSignal()
    with monkeypatch.context() as patch:
        signal_in(patch, callbacks.StopOnNaN, "on_train_batch_end")
        gan.fit(images, batch_size=8, epochs=3, verbose=0, callbacks=[callback, callbacks.StopOnNaN()])
    assert callback.caught == signal.SIGINT
    gan.fit(images, batch_size=8, epochs=2, verbose=0, callbacks=[callback])
    assert callback.caught is None
    assert int(gan.step) == 1 + 8


# The command line.


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Function that runs the command line here, in a folder with data: (exit code, out, lines on standard error)."""
    monkeypatch.chdir(tmp_path)
    np.save("data.npy", np.random.default_rng(0).integers(0, 256, (32, 8, 8, 1), "uint8"))
    earlier = {number: signal.signal(number, signal.default_int_handler) for number in signals.SIGNALS}

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["keras-gan", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capsys.readouterr()
        return stop.value.code, out, err.splitlines()

    yield run
    for number, handler in earlier.items():
        signal.signal(number, handler)


TRAIN = ("train", "dcgan", "--batch-size", 16, "--epochs", 3, "--no-health", "--out", "run")


@BOTH
def test_a_signal_while_data_are_read_is_one_line(command, monkeypatch, tmp_path, number):
    from PIL import Image

    (tmp_path / "photographs").mkdir()  # no data set of another test
    for index in range(40):
        Image.new("L", (8, 8), index).save(tmp_path / "photographs" / f"{index}.png")
    with monkeypatch.context() as patch:
        signal_in(patch, folders.Folder, "read", number)
        code, _, lines = command(*TRAIN, "--data", "photographs")
    assert (lines, code) == (
        ["keras-gan: Interrupted. Nothing is left half written; the same command begins again."],
        130,
    )
    assert not (tmp_path / "run").exists()
    assert command(*TRAIN, "--data", "photographs")[0] == 0


@BOTH
def test_a_signal_in_training_says_how_to_go_on(command, monkeypatch, number):
    with monkeypatch.context() as patch:
        signal_in(patch, callbacks.SampleGrid, "on_train_begin", number)
        code, out, lines = command(*TRAIN, "--data", "data.npy")
    assert (code, lines) == (130, [])
    assert out.endswith("Go on with: keras-gan train --resume run\n")
    assert command("train", "--resume", "run")[0] == 0


@BOTH
def test_a_signal_during_an_export_leaves_nothing_half_written(command, monkeypatch, tmp_path, number):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("the export runs in another process")
    assert command(*TRAIN, "--data", "data.npy")[0] == 0
    with monkeypatch.context() as patch:
        signal_in(patch, exporting.generator.ExportedGenerator, "differences", number, at=3)  # of the ONNX file
        code, out, lines = command("export", "run")
    assert code == 130
    assert lines[-1].startswith("keras-gan: Interrupted.")
    assert "saved_model" in out
    assert [path.name for path in (tmp_path / "run" / "export").iterdir()] == ["saved_model"]
    assert command("export", "run")[0] == 0


def test_a_second_signal_quits_at_once(command, monkeypatch):
    class Quit(BaseException):
        pass

    def quit_(code):
        raise Quit(code)

    def twice():
        with signals.interruptible():
            try:
                signal.raise_signal(signal.SIGTERM)
            except signals.Interrupted:  # as a library swallows it
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(os, "_exit", quit_)
    with pytest.raises(Quit) as stop:
        twice()
    assert stop.value.args == (130,)
    signal_in(monkeypatch, callbacks.StopOnNaN, "on_train_batch_end", at=2)
    signal_in(monkeypatch, callbacks.Checkpoints, "on_epoch_end")
    with pytest.raises(Quit) as stop:
        command(*TRAIN, "--data", "data.npy")
    assert stop.value.args == (130,)


def test_a_signal_that_is_switched_off_stays_so():
    earlier = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with signals.interruptible():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, earlier)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_ctrl_c_while_everything_is_imported_ends_it_without_a_traceback(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "keras_gan.cli", "train", "--out", "run"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background process ignores it
    )
    backend, deadline = keras.backend.backend(), time.monotonic() + 60
    while f"/{backend}" not in pathlib.Path(f"/proc/{process.pid}/maps").read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in out + err
    assert not (tmp_path / "run").exists()
