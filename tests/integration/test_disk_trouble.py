"""Full, read-only, broken and vanished disks: training goes on or ends with one line, and the last checkpoint stays."""

import contextlib
import errno
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import warnings

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import callbacks
from keras_gan.cli import screen
from keras_gan.recipes import Training
from keras_gan.runs import run as runs
from keras_gan.storage import files
from tests.integration.faulty_disk import Disk

PROJECT = pathlib.Path(__file__).parents[2]
NUMBERS = [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOENT]


@pytest.fixture(scope="module")
def trained():
    """A GAN and its data, traced once for all tests of this file."""
    keras.utils.set_random_seed(7)
    network = kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,))
    gan = kg.GAN(*network, seed=3)
    gan.compile(keras.optimizers.Adam(1e-3))
    images = np.random.default_rng(0).integers(0, 256, (32, 8, 8, 1), dtype="uint8")
    return Training(gan, kg.data.images(images, batch_size=8), epochs=2)


@pytest.fixture
def run(tmp_path, trained):
    """A run of one epoch."""
    trained.gan.step.assign(0)
    run = runs.Run.create(tmp_path / "run", "dcgan", {"data": "digits", "seed": 4}, epochs=2)
    run.fit(trained, epochs=1, health=True)
    return run


def fitted(run, trained, epochs, **arguments):
    """Trains on; returns the warnings, and the error or None."""
    error = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            run.fit(trained, epochs, health=True, **arguments)
        except OSError as raised:
            error = raised
    return [str(warning.message) for warning in caught if warning.category is UserWarning], error


def whole(folder):
    """Returns the names of the checkpoints that are whole, after the temporary files are seen to be gone."""
    assert not list(folder.rglob(".*replacing*"))
    found = callbacks.checkpoints.found(folder / "checkpoints")
    assert all(files.is_whole(path) for path in found)
    return [path.stem for path in found]


@pytest.mark.parametrize("room", [0, 100, 5000, 60_000])
@pytest.mark.parametrize("number", NUMBERS)
def test_whatever_fails_and_when_training_goes_on_and_the_last_checkpoint_stays(run, trained, number, room):
    with Disk(run.folder, number, room).failing() as disk:
        told, error = fitted(run, trained, epochs=4)
    assert disk.failures > 0
    if error is not None and int(trained.gan.step) == 4:
        assert number not in (errno.ENOSPC, errno.EDQUOT), "a full disk is no reason not to begin"
        assert ".lock" in str(error) or "run" in str(error)
        return
    assert int(trained.gan.step) == 16, "it trained to the end"
    assert any(os.strerror(number) in text and "Training goes on" in text for text in told)
    assert all("\n" not in text for text in told)
    assert f"last checkpoint was not written: [Errno {number}]" in str(error)
    assert ".replacing-" not in str(error) + str(told), "the file is named, not the temporary one"
    assert "step_0000000004" in whole(run.folder)
    assert run.load().sample(1).shape == (1, 8, 8, 1)


SITES = [
    ("config.json", "The configuration was not written"),
    ("log.csv", "CSVLogger could not write"),
    ("epoch_000", "The samples of epoch 2 were not written"),
    ("timeline.gif", "The timeline was not written"),
    ("losses.png", "The plot of the losses was not written"),
    ("health.txt", "The verdicts were not written"),
    ("checkpoints", "The checkpoint of epoch 2 was not written"),
]


@pytest.mark.parametrize(("name", "message"), SITES)
def test_each_file_of_a_run_that_cannot_be_written_is_told(run, trained, name, message):
    with Disk(run.folder, matching=name).failing():
        told, error = fitted(run, trained, epochs=3)
    assert any(text.startswith(message) and "No space left on device" in text for text in told), told
    assert (error is not None) == (name == "checkpoints")
    assert int(trained.gan.step) == 12
    assert ("step_0000000012" in whole(run.folder)) == (name != "checkpoints")


