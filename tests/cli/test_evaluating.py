import csv
import json

import numpy as np
import pytest
from typer.testing import CliRunner

import keras_gan as kg
from keras_gan.cli import app as cli
from keras_gan.cli import evaluating as command
from keras_gan.evaluation import setup
from keras_gan.media import pictures
from keras_gan.metrics import Score
from keras_gan.runs import run as runs
from tests.cli.test_app import run_cli

TELLING = ["--count", "100", "--metric", "frechet_distance", "--metric", "memorization"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of two epochs on the digits, measured after each, and its exports."""
    folder = tmp_path_factory.mktemp("evaluated")
    arguments = ["train", "dcgan", "--epochs", "2", "--batch-size", "512", "--evaluate", "1", "--out", f"{folder}/run"]
    done = CliRunner().invoke(cli.app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    kg.exporting.to_onnx(runs.Run.open(folder / "run").load(), folder / "generator.onnx")
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_GAN_CACHE", str(tmp_path / "cache"))


def test_training_logs_scores_and_keeps_the_best(trained):
    rows = list(csv.DictReader((trained / "run" / "log.csv").read_text().splitlines()))
    values = [float(row["val_frechet_distance"]) for row in rows]
    best = runs.Run.open(trained / "run").load(best=True)
    assert int(best.step) == 3 * (1 + int(np.argmin(values)))


def test_a_resumed_run_beats_its_old_best(trained, tmp_path):
    run = runs.Run.open(trained / "run")
    gan = run.load()
    best = run._keeping_best(command.callback(run.config()["arguments"], gan, every=1))
    values = [float(row["val_frechet_distance"]) for row in csv.DictReader(run.log.read_text().splitlines())]
    assert best.best == min(values)
    assert best.mode == "min"


def test_a_run_is_scored_against_its_own_data(trained):
    result = CliRunner().invoke(cli.app, ["evaluate", f"{trained}/run", *TELLING], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    stored = json.loads((trained / "run" / "evaluation" / "scores.json").read_text())
    scores = [Score.from_json(json.dumps(one)) for one in stored]
    assert [s.name for s in scores] == ["FCD-digits-v1", "copied_share (digits-v1)", "copying_z (digits-v1)"]
    assert scores[0].protocol["n_fake"] == 100
    assert scores[0].protocol["n_real"] == 1797
    assert scores[0].protocol["data"] == "digits"
    assert f"{scores[0].value:.5g}" in result.output
    assert (trained / "run" / "evaluation" / "report.html").read_text().lower().startswith("<!doctype html>")


def test_export_and_folder_score_what_the_run_scores(trained, tmp_path):

    gan = runs.Run.open(trained / "run").load()
    for index, image in enumerate(gan.sample(100, seed=0)):
        pictures.save_image(tmp_path / "images" / f"{index:03d}.png", image)
    options = {"data": "digits", "count": 100, "metrics": ["frechet_distance"], "extractor": "digits"}
    (of_run,), _ = command.evaluate(trained / "run", **options, out=tmp_path / "out")
    (of_folder,), nothing = command.evaluate(tmp_path / "images", **options)
    (of_file,), _ = command.evaluate(trained / "generator.onnx", **options)
    assert nothing is None
    assert of_folder.value == pytest.approx(of_run.value, rel=1e-6)
    assert of_file.value == pytest.approx(of_run.value, rel=1e-3)  # pixels on the edge between two levels
    assert of_folder - of_run == pytest.approx(0, abs=1e-6)  # one protocol
    assert of_folder.seeds == {}


def test_bad_files_are_told_and_can_be_left_out(tmp_path):

    for index, image in enumerate(kg.data.embedded.digits()[0][:20]):
        pictures.save_image(tmp_path / "images" / f"{index}.png", image)
    (tmp_path / "images" / "notes.txt").write_text("no image")
    arguments = [f"{tmp_path}/images", "--data", f"{tmp_path}/images", "--extractor", "digits"]
    arguments += ["--metric", "frechet_distance"]
    done = run_cli("evaluate", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("notes.txt (not an image file). Remove them, or use --skip-bad-files.\n")
    with pytest.warns(UserWarning, match="Skipped 1 files"):
        result = CliRunner().invoke(cli.app, ["evaluate", *arguments, "--skip-bad-files"], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_two_folders_need_no_gan(tmp_path):

    images, _ = kg.data.embedded.digits()
    for index, image in enumerate(images[:80]):
        pictures.save_image(tmp_path / ("real" if index % 2 else "fake") / f"{index}.png", image)
    arguments = ["evaluate", f"{tmp_path}/fake", "--data", f"{tmp_path}/real", "--extractor", "digits"]
    arguments += ["--metric", "kernel_distance", "--out", f"{tmp_path}/out"]
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 1
    assert "subset" in str(result.exception)
    arguments[arguments.index("kernel_distance")] = "density_coverage"
    result = CliRunner().invoke(cli.app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "coverage (digits-v1)" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"path": "nowhere"},
            r"A run, a SavedModel, .* is needed. Received: .*nowhere",
        ),
        ({"path": "images"}, r"`--data` must name the real images to compare with"),
        (
            {"path": "images", "data": "digits", "metrics": ["fid"]},
            r"`metric` must be one of .*'fid'",
        ),
        ({"path": "images", "data": "digits", "extractor": "vgg"}, r"`extractor` must be one of .*'vgg'"),
        ({"path": "empty", "data": "digits"}, r"A folder must hold image files"),
        ({"path": "images", "data": "empty"}, r"A folder must hold image files"),
    ],
)
def test_errors(arguments, message, tmp_path, monkeypatch):

    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for index, image in enumerate(kg.data.embedded.digits()[0][:8]):
        pictures.save_image(tmp_path / "images" / f"{index}.png", image)
    path = tmp_path / arguments.pop("path")
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        command.evaluate(path, **arguments)


def test_extractor_follows_the_data():
    assert setup.extractor_for(None, "mnist").name == "mnist-v1"
    assert setup.extractor_for("digits", "/some/folder").name == "digits-v1"


def test_scores_are_given_even_if_they_cannot_be_written(trained, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.warns(UserWarning, match="The scores were not written: "):
        scores, report = command.evaluate(trained / "run", count=50, metrics=["frechet_distance"], out=tmp_path / "out")
    assert (len(scores), report) == (1, None)


def test_training_makes_no_folder_when_it_cannot_be_measured(tmp_path, monkeypatch):
    def fail():
        raise ConnectionError("The weights could not be downloaded.")

    monkeypatch.setattr("keras_gan.features.inception.download", fail)
    np.save(tmp_path / "data.npy", np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1), "uint8"))
    arguments = ["train", "dcgan", "--data", f"{tmp_path}/data.npy", "--evaluate", "1", "--out", f"{tmp_path}/run"]
    result = CliRunner().invoke(cli.app, arguments)
    assert isinstance(result.exception, ConnectionError)
    assert not (tmp_path / "run").exists()


def test_a_run_is_measured_on_the_part_it_learned_from(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(setup, "extractor_for", lambda *_: kg.metrics.features.ClassifierFeatures("digits"))
    random = np.random.default_rng(0)
    parts = {f"x_{name}": random.integers(0, 256, (n, 8, 8, 1), "uint8") for name, n in (("train", 40), ("test", 90))}
    np.savez(tmp_path / "parts.npz", **parts)
    gan = runs.Run.open(trained / "run").load(compile=False)
    arguments = {"data": str(tmp_path / "parts.npz"), "split": "test", "batch_size": 8, "fit": "crop"}
    measuring = command.callback(arguments, gan, every=1)
    assert measuring.evaluation.about["split"] == "test"
    assert sum(len(batch["image"]) for batch in measuring.evaluation.real) == 90
    with pytest.raises(ValueError, match=r"against the images of `data`. Received: a run with high, low"):
        command.callback({"high": "a", "low": "b"}, gan, every=1)
