"""What the options of recipes may be: annotations that the command line and the checks of configurations read.

The functions of a recipe annotate their parameters, as in `filters: Filters = 32`. From that follows what
`keras-gan train` takes for the option, and what the `config.json` of a run, which anybody may have written, may say.
"""

import math
import types
import typing
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

LONGEST_TEXT = 4096  # characters: the longest path
LONGEST_LIST = 64
IN_JSON = {Path: (str,), float: (int, float)}  # how values arrive that JSON keeps as others


class Between(NamedTuple):
    """Marks an option whose numbers lie from `lowest` to `highest`, both included."""

    lowest: float
    highest: float

    def holds(self, value: Any) -> bool:
        numbers = value if isinstance(value, list) else [value]
        return all(self.lowest <= number <= self.highest for number in numbers if isinstance(number, (int, float)))


class OfSource(NamedTuple):
    """Marks an option that describes one source of data: fine-tuning on other data does not take it over.

    Attributes:
        itself: whether the option is the source: the name of a data set, or a path.
    """

    itself: bool = False

    def holds(self, value: Any) -> bool:
        return isinstance(value, str) or not self.itself


class Switch(NamedTuple):
    """Marks an option that is a switch on the command line: `flag` sets it to `value`; `help` is what it says there."""

    flag: str
    value: Any
    help: str


# Counts that decide about memory are bounded by the most that is plausible.
Source = Annotated[Any, OfSource(itself=True)]
Folder = Annotated[Path | None, OfSource()]
SKIP = Switch("--skip-bad-files", "skip", "Leave out files that are no images.")
BadFiles = Annotated[Literal["raise", "skip"], OfSource(), SKIP]
BatchSize = Annotated[int, Between(1, 2**20)]
Passes = Annotated[int, Between(1, 2**20)]
Size = Annotated[int | tuple[int, int] | None, Between(1, 2**15)]
Seed = Annotated[int, Between(0, 2**32 - 1)]
LatentDim = Annotated[int, Between(1, 2**20)]
Filters = Annotated[int, Between(1, 2**16)]
Base = Annotated[int | None, Between(1, 2**15)]
Updates = Annotated[int, Between(1, 2**10)]
Interval = Annotated[int, Between(1, 2**20)]


def marks(annotation: Any, kind: type) -> list[Any]:
    """Returns the marks of one kind that an annotation carries."""
    found = annotation.__metadata__ if typing.get_origin(annotation) is Annotated else ()
    return [mark for mark in found if isinstance(mark, kind)]


def kinds(annotation: Any) -> list[Any]:
    """Returns the types that an annotation allows, without its marks."""
    if typing.get_origin(annotation) is Annotated:
        annotation = annotation.__origin__
    union = isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union
    return list(typing.get_args(annotation)) if union else [annotation]


def fits(value: Any, annotation: Any) -> bool:
    """Tells whether a value from JSON is one that an annotation describes, and of no absurd size."""
    limits = [*marks(annotation, Between), *marks(annotation, OfSource)]
    allowed = any(_is_of(value, kind) for kind in kinds(annotation))
    return _is_plain(value) and allowed and all(limit.holds(value) for limit in limits)


def _is_plain(value):
    if isinstance(value, list):
        return len(value) <= LONGEST_LIST and all(_is_plain(v) and not isinstance(v, list) for v in value)
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT and "\0" not in value
    return value is None or (isinstance(value, (bool, int, float)) and abs(value) < 2**53 and math.isfinite(value))


def _is_of(value, kind):
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return True
    if origin is Literal:
        return any(type(value) is type(choice) and value == choice for choice in arguments)
    if origin is tuple:
        return isinstance(value, list) and len(value) == len(arguments) and all(map(fits, value, arguments))
    if origin is list:
        return isinstance(value, list) and all(fits(part, arguments[0]) for part in value)
    return type(value) in IN_JSON.get(kind, (kind,))
