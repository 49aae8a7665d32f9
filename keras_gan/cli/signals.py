"""What Ctrl-C and SIGTERM do to the command line where no training holds them (`callbacks.StopOnSignal`)."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """A signal came. No `Exception`, and nothing that libraries know: what is half written is removed, no more."""


class Interrupt:
    """A handler that raises `Interrupted` at the first signal and ends the process at the next."""

    def __init__(self) -> None:
        self.came = False

    def __call__(self, number: int, frame: object) -> None:
        if self.came:
            self.again(number, frame)
        self.came = True
        raise Interrupted

    @staticmethod
    def again(number: int, frame: object) -> None:
        """Ends the process at once: libraries swallow now and then what is raised in the middle of their work."""
        os._exit(128 + number)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Has signals raise `Interrupted` in the block, save for those that are switched off (as by `nohup`)."""
    before = {}
    handler = Interrupt()
    if threading.current_thread() is threading.main_thread():
        heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, handler) for number in heard}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
