import contextlib
from collections.abc import Iterator

import keras

PRECISIONS = ("float32", "bfloat16", "float16")


@contextlib.contextmanager
def computing_in(precision: str | None) -> Iterator[None]:
    """Has networks that are made in the block compute in a precision; their weights stay float32.

    Sets Keras's dtype policy ("float32", "mixed_bfloat16" or "mixed_float16"), and sets it back as the block ends.

    Args:
        precision: one of `PRECISIONS`, or None to leave the policy as it is.

    Raises:
        ValueError: if it is another.
    """
    if precision is not None and precision not in PRECISIONS:
        raise ValueError(
            f"`precision` must be one of {', '.join(map(repr, PRECISIONS))}. Received: precision={precision!r}."
        )
    before = keras.config.dtype_policy()
    if precision is not None:
        keras.config.set_dtype_policy(precision if precision == "float32" else f"mixed_{precision}")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
