"""What `config.json` of a run says: how it is written, read, and looked over, since somebody else may have made it."""

import datetime
import importlib.metadata
import json
import platform
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import keras

from keras_gan.recipes.options import fits
from keras_gan.recipes.precision import PRECISIONS
from keras_gan.recipes.recipe import find
from keras_gan.recipes.training import Stage
from keras_gan.storage import files, texts
from keras_gan.version import __version__

FORMAT = 1  # raised when an older reader could not understand the file
RECIPE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
EPOCHS = 10**9


def new(
    recipe: str,
    arguments: dict[str, Any],
    epochs: int,
    deterministic: bool = False,
    precision: str = "float32",
    stages: tuple[Stage, ...] = (),
) -> dict[str, Any]:
    """Returns the configuration of a run that begins now: see `keras_gan.runs.run.Run.create`."""
    return {
        "format": FORMAT,
        "recipe": recipe,
        "arguments": arguments,
        "epochs": epochs,
        "deterministic": deterministic,
        "precision": precision,
        "stages": [stage._asdict() for stage in stages],
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Returns the versions that a result depends on."""
    packages = ("keras", keras.backend.backend(), "numpy")
    found = {name: importlib.metadata.version(name) for name in packages}
    return {"keras_gan": __version__, **found, "python": platform.python_version()}


def write(path: Path, config: dict[str, Any]) -> None:
    """Writes a configuration in the place of what is there."""
    with files.replacing(path) as written:
        written.write_text(json.dumps(config, indent=2) + "\n")


def read(path: Path) -> dict[str, Any]:
    """Reads a configuration.

    Raises:
        ValueError: if it is not what `new` returns, is not plausible, or of a newer format.
    """
    try:
        config = texts.parse_json(texts.read(path, "A configuration"))
        if not isinstance(number := config["format"], int) or number < 1:
            raise ValueError("`format` must be a whole number")
        if number <= FORMAT:
            check(config)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"The configuration of a run must be readable. Received: {path}: {error}.") from error
    if number > FORMAT:
        raise ValueError(
            f"The run must be of format {FORMAT} or older. Received: {path} of format {number}. Update keras-gan."
        )
    return config


def check(config: Any) -> None:
    """Looks over the configuration of a run of this format.

    Raises:
        ValueError: if something is missing, of another type, out of the range that is plausible, or no option of the
            recipe.
    """
    if not isinstance(config, dict):
        raise ValueError("a dict was expected")
    if missing := [name for name in ("recipe", "arguments", "epochs") if name not in config]:
        raise ValueError(f"{missing[0]!r} is missing")
    if not isinstance(config["recipe"], str) or not RECIPE.fullmatch(config["recipe"]):
        raise ValueError(f"`recipe` must be the name of a recipe, not {_shown(config['recipe'])}")
    epochs = config["epochs"]
    if not isinstance(epochs, int) or isinstance(epochs, bool) or not 1 <= epochs <= EPOCHS:
        raise ValueError(f"`epochs` must be a whole number from 1 to {EPOCHS:,}, not {_shown(epochs)}")
    if config.get("precision", "float32") not in PRECISIONS:
        raise ValueError(f"`precision` must be one of {', '.join(PRECISIONS)}, not {_shown(config['precision'])}")
    stages_of(config)
    _check_arguments(config["recipe"], config["arguments"])


def stages_of(config: dict[str, Any]) -> tuple[Stage, ...]:
    """Returns the stages of a run; none for those of runs that were written before there were stages.

    Raises:
        ValueError: if they are none.
    """
    found = config.get("stages", [])
    for stage in found if isinstance(found, list) else [None]:
        players, epochs = (stage.get("players"), stage.get("epochs")) if isinstance(stage, dict) else (None, None)
        named = isinstance(players, list) and players and all(isinstance(name, str) for name in players)
        if not named or not isinstance(epochs, int) or isinstance(epochs, bool) or not 1 <= epochs <= EPOCHS:
            raise ValueError("`stages` must be a list of dicts with `players`, names, and `epochs`, a whole number")
    return tuple(Stage(tuple(stage["players"]), stage["epochs"]) for stage in found)


def _check_arguments(name, arguments):
    recipe = find(name)  # None for a recipe of a person's own, which only they can make again
    known = None if recipe is None else recipe.options
    has_data = known is None or "data" in known
    if not isinstance(arguments, dict) or (has_data and not isinstance(arguments.get("data"), str)):
        raise ValueError("`arguments` must be a dict" + (", and its `data` a text" if has_data else ""))
    for argument, value in arguments.items():
        if known is not None and argument not in known:
            raise ValueError(f"{name} has no argument {_shown(argument)}")
        if not fits(value, Any if known is None else known[argument].annotation):
            raise ValueError(f"`{argument}` must be as the recipe describes it, not {_shown(value)}")


def _shown(value):
    text = repr(value) if isinstance(value, (str, bool, int, float, type(None))) and _is_short(value) else ""
    return text or f"a {type(value).__name__}" + ("" if not isinstance(value, (str, int)) else " of such length")


def _is_short(value):
    return abs(value) < 10**30 if isinstance(value, int) else len(str(value)) <= 100
