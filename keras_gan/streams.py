"""Printing that a full disk does not end: a training's output is often sent into a file beside its run."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any


class Unfailing:
    """A text stream that drops what cannot be written. Everything else is asked of the stream itself."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextlib.contextmanager
def unfailing_output() -> Iterator[None]:
    """Makes standard output unfailing in the block."""
    stream = sys.stdout
    sys.stdout = Unfailing(stream)
    try:
        yield
    finally:
        sys.stdout = stream
        try:
            stream.flush()
        except OSError:  # Python would try again when it ends, and end with an error of its own
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
