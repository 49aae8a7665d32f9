import warnings

import keras


class TracingMonitor(keras.callbacks.Callback):
    """Warns, once and in one line, when the training step is traced again after the first step, and says why.

    Tracing, and compiling what was traced, takes as long as hundreds of steps. It happens when a batch has another
    shape than those before it (on JAX the last, smaller batch of an epoch; TensorFlow traces a data set of batches of
    unknown size once), when something in Python that the step reads has changed, or after another `compile`.

    Attributes:
        retraced: int, how often it was traced again.

    Example:

    >>> callback = TracingMonitor()
    """

    def __init__(self):
        super().__init__()
        self.retraced = 0
        self.watched = None
        self.known = None

    def set_model(self, model):
        super().set_model(model)
        if model is not self.watched:  # else a training in two parts, such as that of `keras_gan.resume`
            self.watched, self.known, self.retraced = model, None, 0

    def on_train_batch_end(self, batch, logs=None):
        traces = self.model.traces
        if self.known is None:
            self.known = len(traces)
        if len(traces) == self.known:
            return
        if not self.retraced:
            warnings.warn(
                f"The training step was traced again at step {int(self.model.step.numpy())}, which takes time: "
                f"{_reason(traces[: self.known], traces[-1])}",
                stacklevel=2,
            )
        self.retraced += len(traces) - self.known
        self.known = len(traces)


def _reason(before, now):
    if before and now not in before:
        return (
            f"its batch is of shape {now}, those before it of shape {before[-1]}. Use batches of one size: "
            "drop_remainder=True."
        )
    return (
        f"not for its batch, whose shape {now} is known. Something that the step reads in Python has changed, or the "
        "GAN was compiled again."
    )
