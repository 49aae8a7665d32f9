"""The command `keras-gan train`: the options of every run, and those that the signatures of a recipe name."""

import dataclasses
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from keras_gan.cli import opening, screen, words
from keras_gan.recipes.options import Switch, kinds, marks
from keras_gan.recipes.precision import PRECISIONS
from keras_gan.recipes.recipe import Recipe, named, names, no_such_option
from keras_gan.recipes.signatures import Option
from keras_gan.runs.run import Run

DEFAULT = "dcgan_digits"
DETERMINISTIC = (
    "Two runs with one seed end with the same bits; can be slower. Not covered: other machines, versions or numbers "
    "of threads. On a GPU TensorFlow uses its deterministic kernels; JAX needs XLA_FLAGS."
)


@dataclasses.dataclass
class Common:
    """The options of every run, whatever it trains."""

    recipe: Annotated[
        str | None,
        typer.Argument(
            help="What to train: [bold]keras-gan recipes[/bold] lists them. After a name, --help shows the options of "
            f"that recipe. Default: {DEFAULT}.",
        ),
    ] = None
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the data. Default: the recipe's.")] = None
    out: Annotated[Path | None, typer.Option(help="Folder for the run; must be new. Default: runs/RECIPE.")] = None
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help="Go on with an interrupted run.")] = None
    start: Annotated[
        Path | None, typer.Option("--from", metavar="RUN", help="Fine-tune: begin with this run's networks.")
    ] = None
    freeze_discriminator: Annotated[
        int | None, typer.Option(min=0, help="With --from: layers of the discriminator, from the image on, to keep.")
    ] = None
    precision: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(PRECISIONS),
            help="What the networks compute in; weights stay float32. Default: float32.",
        ),
    ] = None
    deterministic: Annotated[bool, typer.Option("--deterministic", help=DETERMINISTIC)] = False
    devices: Annotated[
        int, typer.Option(min=1, help="GPUs that have a part of every batch each; without GPUs, parts of the CPU.")
    ] = 1
    health: Annotated[
        bool, typer.Option("--health/--no-health", help="Watch for collapse and the like, and say so.")
    ] = True
    evaluate: Annotated[
        int | None, typer.Option(min=1, metavar="EPOCHS", help="Measure samples every so many epochs; keep the best.")
    ] = None
    keep: Annotated[int, typer.Option(min=1, help="How many checkpoints are kept.")] = 3
    checkpoint_minutes: Annotated[
        float, typer.Option(min=0.001, help="Minutes from one checkpoint to the next, besides those of epochs.")
    ] = 10.0
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write logs for TensorBoard.")] = False


def _opened(recipe: Recipe, common: Common, arguments: dict[str, Any]) -> opening.Opened:
    """Opens what is to be trained: a new run, one that begins with the networks of another, or one to go on with."""
    if common.freeze_discriminator is not None and common.start is None:
        raise ValueError(
            f"--freeze-discriminator goes with --from. Received: {common.freeze_discriminator} without it."
        )
    if common.resume is not None:
        _check_only_epochs(common, arguments)
        return opening.go_on(Run.open(common.resume), recipe, common.epochs, common.evaluate, common.devices)
    name, trained = recipe.name, None
    if common.start is not None:
        name = f"{common.start.name}_fine_tuned"
        arguments, trained = opening.taken_over(Run.open(common.start), recipe, arguments)
    way = opening.Way(common.precision or "float32", common.deterministic, common.devices)
    fine_tuning = (trained, common.freeze_discriminator or 0)
    out = common.out or Path("runs") / name
    return opening.begin(recipe, arguments, out, way, common.epochs, common.evaluate, *fine_tuning)


def _check_only_epochs(common, arguments):
    if common.start is not None:
        raise ValueError(
            f"A run is either begun or gone on with. Received: --resume {common.resume} and --from {common.start}."
        )
    others = {"out": common.out, "precision": common.precision, "deterministic": common.deterministic or None}
    given = [*arguments, *(name for name, value in others.items() if value is not None)]
    if given := [words.flag(name) for name in given]:
        raise ValueError(f"--resume takes everything but --epochs from the run. Received: {', '.join(given)}.")


