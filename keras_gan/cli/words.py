"""Words of the command line: the values that they stand for, and what to say of those that stand for none."""

import difflib
import types
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from keras_gan.data import catalogue
from keras_gan.recipes.options import Between, OfSource, fits, kinds, marks

NAMES = {int: "a whole number", float: "a number", bool: "true or false", types.NoneType: "none", Path: "a path"}
PLACEHOLDERS = {int: "INTEGER", float: "NUMBER", bool: "true|false", Path: "PATH"}
OPEN = (str, Path, Any)  # kinds that any word is of: tried last


def read(word: str, annotation: Any) -> Any:
    """Returns the value that a word stands for, as JSON can keep it; paths become absolute.

    Args:
        word: as typed. `none` and `true` are such values where an option allows them; lists have commas, as in
            `64,128`, pairs a comma or an x, as in `64x48`.
        annotation: of the option: see `keras_gan.recipes.options`.

    Raises:
        ValueError: if it stands for nothing that the annotation allows; the text says what was expected.
    """
    for kind in sorted(kinds(annotation), key=OPEN.__contains__):
        try:
            value = _value(word, kind)
        except (KeyError, ValueError):
            continue
        if any(mark.itself for mark in marks(annotation, OfSource)):
            value = _located(value)
        if fits(value, annotation):
            return value
    raise ValueError(f"must be {described(annotation)}")


def _value(word, kind):
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return {str(choice): choice for choice in arguments}[word]
    if origin in (tuple, list):
        parts = (word.replace("x", ",") if origin is tuple else word).split(",")
        wanted = arguments if origin is tuple else arguments * len(parts)
        return [read(part, one) for part, one in zip(parts, wanted, strict=True)]
    if kind is types.NoneType or kind is bool:
        return {types.NoneType: {"none": None}, bool: {"true": True, "false": False}}[kind][word]
    if kind is Path:
        return str(Path(word).resolve())
    return kind(word) if kind in (int, float) else word


def _located(source):
    """Makes a path absolute, so that a run can be resumed from another folder; names stay names."""
    return source if catalogue.is_name(source) or not Path(source).exists() else str(Path(source).resolve())


def described(annotation: Any) -> str:
    """Returns what an annotation allows, as in "a whole number or none, from 1 to 1,024"."""
    allowed = " or ".join(_named(kind) for kind in kinds(annotation))
    limits = [f", from {limit.lowest:,} to {limit.highest:,}" for limit in marks(annotation, Between)]
    return "".join([allowed, *limits])


def _named(kind):
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return " or ".join(map(str, arguments))
    if origin is tuple:
        return f"{len(arguments)} values with commas"
    return f"values with commas, each {described(arguments[0])}" if origin is list else NAMES.get(kind, "a text")


def placeholder(annotation: Any) -> str:
    """Returns what stands for a value in the help, as in "INTEGER"."""
    shown = [kind for kind in kinds(annotation) if kind is not types.NoneType and typing.get_origin(kind) is not tuple]
    return "|".join(_placeholder(kind) for kind in shown or kinds(annotation) if kind is not types.NoneType)


def _placeholder(kind):
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return "|".join(map(str, arguments))
    if origin is tuple:
        return ",".join(map(placeholder, arguments))
    return f"{placeholder(arguments[0])},..." if origin is list else PLACEHOLDERS.get(kind, "TEXT")


def flag(name: str) -> str:
    """Returns an option's name as it is typed: "--batch-size" for "batch_size"."""
    return f"--{name.replace('_', '-')}"


def check_known(name: str, known: Iterable[str], kind: str, where: str) -> None:
    """Raises ValueError for an unknown name; the text has the near ones.

    Args:
        name: what was typed.
        known: all names.
        kind: what they are names of.
        where: the command that tells all of them.
    """
    if name not in (known := list(known)):
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or known
        raise ValueError(f"Unknown {kind} {name!r}. Did you mean {' or '.join(near)}? All of them: {where}.")
