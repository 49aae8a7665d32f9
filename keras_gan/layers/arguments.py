import math
import numbers


def check_whole(name, value, least=1):
    """Raises ValueError unless `value` is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(f"`{name}` must be a whole number >= {least}. Received: {name}={value!r}.")


def check_number(name, value, above=None, least=None):
    """Raises ValueError unless `value` is a finite number, above `above` or at least `least` where given."""
    limit = "" if above is None and least is None else f" above {above}" if least is None else f" >= {least}"
    if (
        isinstance(value, bool)
        or not isinstance(value, numbers.Real)
        or not math.isfinite(value)
        or (above is not None and value <= above)
        or (least is not None and value < least)
    ):
        raise ValueError(f"`{name}` must be a finite number{limit}. Received: {name}={value!r}.")


def check_pair(layer, shapes, wanted):
    """Raises ValueError unless `shapes` are two shapes: what a layer of two inputs is built with."""
    if len(shapes) != 2 or any(shape is None or isinstance(shape, int) for shape in shapes):
        raise ValueError(f"{layer.name!r} takes a list of two inputs, {wanted}. Received: input_shape={shapes}.")
