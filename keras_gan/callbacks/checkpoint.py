import warnings
from pathlib import Path

import keras

from keras_gan.callbacks.stop_on_nan import bad_terms
from keras_gan.storage import files


class Checkpoint(keras.callbacks.Callback):
    """Saves the whole model to one `.keras` file after each epoch; an interruption never leaves half a file.

    The file holds the networks, the average, every player's optimizer, the step count and the state of the random
    generators: `keras.models.load_model(path)` goes on training from it. An epoch whose logs are not finite is not
    saved, so the last good state stays. When the disk is full or gone, the old file stays, a warning says so, and the
    next epoch tries again; if the last try of the training failed, its error is raised at the end. A folder that
    vanishes is not made anew: it may come back with all that is in it.

    With `monitor` it keeps the best epoch only, by a value in the logs: one that `EvaluateSamples`, before it in the
    list of callbacks, has put there, such as `"val_frechet_distance"`. (`keras.callbacks.ModelCheckpoint` does so too,
    but writes in place: an interruption leaves half a file.)

    Args:
        path: file name ending in `.keras`.
        monitor: str or None, name in the logs. Defaults to None: every epoch is saved.
        mode: "min" or "max", whether lower or higher is better. Defaults to "min".
        best: float or None, the value to beat, of an interrupted run. Defaults to None.

    Attributes:
        goes_on: bool, whether this training is the first part of a longer one (`keras_gan.resume` says so), at the end
            of which a failed write is not raised yet.

    Raises:
        ValueError: if `path` does not end in `.keras`, `mode` is neither, or the logs do not hold `monitor`.
        OSError: at the end of training, if the last state could not be written.

    Example:

    >>> callback = Checkpoint("runs/digits/checkpoint.keras")
    """

    def __init__(self, path, monitor=None, mode="min", best=None):
        super().__init__()
        self.path = Path(path)
        if self.path.suffix != ".keras":
            raise ValueError(f"`path` must end in .keras. Received: path={str(path)!r}.")
        if mode not in ("min", "max"):
            raise ValueError(f"`mode` must be 'min' or 'max'. Received: mode={mode!r}.")
        self.monitor = monitor
        self.mode = mode
        self.best = best
        self.error = None
        self.goes_on = False

    def save(self):
        """Writes the file now."""
        self.write(self.path)

    def write(self, path):
        """Writes the model to a file in a folder that must be there."""
        with files.replacing(path, parents=False) as written, files.temporary_files_in(written.parent):
            self.model.save(written)
        remember_what_is_skipped()

    def on_train_begin(self, logs=None):
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def on_epoch_end(self, epoch, logs=None):
        if bad_terms(logs) or not self._improves(logs or {}):
            return
        if self.attempt(f"epoch {epoch + 1}") and self.monitor is not None:
            self.best = logs[self.monitor]  # what is on the disk, and no better one that could not be written

    def attempt(self, moment):
        """Writes the file; where that fails, warns and goes on with the old one. Returns whether it was written."""
        try:
            self.save()
            self.error = None
        except OSError as error:
            self.error = error
            warnings.warn(f"The checkpoint of {moment} was not written: {error}. Training goes on.", stacklevel=3)
        return self.error is None

    def _improves(self, logs):
        if self.monitor is None:
            return True
        if self.monitor not in logs:
            raise ValueError(
                f"`monitor` must be in the logs. Received: monitor={self.monitor!r}, with {sorted(logs)}. "
                "Put EvaluateSamples before this callback."
            )
        value = logs[self.monitor]
        return self.best is None or (value < self.best if self.mode == "min" else value > self.best)

    def on_train_end(self, logs=None):
        if self.error is not None and (self.model.stop_training or not self.goes_on):
            raise OSError(f"The last checkpoint was not written: {self.error}.") from self.error


def remember_what_is_skipped():
    """Lets Keras find again what it has worked out while it saved: which attributes it need not look at.

    Keras 3.15.1 keeps that under one name ("saving_attr_skipset_...") and looks for it under another, and so makes a
    new optimizer for each one that it saves. On TensorFlow 2.21 each of these leaves 70 kB behind, 200 kB a checkpoint.
    """
    try:
        from keras.src.backend.common import global_state
    except ImportError:
        return
    for kind in ("Operation", "Layer", "Functional", "Sequential", "Metric", "Optimizer", "Loss"):
        found = global_state.get_global_attribute(f"saving_attr_skipset_{kind}")
        if found is not None:
            global_state.set_global_attribute(f"saving_attr_skiplist_{kind}", found)
