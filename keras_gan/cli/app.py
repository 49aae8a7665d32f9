"""The command line `keras-gan`."""

import contextlib
import difflib
import inspect
import os
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from keras_gan import _backend, exporting, recipes
from keras_gan.cli import screen, signals
from keras_gan.data import catalogue
from keras_gan.evaluation.setup import EXTRACTORS, METRICS
from keras_gan.game import columns
from keras_gan.media import pictures
from keras_gan.runs import config as untrusted_runs
from keras_gan.runs import resuming
from keras_gan.runs import run as runs
from keras_gan.storage import files
from keras_gan.version import __version__

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Train GANs, look at what they draw, and carry the generator out. Start with: [bold]keras-gan train[/bold]",
)

RECIPES = {name: getattr(recipes, name) for name in recipes.__all__ if inspect.isfunction(getattr(recipes, name))}
IN_PYTHON = ('`bad_files="skip"`', "--skip-bad-files")  # a mend as Python's users read it, and as it is typed here
FORMATS = exporting.FORMATS
DETERMINISTIC = (
    "Two runs with one seed end with the same bits; can be slower. Not covered: other machines, versions or numbers "
    "of threads. On a GPU TensorFlow uses its deterministic kernels; JAX needs XLA_FLAGS."
)

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A folder made by [bold]keras-gan train[/bold].")]
SkipBadFiles = Annotated[bool, typer.Option("--skip-bad-files", help="Leave out files that are no images.")]
Best = Annotated[bool, typer.Option("--best", help="Of the best epoch, kept by train --evaluate, not the last.")]


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="What to train; see [bold]keras-gan recipes[/bold].")] = "dcgan_digits",
    data: Annotated[
        str | None,
        typer.Option(help="A folder of images, an .npz or .npy file, 'digits', or the name of a TensorFlow data set."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the data.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Images per training step.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed begins with the same weights and order.")] = None,
    size: Annotated[int | None, typer.Option(min=8, help="Width and height to bring the images to, pixels.")] = None,
    channels: Annotated[int | None, typer.Option(help="1 for grey, 3 for colour, 4 with transparency.")] = None,
    flip: Annotated[bool, typer.Option("--flip", help="Also show the images mirrored, at random.")] = False,
    skip_bad_files: SkipBadFiles = False,
    archives: Annotated[
        Path | None, typer.Option(help="Folder with the data set's own archives, instead of a download.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the run; must be new. Default: runs/RECIPE.")] = None,
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help="Go on with an interrupted run.")] = None,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="RUN", help="Fine-tune: begin with this run's networks.")
    ] = None,
    freeze_discriminator: Annotated[
        int | None, typer.Option(min=0, help="With --from: layers of the discriminator, from the image on, to keep.")
    ] = None,
    health: Annotated[
        bool, typer.Option("--health/--no-health", help="Watch for collapse and the like, and say so.")
    ] = True,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write logs for TensorBoard.")] = False,
    checkpoint_minutes: Annotated[
        float, typer.Option(min=0.001, help="Minutes from one checkpoint to the next, besides those of epochs.")
    ] = 10.0,
    keep: Annotated[int, typer.Option(min=1, help="How many checkpoints are kept.")] = 3,
    evaluate: Annotated[
        int | None, typer.Option(min=1, metavar="EPOCHS", help="Measure samples every so many epochs; keep the best.")
    ] = None,
    deterministic: Annotated[bool, typer.Option("--deterministic", help=DETERMINISTIC)] = False,
    devices: Annotated[
        int, typer.Option(min=1, help="GPUs that have a part of every batch each; without GPUs, parts of the CPU.")
    ] = 1,
) -> None:
    """Train a GAN. Without arguments: handwritten digits, in a few minutes. Ctrl-C saves."""
    arguments = {
        "data": _located(data),
        "batch_size": batch_size,
        "seed": seed,
        "size": size,
        "channels": channels,
        "flip": flip or None,
        "bad_files": "skip" if skip_bad_files else None,
        "archives": str(archives.resolve()) if archives else None,
    }
    arguments = {name: value for name, value in arguments.items() if value is not None}
    places = {"out": out, "resume": resume, "start": start, "frozen": freeze_discriminator}
    places |= {"deterministic": deterministic, "devices": devices}
    opened = _opened(recipe, arguments, epochs, evaluate, **places)
    if not screen.train(*opened, tensorboard, health, keep, checkpoint_minutes):
        raise typer.Exit(130)