def command(recipe: Recipe) -> Callable[..., None]:
    """Returns the function behind `keras-gan train` for one recipe; its signature names every option."""

    def train(**given: Any) -> None:
        """Train a GAN. Without arguments: handwritten digits, in a few minutes. Ctrl-C saves."""
        common = Common(**{name: value for name, value in given.items() if name not in recipe.options})
        opened = _opened(recipe, common, _values(recipe, given))
        if not screen.train(*opened, common.tensorboard, common.health, common.keep, common.checkpoint_minutes):
            raise typer.Exit(130)

    own = [_parameter(option, recipe) for option in recipe.options.values()]
    train.__signature__ = inspect.Signature([*inspect.signature(Common).parameters.values(), *own])
    train.__annotations__ = {p.name: p.annotation for p in train.__signature__.parameters.values()}
    return train


def _parameter(option: Option, recipe: Recipe) -> inspect.Parameter:
    """Returns an option as Typer wants it: as a word, which may be left out."""
    switches = marks(option.annotation, Switch)
    flag = words.flag(option.name)
    more = {"help": _help(option), "rich_help_panel": f"Options of {recipe.name}", "show_default": False}
    if kinds(option.annotation) == [bool]:
        kind, shape = bool, typer.Option(f"{flag}/{words.flag(f'no_{option.name}')}", **more)
    elif switches:
        kind, shape = bool, typer.Option(switches[0].flag, **{**more, "help": switches[0].help})
    else:
        kind, shape = str, typer.Option(flag, metavar=words.placeholder(option.annotation), **more)
    return inspect.Parameter(
        option.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, shape]
    )


def _help(option):
    default = option.default
    if option.required or default is None:
        return escape(option.help)
    if isinstance(default, bool):
        default = "yes" if default else "no"
    shown = ",".join(map(str, default)) if isinstance(default, (list, tuple)) else str(default)
    return f"{escape(option.help)} [dim]\\[default: {escape(shown)}][/dim]"


def _values(recipe, given):
    """Returns {option: value} of those options of a recipe that were given."""
    return {name: _value(o, given[name]) for name, o in recipe.options.items() if given[name] is not None}


def _value(option, word):
    if switches := marks(option.annotation, Switch):
        return switches[0].value
    if isinstance(word, bool):
        return word
    try:
        return words.read(word, option.annotation)
    except ValueError as error:
        flag = words.flag(option.name)
        raise ValueError(f"{flag} {error}. Received: {flag} {word}.") from None


def command_for(typed: list[str]) -> Any:
    """Returns the command that the words after `keras-gan train` ask for, which has the options of their recipe.

    Args:
        typed: the words.

    Raises:
        ValueError: if they name no recipe, or an option that their recipe lacks; the text has the near names.
    """
    name, given = _arranged(typed)
    run = given.get("--resume") or given.get("--from")
    if run:
        config = Run.open(run).config()
        if name not in (None, config["recipe"]):
            raise ValueError(
                f"{'--resume' if '--resume' in given else '--from'} takes the recipe from the run, "
                f"{config['recipe']!r}. Received: {name!r}. Leave it out."
            )
        name = config["recipe"]
    recipe = named(name or DEFAULT)
    made = _as_typer(recipe)
    known = {"--help", *(flag for parameter in made.params for flag in (*parameter.opts, *parameter.secondary_opts))}
    for flag in given:
        if flag not in known:
            option, *others = (one.lstrip("-").replace("-", "_") for one in (flag, *sorted(known)))
            raise ValueError(no_such_option(recipe, option, others, words.flag))
    return made


def _as_typer(recipe: Recipe) -> Any:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.command("train")(command(recipe))
    return typer.main.get_command(app)


def _arranged(typed: Iterable[str]) -> tuple[str | None, dict[str, str | None]]:
    """Returns the first word that is neither an option nor the value of one, and {option: value}."""
    name, given, waiting, switches = None, {}, None, _switches()
    for word in typed:
        if waiting is not None:
            given[waiting], waiting = word, None
        elif word.startswith("-") and word.strip("-"):
            flag, equals, value = word.partition("=")
            given[flag] = value if equals else None
            waiting = None if equals or flag in switches else flag
        elif name is None:
            name = word
    return name, given


def _switches() -> set[str]:
    """Returns the options of all recipes that no value follows."""
    default = _as_typer(named(DEFAULT))
    found = {"--help"}
    for parameter in default.params:
        if getattr(parameter, "is_flag", False):
            found |= {*parameter.opts, *parameter.secondary_opts}
    for name in names():
        for option in named(name).options.values():
            found |= {mark.flag for mark in marks(option.annotation, Switch)}
            if kinds(option.annotation) == [bool]:
                found |= {words.flag(option.name), words.flag(f"no_{option.name}")}
    return found
