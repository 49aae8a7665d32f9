import contextlib
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from keras_gan import _backend, recipes, version
from keras_gan.cli import app as cli
from keras_gan.recipes import dcgan, recipe
from keras_gan.runs import run as runs

PROJECT = pathlib.Path(__file__).parents[2]


def run_cli(*arguments, cwd, **options):
    """Runs the command line in a process of its own, as a person would."""
    return subprocess.run(
        [sys.executable, "-m", "keras_gan.cli", *map(str, arguments)],
        cwd=cwd,
        text=True,
        capture_output=True,
        timeout=300,
        env={**os.environ, "COLUMNS": "200", "PYTHONPATH": str(PROJECT)},
        **options,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with data.npy, and a run of one epoch on it."""
    folder = tmp_path_factory.mktemp("cli")
    np.save(folder / "data.npy", np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1), "uint8"))
    done = run_cli(
        "train", "dcgan", "--data", "data.npy", "--epochs", 1, "--batch-size", 16, "--out", "run", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    (folder / "train.txt").write_text(done.stdout + done.stderr)
    return folder


def test_errors_are_one_line_in_a_process_of_its_own(folder):
    done = run_cli("sample", "nowhere", cwd=folder)
    assert done.returncode == 2
    assert done.stderr.startswith("keras-gan: A run folder holds a config.json")
    assert len(done.stderr.splitlines()) == 1


def test_train_fills_the_run_folder(folder):
    names = {path.name for path in (folder / "run").iterdir()}
    assert names == {".lock", "config.json", "checkpoints", "health.txt", "log.csv", "losses.png", "samples"}
    config = json.loads((folder / "run" / "config.json").read_text())
    assert config["arguments"] == {"data": str(folder / "data.npy"), "seed": 0, "batch_size": 16}


def test_the_screen_shows_only_what_a_person_wants(folder):
    screen = (folder / "train.txt").read_text()
    assert "images of 8x8x1" in screen
    assert "discriminator_loss" in screen
    assert "Samples" in screen
    assert not re.search(r"oneDNN|cuda|absl|TF-TRT|^[IWE]\d{4} |Warning", screen, re.M | re.I), screen


def test_sample_draws_a_grid_or_single_files(folder):
    assert run_cli("sample", "run", "--count", 4, "--out", "grid.png", cwd=folder).returncode == 0
    assert Image.open(folder / "grid.png").size == (134, 134)
    assert run_cli("sample", "run", "--count", 3, "--out", "singles", cwd=folder).returncode == 0
    assert [Image.open(path).size for path in sorted((folder / "singles").iterdir())] == [(8, 8)] * 3


def test_export_writes_both_formats_and_checks_them(folder):
    done = run_cli("export", "run", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"largest difference from Keras \d\.\de-\d\d|0\.0e\+00", done.stdout)) == 2
    assert (folder / "run" / "export" / "saved_model" / "1" / "saved_model.pb").exists()
    assert (folder / "run" / "export" / "generator.onnx").exists()


def test_recipes_are_listed(folder):
    lines = run_cli("recipes", cwd=folder).stdout.splitlines()
    assert [line.split()[0] for line in lines] == recipes.names()
    assert {"dcgan_digits", "cycle_gan"} <= set(recipes.names())


@pytest.fixture
def here(folder, monkeypatch, capsys):
    """Function that runs the command line in this process (no new import of TensorFlow): (exit code, out, err)."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["keras-gan", *arguments])
        with pytest.raises(SystemExit) as stop, warnings.catch_warnings():
            cli.main()
        return (stop.value.code, *capsys.readouterr())

    return run


@pytest.mark.parametrize("command", [[], ["train"], ["sample"], ["export"], ["recipes"]])
def test_help_is_there(here, command):
    code, out, _ = here(*command, "--help")
    assert code == 0
    assert "Usage: keras-gan" in re.sub(r"\s+", " ", out)


def test_version_is_shown(here):
    assert here("--version") == (0, f"{version.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "dcgna"], "Unknown recipe 'dcgna'. Did you mean dcgan"),
        (["trian"], "Unknown command 'trian'. Did you mean train"),
        (["train", "dcgan", "--gama", "2", "--out", "new"], "dcgan has no option --gama. Did you mean --gamma?"),
        (["train", "--epochz", "2"], "dcgan_digits has no option --epochz. Did you mean --epochs?"),
        (["train", "wgan_gp", "--interval", "2", "--out", "new"], "no option --interval. Recipes that have it: r3gan."),
        (["train", "--interval", "dcgan"], "dcgan_digits has no option --interval. Recipes that have it: r3gan."),
        (["train", "acgan", "--labels=projection"], "acgan has no option --labels. Recipes that have it: cgan, dcgan"),
        (
            ["train", "--batch-size", "0", "--out", "new"],
            "--batch-size must be a whole number, from 1 to 1,048,576",
        ),
        (["train", "--batch-size", "8.5"], "from 1 to 1,048,576. Received: --batch-size 8.5."),
        (["train", "--gamma", "nan"], "--gamma must be a number. Received: --gamma nan."),
        (["train", "--gamma"], "'--gamma' requires an argument"),
        (["train", "--epochs", "x"], "Invalid value for '--epochs'"),
        (["train", "dcgan", "cgan"], "unexpected extra argument"),
        (["train", "--precision", "float8", "--out", "new"], "'float16'. Received: precision='float8'."),
        (["train", "--resume", "run", "--precision", "float16"], "from the run. Received: --precision."),
        (["train", "--resume", "run", "--gamma", "2"], "from the run. Received: --gamma."),
        (
            ["train", "--resume", "run", "--interval", "2"],
            "dcgan has no option --interval. Recipes that have",
        ),
        (["train", "r3gan", "--resume", "run"], "--resume takes the recipe from the run, 'dcgan'. Received: 'r3gan'."),
        (["train", "--data", "fashion_mnst", "--out", "new"], "Near names: fashion_mnist"),
        (["train", "--data", "missing/folder", "--out", "new"], "missing/folder"),
        (["train", "dcgan", "--data", "data.npy", "--out", "run"], "must be new. Received: run, which exists"),
        (["train", "dcgan", "--data", "data.npy", "--batch-size", "500", "--out", "new"], "batch_size=500"),
        (["train", "--resume", "nowhere"], "Received: nowhere, where there is none"),
        (["train", "--resume", "run"], "has trained 1 of 1 epochs. Train on with --epochs 2"),
        (["train", "--resume", "run", "--from", "run"], "either begun or gone on with"),
        (["train", "--from", "nowhere"], "Received: nowhere, where there is none"),
        (["train", "r3gan", "--from", "run", "--out", "new"], "takes the recipe from the run, 'dcgan'"),
        (["train", "--freeze-discriminator", "1"], "--freeze-discriminator goes with --from"),
        (
            ["train", "--from", "run", "--freeze-discriminator", "9", "--out", "new"],
            "must leave something to train of 2",
        ),
        (["train", "--from", "run", "--channels", "3", "--out", "new"], "with the same networks"),
        (["sample", "run", "--label", "3"], "nothing can be chosen for this generator. Received: label=3"),
        (["train", "--resume", "run", "--seed", "3"], "--resume takes everything but --epochs from the run"),
        (["sample", "nowhere"], "Received: nowhere, where there is none"),
        (["export", "run", "--to", "onx"], "Unknown format 'onx'. Did you mean onnx?"),
        (["train", "dcgan", "--data", "data.npy", "--out", "data.npy/run"], "data.npy"),
    ],
)
def test_bad_input_is_one_clear_line(here, folder, arguments, message):
    code, out, err = here(*arguments)
    assert code == 2
    (line,) = err.strip().splitlines()
    assert line.startswith("keras-gan: ")
    assert message in line
    assert "Traceback" not in out
    assert not (folder / "new").exists()