def _opened(recipe, arguments, epochs, evaluate, out, resume, start, frozen, deterministic, devices):
    """Returns the run, what it trains, its first epoch and what measures: of a new run, or of one to go on with."""
    if frozen is not None and start is None:
        raise ValueError(f"--freeze-discriminator goes with --from. Received: {frozen} without it.")
    if resume is not None:
        if start is not None:
            raise ValueError(f"A run is either begun or gone on with. Received: --resume {resume} and --from {start}.")
        given = [f"--{name.replace('_', '-')}" for name in arguments]
        if given := [*given, *["--out"] * (out is not None), *["--deterministic"] * deterministic]:
            raise ValueError(f"--resume takes everything but --epochs from the run. Received: {', '.join(given)}.")
        return _resumed(resume, epochs, evaluate, devices)
    name = recipe if start is None else f"{start.name}_fine_tuned"
    trained = None
    if start is not None:
        recipe, arguments, trained = _taken_over(start, recipe, arguments)
    places = (out or Path("runs") / name, trained, frozen or 0)
    return _started(recipe, arguments, epochs, evaluate, deterministic, devices, *places)


def _taken_over(start, recipe, arguments):
    """Returns the recipe and the arguments of a run to start from, with what is said anew, and its GAN."""
    run = runs.Run.open(start)
    config = run.config()
    default = inspect.signature(train).parameters["recipe"].default
    if recipe not in (default, config["recipe"]):
        raise ValueError(
            f"--from takes the recipe from the run, {config['recipe']!r}. Received: {recipe!r}. Leave it out."
        )
    kept = {name: value for name, value in config["arguments"].items() if name not in ("data", "archives", "flip")}
    taken = {**(config["arguments"] if "data" not in arguments else kept), **arguments}
    trained = run.load(compile=False)
    untrusted_runs.check_agreement({k: v for k, v in taken.items() if k not in arguments}, trained, run.config_path)
    return config["recipe"], taken, trained


def _started(name, arguments, epochs, evaluate, deterministic, devices, out, trained=None, frozen=0):
    recipe = _named(name, RECIPES, "recipe", "keras-gan recipes")
    runs.Run.refuse_existing(out)
    if deterministic:
        _backend.deterministic()
    arguments = {"data": inspect.signature(recipe).parameters["data"].default, "seed": 0, **arguments}
    with _backend.sharing(devices):
        training = recipe(**arguments)
        if trained is not None:
            training.gan.start_from(trained)
            training.gan.compile_from_config({**training.gan.get_compile_config(), "freeze_discriminator": frozen})
    training = training if epochs is None else training._replace(epochs=epochs)
    # Whatever is missing is told before a folder is made.
    columns.check_shares(training.dataset, 1, training.gan.devices)
    measuring = _measuring(arguments, training.gan, evaluate)
    return runs.Run.create(out, name, arguments, training.epochs, deterministic), training, 0, measuring


def _resumed(folder, epochs, evaluate, devices):
    run = runs.Run.open(folder)
    config = run.config()
    with files.locked(run.folder):  # refused now rather than after the data were read
        pass
    recipe = _named(config["recipe"], RECIPES, "recipe", "keras-gan recipes")
    if config.get("deterministic", False):
        _backend.deterministic()
    with _backend.sharing(devices):
        gan = run.load()
    untrusted_runs.check_agreement(config["arguments"], gan, run.config_path)
    training = recipe(**config["arguments"])._replace(gan=gan, epochs=epochs or config["epochs"])
    first, _ = resuming.standing(training.gan, training.dataset)
    if first >= training.epochs:
        raise ValueError(
            f"The run must not be finished. Received: {folder}, which has trained {first} of {training.epochs} epochs. "
            f"Train on with --epochs {2 * first}."
        )
    measuring = _measuring(config["arguments"], training.gan, evaluate)
    return run, training, first, measuring


def _measuring(arguments, gan, every):
    """Makes the callback that measures samples while they are learned."""
    from keras_gan.cli import evaluating as command

    return None if every is None else command.callback(arguments, gan, every)


def _located(data):
    """Makes a path absolute, so that a run can be resumed from another folder; names stay names."""
    if data is None or catalogue.is_name(data) or not Path(data).exists():
        return data
    return str(Path(data).resolve())


@app.command()
def sample(
    run: RunFolder,
    count: Annotated[int, typer.Option(min=1, help="How many images.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other images.")] = 0,
    out: Annotated[Path, typer.Option(help="A picture (.png) for a grid, or a folder for single images.")] = Path(
        "grid.png"
    ),
    label: Annotated[
        int | None, typer.Option(min=0, help="Class to draw, of a GAN with labels. Default: each in turn.")
    ] = None,
    truncation: Annotated[
        float | None, typer.Option(help="Cut the latents' distribution off there: less variety, more typical images.")
    ] = None,
    best: Best = False,
) -> None:
    """Draw images with a trained generator."""
    images = runs.Run.open(run).load(compile=False, best=best).sample(count, seed, label, truncation)
    if out.suffix:
        pictures.save_image(out, pictures.grid(images))
        print(f"{count} images in {out}")
        return
    for index, image in enumerate(images):
        pictures.save_image(out / f"{index:05d}.png", image)
    print(f"{count} images in {out}{os.sep}")


