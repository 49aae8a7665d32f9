import math
import warnings

import keras


class StopOnNaN(keras.callbacks.Callback):
    """Stops training when any logged value is NaN or infinite, and says which one and at which step.

    Keras's `TerminateOnNaN` looks at a log called `loss` only, which a GAN does not have.

    Attributes:
        terms: list of the names that went bad, in the order of the logs; empty while all is well.
        step: int, the step at which it was seen, or None.

    Example:

    >>> callback = StopOnNaN()
    """

    def __init__(self):
        super().__init__()
        self.terms = []
        self.step = None

    def on_train_begin(self, logs=None):
        self.terms, self.step = [], None

    def on_train_batch_end(self, batch, logs=None):
        self.terms = bad_terms(logs)
        if self.terms:
            self.step = int(self.model.step.numpy())
            self.model.stop_training = True
            warnings.warn(f"Training stopped at step {self.step}: not finite: {', '.join(self.terms)}.", stacklevel=2)


def bad_terms(logs):
    """Returns the names of the logged values that are NaN or infinite."""
    return [name for name, value in (logs or {}).items() if not math.isfinite(value)]