def test_the_number_of_devices_is_handed_on(here, folder, monkeypatch):
    asked = []
    monkeypatch.setattr(_backend, "sharing", lambda count: asked.append(count) or contextlib.nullcontext())
    wrong = ("--batch-size", "500", "--out", "new")  # told once the GAN would be made
    assert here("train", "dcgan", "--data", "data.npy", "--devices", "2", *wrong)[0] == 2
    assert here("train", "dcgan", "--data", "data.npy", *wrong)[0] == 2
    assert asked == [2, 1]


@pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")
def test_interrupt_saves_and_resume_goes_on(folder):
    command = [sys.executable, "-m", "keras_gan.cli", "train", "dcgan", "--data", "data.npy", "--batch-size", "16"]
    process = subprocess.Popen(
        [*command, "--epochs", "100000", "--out", "long"],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    for _ in range(600):
        if any((folder / "long" / "checkpoints").glob("*.keras")):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Go on with: keras-gan train --resume long" in out
    assert "Traceback" not in out + err
    done = len((folder / "long" / "log.csv").read_text().splitlines()) - 1
    resumed = run_cli("train", "--resume", "long", "--epochs", done + 3, cwd=folder)
    assert resumed.returncode == 0, resumed.stderr
    epochs = [int(line.split(",")[0]) for line in (folder / "long" / "log.csv").read_text().splitlines()[1:]]
    assert epochs[-1] == done + 2
    assert sorted(set(epochs)) == list(range(done + 3))


def test_fine_tuning_starts_from_a_run(folder, here):
    code, out, _ = here("train", "--from", "run", "--epochs", "1", "--freeze-discriminator", "1", "--out", "tuned")
    assert code == 0, out
    before, after = (runs.Run.open(folder / name).load() for name in ("run", "tuned"))
    kernels = [
        [layer.get_weights()[0] for layer in gan.discriminator.layers if layer.weights] for gan in (before, after)
    ]
    assert [np.array_equal(a, b) for a, b in zip(*kernels, strict=True)] == [True, False]
    assert all(np.abs(a - b).max() < 0.1 for a, b in zip(*kernels, strict=True)), "a few steps from the run's weights"
    config = json.loads((folder / "tuned" / "config.json").read_text())
    assert (config["recipe"], config["arguments"]["batch_size"]) == ("dcgan", 16)
    assert "epoch 1, finite: ok" in (folder / "tuned" / "health.txt").read_text()


def test_a_class_can_be_trained_drawn_and_exported(folder, here):
    images = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1)).astype("uint8")
    np.savez(folder / "classes.npz", image=images, label=np.arange(64) % 3)
    code, _, err = here(
        "train", "cgan", "--data", "classes.npz", "--epochs", "1", "--batch-size", "16", "--out", "cgan"
    )
    assert code == 0, err
    assert here("sample", "cgan", "--label", "2", "--count", "4", "--out", "two.png")[0] == 0
    assert here("sample", "cgan", "--label", "3")[2].endswith("Labels must lie from 0 to 2. Received: 3 to 3.\n")
    assert here("export", "cgan")[0] == 0
    program = [sys.executable, PROJECT / "export/onnxruntime/sample.py", "cgan/export/generator.onnx"]
    subprocess.run([*program, "--count", "4", "--label", "2", "--out", "onnx.png"], cwd=folder, check=True)
    pixels = [np.asarray(Image.open(folder / name)).astype(int) for name in ("two.png", "onnx.png")]
    assert np.abs(pixels[0] - pixels[1]).max() <= 1
    args = ("evaluate", "cgan/export/generator.onnx", "--data", "classes.npz", "--count", "64", "--metric")
    code, _, err = here(*args, "frechet_distance", "--extractor", "digits", "--out", "scores")
    assert code == 0, err


