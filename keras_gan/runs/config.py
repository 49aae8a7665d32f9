"""Run folders that somebody else may have made: what their configuration may say, and what must not be in them."""

import inspect
import math
import re
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_gan import data as kg_data
from keras_gan import recipes

RECIPE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
EPOCHS = 10**9
TEXT = 4096  # characters: the longest path
# Counts that decide about memory, and the most of each that is plausible.
COUNTS = {"batch_size": 2**20, "passes": 2**20, "discriminator_steps": 2**10, "interval": 2**20, "size": 2**15}
COUNTS |= {"latent_dim": 2**20, "filters": 2**16, "base": 2**15}
SEEDS = 2**32


def recipe_called(name: str) -> typing.Callable[..., Any] | None:
    """Returns the recipe of this name; None for any other name of the module."""
    found = getattr(recipes, name, None) if name in recipes.__all__ else None
    return found if inspect.isfunction(found) else None


def check_config(config: Any) -> None:
    """Looks over the configuration of a run of this format.

    Raises:
        ValueError: if something is missing, of another type, out of the range that is plausible, or no argument of
            the recipe.
    """
    if not isinstance(config, dict):
        raise ValueError("a dict was expected")
    if missing := [name for name in ("recipe", "arguments", "epochs") if name not in config]:
        raise ValueError(f"{missing[0]!r} is missing")
    if not isinstance(config["recipe"], str) or not RECIPE.fullmatch(config["recipe"]):
        raise ValueError(f"`recipe` must be the name of a recipe, not {_shown(config['recipe'])}")
    if not _is_count(config["epochs"], 1, EPOCHS):
        raise ValueError(f"`epochs` must be a whole number from 1 to {EPOCHS:,}, not {_shown(config['epochs'])}")
    _check_arguments(config["recipe"], config["arguments"])


def _check_arguments(recipe, arguments):
    if not isinstance(arguments, dict) or not isinstance(arguments.get("data"), str):
        raise ValueError("`arguments` must be a dict, and its `data` a text")
    known = None if (function := recipe_called(recipe)) is None else known_arguments(function)
    for name, value in arguments.items():
        if known is not None and name not in known:
            raise ValueError(f"{recipe} has no argument {_shown(name)}")
        if not _is_plausible(name, value, Any if known is None else known[name]):
            raise ValueError(f"`{name}` must be as the recipe describes it, not {_shown(value)}")


def known_arguments(recipe: typing.Callable[..., Any]) -> dict[str, Any]:
    """Returns {name: type} of what a recipe takes, with what it passes on."""
    signatures = [inspect.signature(f).parameters for f in (kg_data.images, recipes.dcgan, recipe)]
    found = {name: p.annotation for known in signatures for name, p in known.items() if p.kind != p.VAR_KEYWORD}
    return {name: kind for name, kind in found.items() if name not in ("source", "augment")}


def _is_plausible(name, value, kind):
    if name in COUNTS and value is not None:
        several = value if name == "size" and isinstance(value, list) and len(value) == 2 else [value]
        return all(_is_count(number, 1, COUNTS[name]) for number in several)
    if name == "seed" and value is not None:
        return _is_count(value, 0, SEEDS - 1)
    return _is_plain(value) and _is_of(value, kind)


def _is_count(value, lowest, highest):
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def _is_plain(value):
    """Tells whether a value is a text, a number, or a pair of numbers, of no absurd size."""
    if isinstance(value, list):
        return len(value) == 2 and all(_is_plain(part) and not isinstance(part, (list, str)) for part in value)
    if isinstance(value, str):
        return len(value) <= TEXT and "\0" not in value
    return value is None or (isinstance(value, (bool, int, float)) and abs(value) < 2**53 and math.isfinite(value))


def _is_of(value, kind):
    """Tells whether a value from JSON fits an annotation."""
    kinds = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if Any in kinds or isinstance(kind, str):
        return True
    kinds = {list if typing.get_origin(k) is tuple else k for k in kinds}
    kinds |= {int} if float in kinds else set()
    return type(value) in kinds


def check_agreement(arguments: Mapping[str, Any], gan: Any, where: Path) -> None:
    """Compares a run's configuration with its checkpoint, which was found to be no larger than its file.

    Args:
        arguments: of the recipe.
        gan: what the checkpoint holds.
        where: the file of the configuration.

    Raises:
        ValueError: if the networks or the images that the configuration asks for are others.
    """
    height, width, channels = gan.image_shape
    size = arguments.get("size")
    found = {"channels": channels, "size": [height, width] if isinstance(size, list) else height}
    for network in (gan.generator, gan.discriminator):
        found |= {name: getattr(network, name) for name in getattr(network, "kept", ()) if name in COUNTS}
    for name, value in arguments.items():
        if value is not None and found.get(name) not in (None, value):
            raise ValueError(
                f"The configuration of a run must fit its checkpoint. Received: {where} with {name}={value!r}, where "
                f"the checkpoint has {found[name]!r}."
            )


def check_own(folder: Path, names: list[str]) -> None:
    """Looks at what a run folder holds before any of it is opened.

    Raises:
        ValueError: for a link, which what it leads to would be written to, and for a pipe or a device.
    """
    for path in (folder / name for name in names):
        if path.is_symlink():
            raise ValueError(
                f"A run folder must hold its own files, for they are written to. Received: {path}, a link to "
                f"{path.readlink()}. Put what it leads to in its place."
            )
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise ValueError(
                f"A run folder must hold files and folders. Received: {path}, a pipe or a device. Remove it."
            )


def _shown(value):
    text = repr(value) if isinstance(value, (str, bool, int, float, type(None))) and _is_short(value) else ""
    return text or f"a {type(value).__name__}" + ("" if not isinstance(value, (str, int)) else " of such length")


def _is_short(value):
    return abs(value) < 10**30 if isinstance(value, int) else len(str(value)) <= 100
