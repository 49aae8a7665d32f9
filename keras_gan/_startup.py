"""Keeps TensorFlow's start-up notes off the screen of the command line. A library user's screen is left alone.

TensorFlow writes them from C++ while it is imported, whatever its log level is; `import keras_gan` imports it, so this
has to come first. Everything else that is printed meanwhile is passed on.
"""

import contextlib
import os
import re
import signal
import sys
import tempfile

COMMANDS = {"keras-gan", "keras_gan.cli"}
NOTE = re.compile(rb"WARNING: All log messages before absl::InitializeLog|[IW]\d{4} ")


def load_quietly() -> None:
    """Imports Keras and its backend with the notes among their messages left out."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with contextlib.ExitStack() as stack:
        try:
            caught = stack.enter_context(tempfile.TemporaryFile())
        except OSError:  # no room for temporary files: the notes are shown then
            return
        screen = os.dup(2)
        os.dup2(caught.fileno(), 2)
        try:
            import keras  # noqa: F401
        finally:
            os.dup2(screen, 2)
            os.close(screen)
            caught.seek(0)
            sys.stderr.buffer.write(b"".join(line for line in caught if not NOTE.match(line)))
            sys.stderr.flush()


if any(os.path.basename(argument) in COMMANDS for argument in sys.orig_argv[:3]):
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Ctrl-C while everything is imported, until the command line takes the signals over: nothing is lost, and
        # there is nothing to say.
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(128 + number))
    load_quietly()
