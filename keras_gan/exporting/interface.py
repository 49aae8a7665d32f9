"""What a file says of its inputs and outputs, as JSON, and the reading of what a stranger may have written there."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from keras_gan import media
from keras_gan.inputs import Code, Given, Input, Label, Latent
from keras_gan.latents import DISTRIBUTIONS
from keras_gan.media import Medium
from keras_gan.storage.texts import parse_json

MOST = 2**24  # numbers of one signal, and classes: 64 MiB
MOST_VALUES = 2**12  # of one category of a code: a table of their square is made
MOST_TENSORS = 32  # inputs, or outputs
LONGEST = 99  # characters of a name

KINDS = {each.__name__: each for each in (Code, Given, Label, Latent)}
MEDIA = {
    name: each
    for name, each in vars(media).items()
    if isinstance(each, type) and issubclass(each, Medium) and each is not Medium
}


def described(inputs: Mapping[str, Input], outputs: Mapping[str, Medium], shapes: Mapping[str, tuple]) -> dict:
    """Returns the JSON texts `inputs` and `outputs` that describe a generator in a file.

    Args:
        inputs: {name: input}. Each is written as its `kind`, the name of its class, and its configuration.
        outputs: {name: medium}. Each is written as its `medium`, likewise, and its `shape`.
        shapes: {output: shape of one}, with None for sizes that vary.

    Example:

    >>> described({"latent": Latent((4,))}, {"image": media.Images()}, {"image": (8, 8, 1)})["outputs"]
    '{"image": {"medium": {"kind": "Images"}, "shape": [8, 8, 1]}}'
    """
    made = {name: {"medium": _of(medium), "shape": list(shapes[name])} for name, medium in outputs.items()}
    return {"inputs": json.dumps({name: _of(each) for name, each in inputs.items()}), "outputs": json.dumps(made)}


def _of(each):
    config = each.get_config()
    return {"kind": type(each).__name__, **config, **({"medium": _of(each.medium)} if "medium" in config else {})}


def read_inputs(text: Any) -> dict[str, Input]:
    """Makes the inputs of a generator from what a file says: known kinds of plausible sizes alone.

    Raises:
        ValueError: for anything else, with what it is.
    """
    return {name: _input(name, told) for name, told in _named(text, "inputs").items()}


def read_outputs(text: Any) -> tuple[dict[str, Medium], dict[str, tuple]]:
    """Makes the media and the shapes of a generator's outputs; as `read_inputs`."""
    outputs, shapes = {}, {}
    for name, told in _named(text, "outputs").items():
        fields = _fields(told, {"medium": _medium, "shape": _sizes}, f"outputs: {name}")
        outputs[name], shapes[name] = fields["medium"], fields["shape"]
        if len(shapes[name]) != outputs[name].rank:
            raise ValueError(f"outputs: {name}: {outputs[name]!r} of shape {shapes[name]}")
    return outputs, shapes


def _named(text, what):
    """Returns the dict of a JSON text, of a plausible number of names."""
    told = parse_json(text) if isinstance(text, str) else None
    if not isinstance(told, dict) or not 1 <= len(told) <= MOST_TENSORS:
        raise ValueError(f"{what} {str(text)[:LONGEST]}")
    for name in told:
        _text(name, what)
    return told


def _input(name, told):
    kind = told.get("kind") if isinstance(told, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"inputs: {name}: {str(told)[:LONGEST]}, which is none of {', '.join(KINDS)}")
    fields = {key: value for key, value in told.items() if key != "kind"}
    found = KINDS[kind](**_fields(fields, FIELDS[kind], f"inputs: {name}"))
    if isinstance(found, Code) and not 1 <= found.shape[0] <= MOST:
        raise ValueError(f"inputs: {name}: a code of {found.shape[0]} numbers")
    return found


def _medium(told, where):
    """Makes a medium, whose arguments are None, a truth value, a number or a text."""
    kind = told.get("kind") if isinstance(told, dict) else None
    if not isinstance(kind, str) or kind not in MEDIA:
        raise ValueError(f"{where} {str(told)[:LONGEST]}, which is none of {', '.join(MEDIA)}")
    arguments = {key: value for key, value in told.items() if key != "kind"}
    for value in arguments.values():
        plain = value is None or (isinstance(value, (bool, str)) and len(str(value)) <= LONGEST)
        if not plain and not (isinstance(value, (int, float)) and abs(value) <= MOST):
            raise ValueError(f"{where} {str(told)[:LONGEST]}")
    try:
        return MEDIA[kind](**arguments)
    except TypeError as error:  # for an argument that it does not have
        raise ValueError(f"{where} {str(told)[:LONGEST]}") from error


def _fields(told: Any, checks: Mapping[str, Callable], where: str) -> dict[str, Any]:
    """Returns the checked values of a dict that must hold exactly these keys."""
    if not isinstance(told, dict) or set(told) != set(checks):
        raise ValueError(f"{where}: {str(told)[:LONGEST]}, which should hold {', '.join(checks)}")
    return {key: check(told[key], f"{where}: {key}") for key, check in checks.items()}


def _text(value, where):
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST or not value.isprintable():
        raise ValueError(f"{where} {str(value)[:LONGEST]!r}")
    return value


def _distribution(value, where):
    if value not in DISTRIBUTIONS:
        raise ValueError(f"{where} {str(value)[:LONGEST]}")
    return value


def whole(least: int) -> Callable:
    """Returns a check of whole numbers from `least` to `MOST`."""

    def check(value, where):
        if type(value) is not int or not least <= value <= MOST:
            raise ValueError(f"{where} {str(value)[:LONGEST]}")
        return value

    return check


def shape(value: Any, where: str, vary: bool = False) -> tuple[int, ...]:
    """Checks a list of sizes that make a plausible number of values; with `vary` None stands for any size."""
    known = [side for side in value if side is not None or not vary] if isinstance(value, list) else [0]
    if not all(type(side) is int and 0 < side <= MOST for side in known) or len(known) > MOST_TENSORS:
        raise ValueError(f"{where} {str(value)[:LONGEST]}")
    if math.prod(known) > MOST:
        raise ValueError(f"{where} {str(value)[:LONGEST]}: at most {MOST:,} numbers are drawn")
    return tuple(value)


def _sizes(value, where):
    return shape(value, where, vary=True)


def _categories(value, where):
    if not isinstance(value, list) or not all(type(n) is int and 2 <= n <= MOST_VALUES for n in value):
        raise ValueError(f"{where} {str(value)[:LONGEST]}")
    return value


FIELDS = {
    "Code": {"categories": _categories, "continuous": whole(0)},
    "Given": {"column": _text, "shape": _sizes, "medium": _medium},
    "Label": {"num_classes": whole(1), "column": _text},
    "Latent": {"shape": shape, "distribution": _distribution, "stream": whole(0)},
}
