"""What a training shows. A full disk does not end it: the output is often sent into a file beside the run."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

import keras

from keras_gan import _backend
from keras_gan.callbacks import EvaluateSamples
from keras_gan.recipes.training import Training
from keras_gan.runs.run import Run

NAMES = {"tensorflow": "TensorFlow", "jax": "JAX"}
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


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


def train(
    run: Run,
    training: Training,
    first: int,
    measuring: EvaluateSamples | None,
    tensorboard: bool,
    health: bool,
    keep: int,
    minutes: float,
) -> bool:
    """Trains a run; says before what is trained, and after it what came of it and what to do next.

    Args:
        run: of `Run.create` or `Run.open`.
        training: what to train.
        first: epochs that are done.
        measuring, tensorboard, health, keep, minutes: as of `Run.fit`.

    Returns:
        Whether training came to its end.
    """
    with unfailing_output():
        print(f"Training on {_hardware(training.gan.devices)} ({NAMES[keras.backend.backend()]})")
        print(f"Run {run.folder}: {_described(training)}, epochs {first + 1} to {training.epochs}", end="")
        weights = sum(each.used.count_params() for each in training.gan.generators().values())
        print(f", generators of {weights:,} weights. Ctrl-C saves and stops.")
        finished = run.fit(training, training.epochs, tensorboard, measuring, health, keep, minutes)
        if finished:
            print(f"Samples    {run.samples / 'timeline.gif'}\nLosses     {run.losses}\nCheckpoint {run.checkpoint()}")
            print(f"Next: keras-gan sample {run.folder}, keras-gan export {run.folder}")
        else:
            print(f"\nInterrupted; everything up to here is saved. Go on with: keras-gan train --resume {run.folder}")
    return finished


def _hardware(devices):
    found = _backend.accelerators()[:devices]
    if not found:
        return f"{CORES} CPU {'core' if CORES == 1 else 'cores'}"
    return f"GPU: {found[0]}" if len(found) == 1 else f"{len(found)} GPUs: {', '.join(dict.fromkeys(found))}"


def _described(training):
    """Returns what a batch holds and how many there are: "images of 8x8x1, labels, 28 steps per epoch"."""
    columns = [
        f"{name}s" + (f" of {'x'.join(map(str, spec.shape[1:]))}" if len(spec.shape) > 1 else "")
        for name, spec in training.dataset.element_spec.items()
    ]
    return f"{', '.join(columns)}, {int(training.dataset.cardinality()):,} steps per epoch"
