"""The options of a function: what its signature names, and what its docstring says of them."""

import functools
import inspect
import re
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

ENTRY = re.compile(r"    ([\w, ]+): +(.*)")  # of a section `Args:`


class Option(NamedTuple):
    """An option of a recipe.

    Attributes:
        name: as in Python.
        annotation: what it may be: see `keras_gan.recipes.options`.
        default: `inspect.Parameter.empty` where it must be given.
        help: its description.
    """

    name: str
    annotation: Any
    default: Any
    help: str

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty


def passes_on(to: Callable, without: Collection[str] = ()) -> Callable[[Callable], Callable]:
    """Shows what the `**options` of a function are: arguments of `to`, which it passes them on to.

    The signature of the decorated function then names all of its options, and `options` finds their descriptions.
    Arguments of `to` without a default are left out: the function gives those itself.

    Args:
        to: the function that takes them.
        without: names of arguments of `to` that the function gives itself.

    Example:

    >>> from keras_gan.recipes.signatures import passes_on
    >>> def paint(wall, colour="white", coats=2): ...
    >>> @passes_on(paint)
    ... def renovate(house, coats=3, **options): ...
    >>> import inspect
    >>> print(inspect.signature(renovate))
    (house, coats=3, *, colour='white')
    """

    def decorate(function: Callable) -> Callable:
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        named = {*without, *(parameter.name for parameter in own)}
        further = [p for p in inspect.signature(to).parameters.values() if p.name not in named]
        further = [p.replace(kind=p.KEYWORD_ONLY) for p in further if p.default is not p.empty]
        function.__signature__ = signature.replace(parameters=[*own, *further])
        function.passes_on = to
        return function

    return decorate


def options(function: Callable) -> dict[str, Option]:
    """Returns the options of a function, in the order of its signature.

    Raises:
        TypeError: if the signature does not name them all.
    """
    described = descriptions(function)
    parameters = inspect.signature(function, eval_str=True).parameters.values()
    if unnamed := [str(p) for p in parameters if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]:
        raise TypeError(
            f"The signature of a recipe's function must name its options. Received: {unnamed[0]}. "
            "Decorate the function with @passes_on, which names those that it passes on."
        )
    return {p.name: Option(p.name, p.annotation, p.default, described.get(p.name, "")) for p in parameters}


def descriptions(function: Callable) -> dict[str, str]:
    """Returns {argument: description} from the docstrings of a function and of those that it passes options on to."""
    if isinstance(function, functools.partial):
        return descriptions(function.func)
    further = descriptions(function.passes_on) if hasattr(function, "passes_on") else {}
    return {**further, **arguments_in(inspect.getdoc(function) or "")}


def arguments_in(docstring: str) -> dict[str, str]:
    """Returns {argument: description} of the section `Args:` of a docstring.

    Example:

    >>> from keras_gan.recipes.signatures import arguments_in
    >>> arguments_in("Paints.\\n\\nArgs:\\n    wall, door: what to\\n        paint.\\n\\nReturns:\\n    Nothing.")
    {'wall': 'what to paint.', 'door': 'what to paint.'}
    """
    found, names = {}, []
    _, _, section = docstring.partition("Args:\n")
    for line in section.splitlines():
        if not line.startswith("    "):
            break
        if entry := ENTRY.fullmatch(line):
            names = [name.strip() for name in entry[1].split(",")]
            found |= dict.fromkeys(names, entry[2])
        else:
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
    return found
