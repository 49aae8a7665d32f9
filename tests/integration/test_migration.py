"""Files of older versions are read, those of newer ones refused. The old: tests/golden/make_checkpoint_v1.py."""

import json
import pathlib
import shutil
import sys
import zipfile

import keras
import numpy as np
import pytest

from keras_gan.cli import app as cli
from keras_gan.game import game as gans
from keras_gan.runs import config as configs
from keras_gan.runs import run as runs

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"
CHECKPOINT = GOLDEN / "checkpoint_v1.keras"


@pytest.fixture
def old_run(tmp_path):
    """The run that the old files are of."""
    folder = tmp_path / "run"
    (folder / "checkpoints").mkdir(parents=True)
    shutil.copy(GOLDEN / "run_v1.json", folder / "config.json")
    shutil.copy(CHECKPOINT, folder / "checkpoints" / "step_0000000006.keras")
    return runs.Run.open(folder)


def rewritten(path, change):
    """Writes the old checkpoint with another configuration."""
    with zipfile.ZipFile(CHECKPOINT) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                change(config["config"])
                data = json.dumps(config)
            new.writestr(name, data)
    return path


@pytest.fixture
def command(monkeypatch, capsys):
    """Function that runs the command line here: (exit code, lines on standard error)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["keras-gan", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return stop.value.code, capsys.readouterr().err.splitlines()

    return run


def test_a_checkpoint_says_its_format():
    with zipfile.ZipFile(CHECKPOINT) as archive:
        assert json.loads(archive.read("config.json"))["config"]["format"] == 1
    assert keras.models.load_model(CHECKPOINT).get_config()["format"] == gans.FORMAT


def test_an_old_checkpoint_draws_and_trains_on_as_it_did():
    gan = keras.models.load_model(CHECKPOINT)
    assert (int(gan.step), int(gan.images_seen)) == (6, 6 * 512)
    assert float(gan.optimizer["generator"].iterations) == 6
    with np.load(GOLDEN / "checkpoint_v1_next.npz") as stored:
        expected = dict(stored)
    difference = np.abs(gan.sample(4, seed=5).astype(int) - expected.pop("samples"))
    assert difference.max() <= 1
    images = np.tanh(np.random.default_rng(5).normal(size=(8, 8, 8, 1))).astype("float32")
    logs = gan.fit(images, batch_size=8, epochs=1, shuffle=False, verbose=0).history
    assert set(logs) == set(expected)
    assert int(gan.step) == 7
    for name, value in expected.items():
        if keras.backend.backend() == "tensorflow":  # JAX draws other latents from the same random state
            np.testing.assert_allclose(logs[name][0], value, atol=1e-5, rtol=0, err_msg=name)
        assert np.isfinite(logs[name][0])


def test_a_checkpoint_without_a_number_is_of_the_first_format(tmp_path):
    path = rewritten(tmp_path / "gan.keras", lambda config: config.pop("format"))
    old, same = keras.models.load_model(path), keras.models.load_model(CHECKPOINT)
    np.testing.assert_array_equal(old.sample(2, seed=1), same.sample(2, seed=1))


def test_a_newer_checkpoint_is_refused_in_one_line(tmp_path, old_run, command):
    newer = gans.FORMAT + 1
    path = rewritten(tmp_path / "gan.keras", lambda config: config.update(format=newer, unheard_of={"a": 1}))
    text = f"A saved GAN must be of format {gans.FORMAT} or older. Received: format {newer}. Update keras-gan."
    with pytest.raises(ValueError, match=rf"^{text}$"):
        keras.models.load_model(path)
    shutil.copy(path, old_run.checkpoints / "step_0000000009.keras")
    code, lines = command("sample", old_run.folder, "--out", tmp_path / "grid.png")
    assert (code, len(lines)) == (2, 1)
    assert lines[0].endswith(text)


def test_a_newer_run_is_refused_in_one_line(old_run, command):
    old_run.config_path.write_text(json.dumps({**old_run.config(), "format": configs.FORMAT + 1}))
    code, (line,) = command("train", "--resume", old_run.folder)
    assert code == 2
    newest, path = configs.FORMAT, old_run.config_path
    assert f"of format {newest} or older. Received: {path} of format {newest + 1}. Update" in line


@pytest.mark.parametrize("single", [False, True], ids=["checkpoints", "checkpoint.keras"])
def test_an_old_run_is_gone_on_with(old_run, command, single):
    if single:  # as runs were before they had several
        (old_run.checkpoints / "step_0000000006.keras").rename(old_run.folder / "checkpoint.keras")
        old_run.checkpoints.rmdir()
    code, lines = command("train", "--resume", old_run.folder, "--epochs", 3, "--no-health")
    assert code == 0, lines
    assert int(old_run.load().step) == 9
    assert [line.split(",")[0] for line in old_run.log.read_text().splitlines()] == ["epoch", "2"]
    assert old_run.config()["epochs"] == 3
