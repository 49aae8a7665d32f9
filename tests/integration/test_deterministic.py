"""`keras-gan train --deterministic`: two runs with one seed end with the same bits."""

import json
import os
import pathlib
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest

from keras_gan import _backend
from keras_gan.cli import app as cli
from keras_gan.runs import run as runs

PROJECT = pathlib.Path(__file__).parents[2]


def trained(folder, name, *arguments):
    """Trains in a process of its own; returns every variable that its checkpoint holds."""
    command = [sys.executable, "-m", "keras_gan.cli", "train", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    gan = runs.Run.open(folder / name).load()
    return [keras.ops.convert_to_numpy(v) for v in [*gan.variables, *gan.optimizer.variables]]


def test_two_runs_of_one_seed_are_equal_bit_for_bit(tmp_path):
    random = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", image=random.integers(0, 256, (96, 8, 8, 1), "uint8"), label=np.arange(96) % 3)
    command = ["cgan", "--data", "data.npz", "--batch-size", "16", "--epochs", "2", "--flip", "--deterministic"]
    one = trained(tmp_path, "one", *command, "--out", "one")
    two = trained(tmp_path, "two", *command, "--out", "two")
    assert len(one) > 40
    assert [a.tobytes() == b.tobytes() for a, b in zip(one, two, strict=True)] == [True] * len(one)
    assert [path.read_bytes() for path in sorted((tmp_path / "one" / "samples").glob("*.png"))] == [
        path.read_bytes() for path in sorted((tmp_path / "two" / "samples").glob("*.png"))
    ]
    with zipfile.ZipFile(next((tmp_path / "one" / "checkpoints").glob("*"))) as archive:
        assert archive.testzip() is None
    assert json.loads((tmp_path / "one" / "config.json").read_text())["deterministic"] is True


def test_the_switch_is_kept_by_the_run_and_not_given_anew(tmp_path, monkeypatch, capsys):
    np.save(tmp_path / "data.npy", np.zeros((32, 8, 8, 1), "uint8"))
    monkeypatch.chdir(tmp_path)
    switched = []
    monkeypatch.setattr(_backend, "deterministic", lambda: switched.append(True))

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["keras-gan", "train", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return stop.value.code, capsys.readouterr().err

    common = ["dcgan", "--data", "data.npy", "--batch-size", "16", "--epochs", "1", "--no-health", "--out"]
    assert run(*common, "plain")[0] == 0
    assert switched == []
    assert run("--resume", "plain", "--epochs", "2", "--no-health")[0] == 0
    assert switched == []
    assert run(*common, "same", "--deterministic")[0] == 0
    assert switched == [True]
    assert run("--resume", "same", "--epochs", "2", "--no-health")[0] == 0
    assert switched == [True, True]
    code, error = run("--resume", "plain", "--deterministic")
    assert (code, "everything but --epochs from the run. Received: --deterministic." in error) == (2, True)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="what TensorFlow's switch does")
def test_the_switch_is_tensorflows():
    code = (
        "import tensorflow as tf\nfrom keras_gan import _backend\ntf.random.normal([1])\n_backend.deterministic()\n"
        "try:\n    tf.random.normal([1])\nexcept RuntimeError as error:\n    print(error)"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "Random ops require a seed to be set when determinism is enabled" in done.stdout


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="what is asked of JAX")
def test_jax_on_a_gpu_must_have_been_told(monkeypatch):
    import jax

    _backend.deterministic()
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    monkeypatch.setenv("XLA_FLAGS", "--xla_gpu_deterministic_ops=false")
    with pytest.raises(
        RuntimeError, match=r"Received: XLA_FLAGS='--xla_gpu.*=false'. Set XLA_FLAGS=--xla_gpu_det.*=true"
    ):
        _backend.deterministic()
    monkeypatch.setenv("XLA_FLAGS", "--xla_gpu_deterministic_ops=true")
    _backend.deterministic()
