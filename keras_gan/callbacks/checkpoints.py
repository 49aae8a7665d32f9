import time
import warnings
from pathlib import Path

from keras_gan.arguments import check_number, check_whole
from keras_gan.callbacks.checkpoint import Checkpoint
from keras_gan.callbacks.stop_on_nan import bad_terms

PATTERN = "step_*.keras"


class Checkpoints(Checkpoint):
    """Saves the whole model into a folder: after each epoch, and within epochs by time or by steps.

    Each file is named after the GAN's count of steps, appears whole or not at all, and replaces the oldest but `keep`.
    `keras_gan.resume` goes on from the newest (`found(folder)[0]`) in the middle of an epoch too;
    `keras_gan.storage.files.is_whole` tells whether a file is damaged.
    What `Checkpoint` says of NaN and of a full disk holds here.

    Args:
        folder: where the files go.
        keep: int >= 1, how many are kept. Defaults to 3.
        every_minutes: float > 0, minutes from one file to the next at most; None for epochs alone. Defaults to 10.
        every_steps: int >= 1, steps from one file to the next at most, or None, the default.

    Raises:
        ValueError: for a number out of range.
        OSError: at the end of training, if the last state could not be written.

    Example:

    >>> callback = Checkpoints("runs/digits/checkpoints", every_minutes=5)
    """

    def __init__(self, folder, keep=3, every_minutes=10.0, every_steps=None):
        super().__init__(Path(folder) / "step.keras")
        check_whole("keep", keep)
        if every_steps is not None:
            check_whole("every_steps", every_steps)
        if every_minutes is not None:
            check_number("every_minutes", every_minutes, above=0)
        self.folder = Path(folder)
        self.keep = keep
        self.every_minutes = every_minutes
        self.every_steps = every_steps
        self.saved = (0, 0.0)

    def save(self):
        self.write(self.folder / f"step_{int(self.model.step.numpy()):010d}.keras")
        for old in found(self.folder)[self.keep :]:
            try:
                old.unlink(missing_ok=True)
            except OSError as error:
                warnings.warn(f"An old checkpoint was not removed: {error}. Training goes on.", stacklevel=4)

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        self.saved = (0, time.monotonic())

    def on_epoch_begin(self, epoch, logs=None):
        self.saved = (0, self.saved[1])

    def on_train_batch_end(self, batch, logs=None):
        step, moment = self.saved
        by_steps = self.every_steps is not None and batch + 1 - step >= self.every_steps
        if by_steps or (self.every_minutes is not None and time.monotonic() - moment >= 60 * self.every_minutes):
            self.saved = (batch + 1, time.monotonic())
            if not bad_terms(logs):
                self.attempt(f"step {int(self.model.step.numpy())}")

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        self.saved = (0, time.monotonic())


def found(folder):
    """Returns the checkpoints in a folder, the newest first."""
    return sorted(Path(folder).glob(PATTERN), reverse=True)
