"""Checks of arguments that `keras_gan.data`'s functions have in common."""

import numpy as np


def check_choice(name: str, value, allowed: tuple) -> None:
    """Raises ValueError unless a value is one of those allowed."""
    if value not in allowed or isinstance(value, bool):
        raise ValueError(f"`{name}` must be one of {', '.join(map(repr, allowed))}. Received: {name}={value!r}.")


def check_unused(name: str, value, default, used_for: str | None) -> None:
    """Raises ValueError if an option is given with a source that it is not for; `used_for` says what it is for."""
    if used_for is not None and value != default:
        raise ValueError(f"`{name}` is for {used_for}. Received: {name}={value!r} with another source.")


def check_count(name: str, value) -> None:
    """Raises ValueError unless a value is a whole number above 0."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"`{name}` must be a whole number above 0. Received: {name}={value!r}.")


def as_size(size) -> tuple[int, int] | None:
    """Returns (height, width) of one number, of two, or None for None; raises ValueError for anything else."""
    if size is None:
        return None
    pair = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
    if len(pair) != 2 or not all(isinstance(side, (int, np.integer)) and side > 0 for side in pair):
        raise ValueError(f"`size` must be a number of pixels or (height, width). Received: size={size!r}.")
    return int(pair[0]), int(pair[1])


def as_range(value_range) -> tuple | None:
    """Returns (lowest, highest), or None for None; raises ValueError for anything else."""
    if value_range is None:
        return None
    pair = tuple(value_range) if isinstance(value_range, (tuple, list)) else ()
    if len(pair) != 2 or not pair[0] < pair[1]:
        raise ValueError(f"`value_range` must be (lowest, highest). Received: value_range={value_range!r}.")
    return pair


def check_jitter(jitter, size: tuple[int, int] | None) -> None:
    """Checks the pixels of a margin for random cuts, which needs a size to be cut to."""
    if isinstance(jitter, bool) or not isinstance(jitter, (int, np.integer)) or jitter < 0:
        raise ValueError(f"`jitter` must be a number of pixels, 0 or more. Received: jitter={jitter!r}.")
    if jitter and size is None:
        raise ValueError(
            f"`jitter` needs a `size` that is cut out. Received: jitter={jitter}, size=None. Use a size such as 256."
        )
