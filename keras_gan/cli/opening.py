"""What `keras-gan train` trains: a new run, one that begins with the networks of another, or one to go on with."""

from pathlib import Path
from typing import Any, NamedTuple

from keras_gan import _backend
from keras_gan.callbacks import EvaluateSamples
from keras_gan.cli import evaluating
from keras_gan.game import columns
from keras_gan.game.game import Game
from keras_gan.game.step import gradient_norms
from keras_gan.recipes import Training
from keras_gan.recipes.options import OfSource, marks
from keras_gan.recipes.precision import computing_in
from keras_gan.recipes.recipe import Recipe
from keras_gan.runs import resuming, untrusted
from keras_gan.runs.config import stages_of
from keras_gan.runs.run import Run
from keras_gan.storage import files


class Opened(NamedTuple):
    """A run that is ready to train.

    Attributes:
        run: its folder.
        training: what it trains.
        first: epochs that are done.
        measuring: the callback that measures samples, or None.
    """

    run: Run
    training: Training
    first: int
    measuring: EvaluateSamples | None


class Way(NamedTuple):
    """How a run computes.

    Attributes:
        precision: what the networks compute in: see `keras_gan.recipes.make`.
        deterministic: whether two runs of one seed end with the same bits.
        devices: how many have a part of every batch each.
    """

    precision: str = "float32"
    deterministic: bool = False
    devices: int = 1


def begin(
    recipe: Recipe,
    arguments: dict[str, Any],
    out: Path,
    way: Way,
    epochs: int | None = None,
    evaluate: int | None = None,
    start: Game | None = None,
    frozen: int = 0,
) -> Opened:
    """Makes a run folder, after everything that may be missing was found to be there.

    Args:
        recipe: what is trained.
        arguments: options of the recipe.
        out: the folder.
        way: how it computes.
        epochs: the epoch to end at, or None for the recipe's number.
        evaluate: epochs from one measurement of samples to the next, or None for no measurements.
        start: a GAN whose weights it begins with.
        frozen: layers of the discriminator, from the image on, that stay as they are.
    """
    Run.refuse_existing(out)
    if way.deterministic:
        _backend.deterministic()
    kept = {name: option.default for name, option in recipe.options.items() if name == "seed" or _is_source(option)}
    arguments = {**kept, **arguments}
    with _backend.sharing(way.devices):
        training = recipe.training(arguments, epochs, way.precision)
        if start is not None:
            training.gan.start_from(start)
            with computing_in(way.precision):
                config = {**training.gan.get_compile_config(), "freeze_discriminator": frozen}
                training.gan.compile_from_config(config)
    columns.check_shares(training.dataset, 1, training.gan.devices)
    _check_precision(training, way.precision)
    measuring = None if evaluate is None else evaluating.callback(arguments, training.gan, evaluate)
    run = Run.create(out, recipe.name, arguments, training.epochs, way.deterministic, way.precision, training.stages)
    return Opened(run, training, 0, measuring)


def _check_precision(training, precision):
    """Raises ValueError if something in the game lacks the kernels for a precision: told now, not in the first step."""
    if precision == "float32":
        return
    try:
        gradient_norms(training.gan, next(iter(training.dataset)))
    except Exception as error:  # backends and layers raise all kinds of errors
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise ValueError(
            f"Everything that is trained must be able to compute in {precision}. Use another precision. "
            f"Received: --precision {precision}: {reason}"
        ) from error


def _is_source(option):
    return any(mark.itself for mark in marks(option.annotation, OfSource)) and not option.required


def taken_over(run: Run, recipe: Recipe, arguments: dict[str, Any]) -> tuple[dict[str, Any], Game]:
    """Returns what fine-tuning takes over from a run: the options of its recipe, and its GAN.

    Args:
        run: the run to start from.
        recipe: its recipe.
        arguments: options that are given anew. With other data, those that describe the old data are left behind.
    """
    before = run.config()["arguments"]
    if any(_is_source(recipe.options[name]) for name in arguments):
        before = {k: v for k, v in before.items() if not marks(recipe.options[k].annotation, OfSource)}
    trained = run.load(compile=False)
    unchanged = {name: value for name, value in before.items() if name not in arguments}
    untrusted.check_agreement(unchanged, trained, run.config_path)
    return {**before, **arguments}, trained


def go_on(run: Run, recipe: Recipe, epochs: int | None, evaluate: int | None, devices: int) -> Opened:
    """Opens a run to train on: its data are made anew, its GAN is that of the newest checkpoint.

    Args:
        run: the run.
        recipe: its recipe.
        epochs: the epoch to end at, or None for what the run was begun with.
        evaluate: as of `begin`.
        devices: how many have a part of every batch each.

    Raises:
        RuntimeError: if another process trains the run.
        ValueError: if the run is finished, or its files do not fit each other.
    """
    config = run.config()
    arguments = config["arguments"]
    with files.locked(run.folder):  # refused now rather than after the data were read
        pass
    recipe.check(arguments)
    if config.get("deterministic", False):
        _backend.deterministic()
    with _backend.sharing(devices):
        gan = run.load()
    untrusted.check_agreement(arguments, gan, run.config_path)
    training = Training(gan, recipe.dataset(arguments), epochs or config["epochs"], stages_of(config))
    first, _ = resuming.standing(training.gan, training.dataset)
    if first >= training.epochs:
        raise ValueError(
            f"The run must not be finished. Received: {run.folder}, which has trained {first} of {training.epochs} "
            f"epochs. Train on with --epochs {2 * first}."
        )
    measuring = None if evaluate is None else evaluating.callback(arguments, gan, evaluate)
    return Opened(run, training, first, measuring)
