"""Checks of arguments that many classes share."""

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


def checked_number(name, value, above=None, least=None):
    """Returns a number as a float; raises ValueError as `check_number`."""
    check_number(name, value, above, least)
    return float(value)