def test_room_that_comes_back_is_used(run, trained):
    class Freed(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            disk.room = 0 if epoch < 2 else 10**9

    disk = Disk(run.folder)
    grid = callbacks.SampleGrid.on_epoch_begin
    callbacks.SampleGrid.on_epoch_begin = Freed.on_epoch_begin
    try:
        with disk.failing():
            told, error = fitted(run, trained, epochs=3)
    finally:
        callbacks.SampleGrid.on_epoch_begin = grid
    assert error is None
    assert any("checkpoint of epoch 2 was not written" in text for text in told)
    assert whole(run.folder)[0] == "step_0000000012"
    assert [row.split(",")[0] for row in run.log.read_text().splitlines()] == ["epoch", "0", "1", "2"]


def interrupted_in_epoch_2(run, trained):
    """Leaves a run that stands in the middle of its second epoch."""

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    checkpoint = callbacks.Checkpoints(run.checkpoints, every_steps=2)
    kg.resume(trained.gan, trained.dataset, 2, [Stop(), checkpoint], verbose=0)
    trained.gan.stop_training = False
    assert int(trained.gan.step) == 6


def test_a_run_resumed_within_an_epoch_on_a_full_disk_goes_on(run, trained):
    interrupted_in_epoch_2(run, trained)
    with Disk(run.folder).failing():
        told, error = fitted(run, trained, epochs=4)
    assert int(trained.gan.step) == 16
    for epoch in (2, 3, 4):
        assert any(f"checkpoint of epoch {epoch} was not written" in text for text in told)
    assert "last checkpoint was not written" in str(error)
    assert whole(run.folder)[0] == "step_0000000006"


def test_a_write_that_fails_at_the_end_of_the_rest_of_an_epoch_alone_is_raised(run, trained):
    interrupted_in_epoch_2(run, trained)
    with Disk(run.folder).failing():
        _, error = fitted(run, trained, epochs=2)
    assert "last checkpoint was not written" in str(error)


def test_the_rest_of_an_epoch_that_is_stopped_raises_what_could_not_be_written(run, trained, monkeypatch):
    interrupted_in_epoch_2(run, trained)
    monkeypatch.setattr(
        callbacks.StopOnNaN,
        "on_train_batch_end",
        lambda self, batch, logs=None: setattr(self.model, "stop_training", 1),
    )
    with Disk(run.folder).failing():
        _, error = fitted(run, trained, epochs=4)
    trained.gan.stop_training = False
    assert int(trained.gan.step) == 7
    assert "last checkpoint was not written" in str(error)


def test_a_folder_that_vanishes_is_not_made_anew_and_filled_when_it_is_back(run, trained, monkeypatch):
    away, before = run.folder.with_name("away"), callbacks.StopOnNaN.on_epoch_begin

    def vanish(self, epoch, logs=None):
        if epoch == 1:
            run.folder.rename(away)
        elif epoch == 2:
            assert not run.folder.exists()
            away.rename(run.folder)

    monkeypatch.setattr(callbacks.StopOnNaN, "on_epoch_begin", vanish)
    told, error = fitted(run, trained, epochs=3)
    monkeypatch.setattr(callbacks.StopOnNaN, "on_epoch_begin", before)
    assert error is None
    for what in ("The checkpoint of epoch 2", "The samples of epoch 2", "The verdicts"):
        assert any(text.startswith(what) and "No such file or directory" in text for text in told), what
    assert whole(run.folder)[:2] == ["step_0000000012", "step_0000000004"]
    assert run.config()["epochs"] == 3


def test_a_full_disk_at_the_start_is_one_line(tmp_path):
    with Disk(tmp_path).failing(), pytest.raises(OSError, match=r"^\[Errno 28\] No space left on device: '.*run'?"):
        runs.Run.create(tmp_path / "run", "dcgan", {"data": "digits"}, epochs=2)
    with Disk(tmp_path, room=10).failing(), pytest.raises(OSError, match=r"^\[Errno 28\] .*run/config.json'$"):
        runs.Run.create(tmp_path / "run", "dcgan", {"data": "digits"}, epochs=2)
    assert not (tmp_path / "run" / "config.json").exists()


def test_no_room_for_temporary_files_does_not_keep_checkpoints_from_being_written(run, trained):
    elsewhere = pathlib.Path(tempfile.gettempdir())
    assert elsewhere not in run.folder.parents or elsewhere == pathlib.Path("/tmp")
    real = tempfile.mkdtemp

    def mkdtemp(suffix=None, prefix=None, dir=None):
        if dir is None and tempfile.tempdir is None:
            raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")
        return real(suffix, prefix, dir)

    tempfile.tempdir, tempfile.mkdtemp = None, mkdtemp
    try:
        told, error = fitted(run, trained, epochs=2)
    finally:
        tempfile.mkdtemp = real
    assert error is None
    assert not told
    assert whole(run.folder)[0] == "step_0000000008"


def test_the_best_epoch_is_the_best_that_could_be_written(tmp_path, trained):
    checkpoint = callbacks.Checkpoint(tmp_path / "best.keras", "val_score")
    checkpoint.set_model(trained.gan)
    with Disk(tmp_path).failing(), pytest.warns(UserWarning, match="not written"):
        checkpoint.on_epoch_end(0, {"val_score": 1.0})
    assert checkpoint.best is None
    checkpoint.on_epoch_end(1, {"val_score": 2.0})
    assert checkpoint.best == 2.0
    assert files.is_whole(checkpoint.path)


def test_half_a_row_is_cut_from_the_log_of_a_resumed_run_on_a_full_disk(run, trained):
    log = run.log.read_bytes()
    with open(run.log, "ab") as file:
        file.write(b"0,0.5,0.")
    with Disk(run.folder, matching="log.csv").failing():
        fitted(run, trained, epochs=2)
    assert run.log.read_bytes() == log


# What is written besides training.


@pytest.mark.parametrize("name", ["saved_model", "onnx", "litert", "tf_serving"])
@pytest.mark.parametrize("room", [0, 200])
def test_an_export_to_a_full_disk_is_one_line_that_names_the_file(tmp_path, trained, name, room):
    pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("the export runs in another process, whose disk is whole")
    format = kg.exporting.FORMATS[name]
    with (
        Disk(tmp_path, room=room).failing(),
        warnings.catch_warnings(action="ignore"),
        pytest.raises(OSError, match=r"^\[Errno 28\] No space left on device: '[^\n]*'$") as raised,
    ):
        format.export(trained.gan, tmp_path / format.place, about=None)
    assert ".replacing-" not in str(raised.value)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_page_of_a_full_disk_is_a_warning_and_the_scores_are_printed(tmp_path, run, trained, monkeypatch):
    pytest.importorskip("tensorflow")
    from keras_gan.cli import evaluating as command

    monkeypatch.setenv("KERAS_GAN_CACHE", str(tmp_path / "cache"))
    arguments = {"data": "digits", "count": 64, "metrics": ["frechet_distance"]}
    with Disk(tmp_path).failing(), pytest.warns(UserWarning, match="were not written: .*No space left on device"):
        scores, report = command.evaluate(run.folder, **arguments)
    assert report is None
    assert scores


def test_what_is_printed_into_a_file_on_a_full_disk_is_dropped(monkeypatch):
    if not pathlib.Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with screen.unfailing_output():
            for _ in range(3):
                print("x" * 100_000, flush=True)
        assert sys.stdout is full
        with contextlib.suppress(OSError):
            full.close()


# A real disk of two MB.


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with room for 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a file system needs root")
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place, left=0):
    """Fills a file system up to some bytes."""
    with open(place / "filling", "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    os.truncate(place / "filling", max(0, (place / "filling").stat().st_size - left))


@pytest.mark.parametrize("left", [0, 20_000, 120_000])
def test_training_on_a_real_full_disk(small_disk, trained, left):
    trained.gan.step.assign(0)
    run = runs.Run.create(small_disk / "run", "dcgan", {"data": "digits", "seed": 4}, epochs=4)
    run.fit(trained, epochs=1, health=True)
    fill(small_disk, left)
    told, error = fitted(run, trained, epochs=4)
    assert int(trained.gan.step) == 16
    assert any("No space left on device" in text for text in told)
    assert "last checkpoint was not written: [Errno 28] No space left on device" in str(error)
    assert whole(run.folder)
    (small_disk / "filling").unlink()
    trained.gan.step.assign(12)
    assert fitted(run, trained, epochs=4) == ([], None)
    assert whole(run.folder)[0] == "step_0000000016"


def test_tensorflow_on_a_real_full_disk_is_one_line_that_names_the_folder(small_disk, trained):
    pytest.importorskip("tensorflow")
    fill(small_disk)
    path = small_disk / "saved_model"
    with (
        warnings.catch_warnings(action="ignore"),
        pytest.raises((OSError, ValueError), match=rf"^\[Errno 28\] No space left on device: '{path}[^\n]*'$"),
    ):
        kg.exporting.to_saved_model(trained.gan, path)


def test_a_disk_that_becomes_read_only(small_disk, trained, monkeypatch):
    trained.gan.step.assign(0)
    run = runs.Run.create(small_disk / "run", "dcgan", {"data": "digits", "seed": 4}, epochs=3)

    def remount(self, epoch, logs=None):
        if epoch == 1:  # lazily refused while a file is open for writing: a bind mount is not
            subprocess.run(["mount", "--bind", str(run.checkpoints), str(run.checkpoints)], check=True)
            subprocess.run(["mount", "-o", "remount,bind,ro", str(run.checkpoints)], check=True)

    monkeypatch.setattr(callbacks.StopOnNaN, "on_epoch_begin", remount)
    try:
        told, error = fitted(run, trained, epochs=3)
    finally:
        subprocess.run(["umount", "-l", str(run.checkpoints)], check=False)
    assert any("checkpoint of epoch 2 was not written: [Errno 30] Read-only file system" in text for text in told)
    assert "last checkpoint was not written: [Errno 30] Read-only file system" in str(error)
    assert int(trained.gan.step) == 12
    assert whole(run.folder) == ["step_0000000004"]