@app.command()
def export(
    run: RunFolder,
    to: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Format, can be repeated: {', '.join(FORMATS)}. Default: "
            f"{' and '.join(name for name, format in FORMATS.items() if format.usual)}."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write to. Default: RUN/export.")] = None,
    license: Annotated[
        str | None, typer.Option(help="Terms under which the generator may be used, for the model card.")
    ] = None,
    runtime: Annotated[
        Path | None, typer.Option(help="For web: folder of the npm package onnxruntime-web. Default: npm fetches it.")
    ] = None,
    best: Best = False,
) -> None:
    """Write the generator for use elsewhere, each format compared with Keras before it appears."""
    usual = [name for name, format in FORMATS.items() if format.usual]
    names = dict.fromkeys(FORMATS)
    for name in to or usual:
        _named(name, names, "format", "keras-gan export --help")
    run_ = runs.Run.open(run)
    folder, gan = out or run_.exports, run_.load(compile=False, best=best)
    about = run_.about(gan) | ({} if license is None else {"license": license})
    made = {}
    for name in dict.fromkeys(to or usual):
        options = {"runtime": runtime} if "runtime" in FORMATS[name].options else {}
        path = made[name] = FORMATS[name].export(gan, folder / FORMATS[name].place, about=about, **options)
        found = exporting.verify(gan, **{name: path})[name] if FORMATS[name].compared else {}
        told = f"  (largest difference from Keras {max(found.values()):.1e})" if found else ""
        print(f"{name:<12}{path}{told}", flush=True)
    print(f"{'card':<12}{exporting.model_card(gan, folder, made, about)}")


@app.command()
def evaluate(
    what: Annotated[
        Path, typer.Argument(metavar="WHAT", help="A run, a SavedModel, an .onnx file, a folder of images.")
    ],
    data: Annotated[str | None, typer.Option(help="The real images. Default: what the run was trained on.")] = None,
    split: Annotated[str, typer.Option(help="Part of a named data set.")] = "train",
    held_out: Annotated[
        str | None, typer.Option(help="Part not trained on. Default: test, where there is one.")
    ] = None,
    metric: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(METRICS)}; can be repeated.")] = None,
    extractor: Annotated[
        str | None, typer.Option(help=f"One of {', '.join(EXTRACTORS)}. Default: by the data set.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="File of Inception's weights. Default: download.")] = None,
    count: Annotated[int, typer.Option(min=2, help="Samples to draw.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the latents.")] = 0,
    archives: Annotated[Path | None, typer.Option(help="Folder with the data set's own archives.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for scores.json and report.html. Default: RUN/evaluation.")
    ] = None,
    best: Best = False,
    skip_bad_files: SkipBadFiles = False,
) -> None:
    """Score samples, with the protocol in the result, and write a page that shows them."""
    from keras_gan.cli import evaluating as command
    from keras_gan.cli import scores as scores_screen

    with scores_screen.progress() as progress:
        bad_files = "skip" if skip_bad_files else "raise"
        arguments = (data, split, held_out, metric, extractor, weights, count, seed, archives, out, best, bad_files)
        scores, report = command.evaluate(what, *arguments, progress=progress)
    scores_screen.print_scores(scores)
    if report is not None:
        print(f"Protocol and floors {report.with_name('scores.json')}\nPage                {report}")


@app.command(name="recipes")
def list_recipes() -> None:
    """List the recipes, one line each."""
    for name, recipe in RECIPES.items():
        print(f"{name:<22}{inspect.getdoc(recipe).splitlines()[0]}")


def _named(name, known, kind, where):
    """Returns known[name]; an unknown name is an error with the near matches."""
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or list(known)
    raise ValueError(f"Unknown {kind} {name!r}. Did you mean {' or '.join(near)}? All of them: {where}.")


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False) -> None:
    if version:
        print(__version__)
        raise typer.Exit()


def _one_line(message, category, filename, lineno, line=None):
    return f"Warning: {message}\n"


def main() -> None:
    """Runs the command line; an error is one line and exit code 2 (KERAS_GAN_TRACEBACK=1 shows all of it).

    Ctrl-C and SIGTERM: one line and exit code 130. In training they save; elsewhere what is half written is removed.
    """
    warnings.formatwarning = _one_line
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    try:
        with signals.interruptible():
            app(prog_name="keras-gan")
    except signals.Interrupted:
        print("keras-gan: Interrupted. Nothing is left half written; the same command begins again.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if os.environ.get("KERAS_GAN_TRACEBACK"):
            raise
        text = " ".join(str(error).split()) or type(error).__name__
        text = "".join(c if c.isprintable() else "?" for c in text)  # a name in a file could steer the terminal
        with contextlib.suppress(OSError):  # it may go into a file on the full disk that it tells of
            print(f"keras-gan: {text.replace(*IN_PYTHON)}", file=sys.stderr)
        sys.exit(2)
