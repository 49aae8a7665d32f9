import warnings
from pathlib import Path

import keras

from keras_gan import files
from keras_gan.callbacks.stop_on_nan import bad_terms


class Checkpoint(keras.callbacks.Callback):
    """Saves the whole model to one `.keras` file after each epoch; an interruption never leaves half a file.

    The file holds the networks, the average, every player's optimizer, the step count and the state of the random
    generators: `keras.models.load_model(path)` goes on training from it. An epoch whose logs are not finite is not
    saved, so the last good state stays. When the disk is full or gone, the old file stays, a warning says so, and the
    next epoch tries again; if the last try of the training failed, its error is raised at the end.

    Args:
        path: file name ending in `.keras`.

    Raises:
        ValueError: if `path` does not end in `.keras`.
        OSError: at the end of training, if the last state could not be written.

    Example:

    >>> callback = Checkpoint("runs/digits/checkpoint.keras")
    """

    def __init__(self, path):
        super().__init__()
        self.path = Path(path)
        if self.path.suffix != ".keras":
            raise ValueError(f"`path` must end in .keras. Received: path={str(path)!r}.")
        self.error = None

    def save(self):
        """Writes the file now."""
        with files.replacing(self.path) as written:
            self.model.save(written)

    def on_epoch_end(self, epoch, logs=None):
        if bad_terms(logs):
            return
        try:
            self.save()
            self.error = None
        except OSError as error:
            self.error = error
            warnings.warn(
                f"The checkpoint of epoch {epoch + 1} was not written: {error}. Training goes on.", stacklevel=2
            )

    def on_train_end(self, logs=None):
        if self.error is not None:
            raise OSError(f"The last checkpoint was not written: {self.error}.") from self.error