def test_a_full_disk_is_one_clear_line_before_training(here, folder, monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device", "full")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    code, out, err = here("train", "dcgan", "--data", "data.npy", "--out", "full")
    assert code == 2
    assert "Epoch" not in out
    assert err.splitlines() == ["keras-gan: [Errno 28] No space left on device: 'full'"]


# Options of recipes.


def test_help_shows_the_options_of_a_recipe_with_their_defaults(here, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")
    code, out, _ = here("train", "r3gan", "--help")
    assert code == 0
    assert "Options of r3gan" in out
    assert re.search(r"--gamma +NUMBER +Weight of R1 and of R2. \[default: 1.0\]", out)
    assert re.search(r"--labels +projection\|concatenation\|classifier +What the discriminator does", out)
    assert re.search(r"--flip +--no-flip +.*Also show the images mirrored, at random. \[default: no\]", out)
    assert re.search(r"--skip-bad-files +.*Leave out files", out)
    assert "--resume" in out
    assert "--interval" not in here("train", "--help")[1]
    assert "Options of dcgan_digits" in here("train", "--help")[1]
    assert "Options of r3gan" in here("train", "--batch-size", "8", "r3gan", "--help")[1]


def test_help_builds_nothing(here, monkeypatch):
    monkeypatch.setattr(recipe.Recipe, "training", lambda *_: pytest.fail("nothing is to be trained"))
    monkeypatch.setattr(recipe.Recipe, "dataset", lambda *_: pytest.fail("nothing is to be read"))
    assert here("--help")[0] == here()[0] == here("train", "cgan", "--help")[0] == here("recipes")[0] == 0


def test_options_of_a_recipe_reach_it_and_are_kept(here, folder):
    typed = ("--size", "16", "--fit=pad", "--upscale", "--no-shuffle", "--value-range", "0,255", "--base", "none")
    arguments = ("train", "--epochs", "1", "r3gan", "--data", "data.npy", "--batch-size", "32", "--gamma", "2", *typed)
    code, out, err = here(*arguments, "--ema-half-life", "none", "--no-health", "--out", "own")
    assert code == 0, err
    assert re.search(r"Training on \d+ CPU cores? \((TensorFlow|JAX)\)|Training on GPU: ", out)
    assert "images of 16x16x1, 2 steps per epoch" in out
    run = runs.Run.open("own")
    assert run.config()["arguments"] == {
        "data": str(folder / "data.npy"),
        "seed": 0,
        "batch_size": 32,
        "size": 16,
        "fit": "pad",
        "upscale": True,
        "shuffle": False,
        "value_range": [0.0, 255.0],
        "gamma": 2.0,
        "base": None,
        "ema_half_life": None,
    }
    gan = run.load()
    assert ([penalty.gamma for penalty in gan.penalties], gan.ema_half_life) == ([2.0, 2.0], None)
    code, out, err = here("train", "--resume", "own", "--epochs", "2", "--no-health")
    assert code == 0, err
    assert int(runs.Run.open("own").load().step) == 4


def test_resuming_makes_the_data_and_no_second_gan(here, folder, monkeypatch):
    shutil.copytree(folder / "run", "once")

    @functools.wraps(dcgan.gan)
    def refused(*_, **__):
        pytest.fail("the GAN is that of the checkpoint")

    monkeypatch.setattr(dcgan, "gan", refused)
    code, _, err = here("train", "--resume", "once", "--epochs", "2", "--no-health")
    assert code == 0, err
    assert int(runs.Run.open("once").load().step) == 8


def test_precision_is_that_of_the_networks_and_resumed(here, folder):
    before = keras.config.dtype_policy()
    arguments = ("train", "dcgan", "--data", "data.npy", "--batch-size", "16", "--epochs", "1", "--no-health")
    for precision in ("bfloat16", "float16"):
        assert here(*arguments, "--precision", precision, "--out", precision)[0] == 0
        assert here("train", "--resume", precision, "--epochs", "2", "--no-health")[0] == 0
        run = runs.Run.open(precision)
        gan = run.load()
        assert run.config()["precision"] == precision
        assert {layer.compute_dtype for layer in gan.generator.layers if layer.weights} == {precision}
        assert {variable.dtype for variable in gan.generator.trainable_variables} == {"float32"}
        scaled = isinstance(gan.optimizer["generator"], keras.optimizers.LossScaleOptimizer)
        assert scaled == (precision == "float16")
    assert keras.config.dtype_policy() == before


def test_a_precision_that_something_cannot_compute_in_is_told_before_a_folder_is_made(here, monkeypatch):
    def call(self, inputs):
        if self.compute_dtype == "float16":
            raise NotImplementedError("No OpKernel for LeakyRelu\nin half precision")
        return inputs

    monkeypatch.setattr(keras.layers.LeakyReLU, "call", call)
    code, _, err = here("train", "dcgan", "--data", "data.npy", "--precision", "float16", "--out", "unmade")
    assert code == 2
    assert "able to compute in float16. Use another precision. Received: --precision float16: " in err
    assert "No OpKernel for LeakyRelu in half precision" in err
    assert not Path("unmade").exists()


OWN = '''
"""A GAN of a person's own.

    keras-gan train own_gan
"""

from typing import Literal

import keras_gan as kg
from keras_gan.recipes import dcgan
from keras_gan.recipes.options import Filters, Seed, Source

EPOCHS = 1


def data(source: Source = "data.npy", seed: Seed = 0, view: Literal["front", "side"] = "front"):
    """Args:
        source: Where it is.
        seed: Of the order.
        view: From where it is seen.
    """
    return dcgan.data(source, batch_size=32, seed=seed)


def gan(dataset, seed: Seed = 0, widths: list[Filters] = [4], noisy: bool = False):
    """Args:
        dataset: batches.
        seed: Of the latents.
        widths: Channels of the layers.
        noisy: Whether there is noise.
    """
    return dcgan.gan(dataset, seed=seed, filters=widths[-1], latent_dim=len(widths))
'''


def test_a_recipe_needs_a_file_and_nothing_else(here, folder, tmp_path, monkeypatch):
    (tmp_path / "own_gan.py").write_text(OWN)
    monkeypatch.setattr(recipes, "__path__", [*recipes.__path__, str(tmp_path)])
    assert "own_gan               A GAN of a person's own." in here("recipes")[1]
    code, out, err = here("train", "own_gan", "--help")
    assert code == 0, err
    assert all(text in out for text in ("Options of own_gan", "--widths", "--noisy", "--no-noisy", "front|side"))
    assert here("train", "own_gan", "--widths", "4,0")[2].endswith("from 1 to 65,536. Received: --widths 4,0.\n")
    typed = ("--data", "data.npy", "--widths", "8,4", "--view", "side", "--no-health")
    code, _, err = here("train", "--noisy", "own_gan", *typed, "--out", "own_run")
    assert code == 0, err
    code, _, err = here("train", "--resume", "own_run", "--epochs", "2", "--no-health")
    assert code == 0, err
    run = runs.Run.open("own_run")
    assert int(run.load().step) == 4
    assert run.config()["arguments"] == {
        "data": str(folder / "data.npy"),
        "seed": 0,
        "view": "side",
        "widths": [8, 4],
        "noisy": True,
    }
    run.write_config({**run.config(), "arguments": {"data": "digits", "widths": [8, "4"]}})
    assert "`widths` must be as the recipe describes it, not a list" in here("train", "--resume", "own_run")[2]
