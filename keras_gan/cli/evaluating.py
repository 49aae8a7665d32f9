"""What `keras-gan evaluate` does: opens what is to be measured, measures it, writes the results."""

import json
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from keras_gan.callbacks import EvaluateSamples
from keras_gan.evaluation import setup
from keras_gan.evaluation.evaluation import Evaluation, Progress, batches_of
from keras_gan.evaluation.report import write_report
from keras_gan.evaluation.reservoir import Reservoir
from keras_gan.evaluation.sources import generated, is_exported, open_generator
from keras_gan.metrics.score import Score
from keras_gan.models.gan import GAN
from keras_gan.runs import run as runs
from keras_gan.storage import files

WHILE_LEARNING = ["frechet_distance", "density_coverage"]
# Of a run's arguments, what decides how its images are read.
PASSED_ON = ("split", "fit", "upscale", "archives", "bad_files", "value_range", "data_dir")
SHOWN = 2000  # samples, at most, that the report is made from


class Subject(NamedTuple):
    """What is measured.

    Attributes:
        batches: iterable of batches of images, to be gone through once.
        shape: (height, width, channels).
        run: the run that it is from, or None.
        sampled: whether it is drawn, from a seed.
    """

    batches: Iterable
    shape: tuple[int, int, int]
    run: runs.Run | None
    sampled: bool


def subject_at(path: Path, count: int, seed: int, best: bool = False, bad_files: str = "raise") -> Subject:
    """Opens a run, a SavedModel, an ONNX file, or a folder or an .npz of images.

    Args:
        path: where it lies.
        count: samples to draw from a generator.
        seed: of the latents.
        best: of a run, the best epoch instead of the last.

    Raises:
        FileNotFoundError: if nothing is there.
    """
    if (path / "config.json").is_file():
        run = runs.Run.open(path)
        gan = run.load(compile=False, best=best)
        return Subject(generated(gan, count, seed), gan.generator_called().output_shape, run, True)
    if is_exported(path):
        generator = open_generator(path)
        return Subject(generated(generator, count, seed), generator.output_shapes()[generator.output], None, True)
    if not path.exists():
        raise FileNotFoundError(
            f"A run, a SavedModel, an .onnx file or a folder of images is needed. Received: {path}, which is not there."
        )
    images = setup.real_images(str(path), bad_files=bad_files)
    return Subject(images, tuple(images.element_spec["image"].shape[1:]), None, False)


def evaluate(
    path: Path,
    data: str | None = None,
    split: str | None = None,
    held_out: str | None = None,
    metrics: list[str] | None = None,
    extractor: str | None = None,
    weights: Path | None = None,
    count: int = 10_000,
    seed: int = 0,
    archives: Path | None = None,
    out: Path | None = None,
    best: bool = False,
    bad_files: str = "raise",
    progress: Progress | None = None,
) -> tuple[list[Score], Path | None]:
    """Measures what lies at `path` against real images.

    Args:
        path: a run folder, a SavedModel, an ONNX file, or a folder or .npz of images.
        data: source of the real images. Defaults to what the run was trained on.
        split: part of a named data set. Defaults to what the run was trained on, or "train".
        held_out: part that was not trained on. Defaults to "test" where a named data set has it.
        metrics: names. Defaults to `setup.DEFAULT`.
        extractor, weights: see `setup.extractor_for`.
        count: samples to draw.
        seed: of the latents.
        archives: folder with a named data set's original files.
        out: folder for `scores.json` and `report.html`. Defaults to `evaluation` in the run, or nowhere.
        best: of a run, the best epoch instead of the last.
        bad_files: "raise" or "skip", what to do about files in folders that are no images.
        progress: see `Evaluation`.

    Returns:
        The scores, and the path of the report, or None where none was to be written, or could be (a warning).
    """
    subject = subject_at(path, count, seed, best, bad_files)
    if data is None and subject.run is None:
        raise ValueError("`--data` must name the real images to compare with. Received: none, and no run folder.")
    source, options = (data, {}) if data is not None else data_of(subject.run.config()["arguments"])
    options |= {"split": split} if split is not None else {}
    options |= {} if archives is None else {"archives": str(archives)}
    options |= {"bad_files": bad_files} if bad_files != "raise" else {}
    evaluation = _against(source, options, subject.shape, (extractor, weights), metrics, held_out, progress)
    kept = Reservoir(SHOWN)
    scores = evaluation.scores(_keeping(kept, subject.batches), {"latents": seed} if subject.sampled else {}, skip=True)
    out = subject.run.folder / "evaluation" if out is None and subject.run is not None else out
    return scores, None if out is None else _written(out, path, scores, evaluation, kept, subject.run)


def _against(source, options, shape, extractor, metrics, held_out=None, progress=None, holds_out=True):
    """Returns the evaluation against a source's images; with `holds_out`, its held-out part is a yardstick."""
    name, weights = extractor
    options = dict(options)
    split = options.pop("split", "train")
    real = setup.real_images(source, split, shape, **options)
    held = setup.held_out_images(source, held_out, split, shape=shape, **options) if holds_out else None
    about = {"data": str(source), "split": split, "size": list(shape)}
    measures = (setup.extractor_for(name, source, weights), setup.metrics_for(metrics))
    return Evaluation(real, *measures, held, about, setup.cache(), progress)


def _written(out, path, scores, evaluation, kept, run):
    """Writes scores and report; returns the path of the report, or None where it could not be written."""
    try:
        write_scores(out / "scores.json", scores)
        logged = () if run is None else (run.log, run.config())
        return write_report(out / "report.html", path, scores, evaluation, kept.rows(), *logged)
    except OSError as error:  # the scores took longer to make than to print
        warnings.warn(f"The scores were not written: {error}", stacklevel=3)
        return None


def write_scores(path: Path, scores: list[Score]) -> None:
    """Writes scores as a JSON list, to be read again with `Score.from_json`."""
    with files.replacing(path) as written:
        written.write_text(json.dumps([json.loads(score.to_json()) for score in scores], indent=2) + "\n")


def _keeping(kept: Reservoir, batches: Iterable) -> Iterator[dict[str, Any]]:
    """Passes batches on and keeps some of their images."""
    for batch in batches_of(batches):
        kept.add(batch["image"])
        yield batch


def data_of(arguments: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Returns what a recipe with these arguments trains on: the source and how to open it.

    Raises:
        ValueError: if the recipe has no `data`, such as one for pairs of images.
    """
    if "data" not in arguments:
        raise ValueError(
            f"Samples are measured against the images of `data`. Received: a run with {', '.join(arguments)}. "
            "Name images with --data."
        )
    source = arguments["data"]
    return source, {name: arguments[name] for name in PASSED_ON if name in arguments}


def callback(arguments: dict[str, Any], gan: GAN, every: int) -> EvaluateSamples:
    """Makes the callback that measures a run's samples while they are learned, against the images it learns from."""
    source, options = data_of(arguments)
    measured = _against(
        source, options, gan.generator_called().output_shape, (None, None), WHILE_LEARNING, holds_out=False
    )
    return EvaluateSamples(measured, every=every)
