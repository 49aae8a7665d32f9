import warnings

import keras

from keras_gan.storage import files


class Tolerant(keras.callbacks.Callback):
    """Wraps a callback that writes: when it cannot, a warning says so, and training goes on.

    One that could not begin is left out of the training; one that fails later is asked again.

    Args:
        callback: the `keras.callbacks.Callback` to wrap.

    Example:

    >>> import keras
    >>> callback = Tolerant(keras.callbacks.CSVLogger("log.csv"))
    """

    def __init__(self, callback):
        super().__init__()
        self.callback = callback
        self.told = False
        self.begun = True

    def set_params(self, params):
        super().set_params(params)
        self.callback.set_params(params)

    def set_model(self, model):
        super().set_model(model)
        self.callback.set_model(model)

    def _pass_on(self, hook, *arguments):
        if not self.begun:
            return False
        try:
            getattr(self.callback, hook)(*arguments)
        except Exception as error:
            if (found := files.trouble(error)) is None:
                raise
            if not self.told:
                name = type(self.callback).__name__
                warnings.warn(f"{name} could not write: {found}. Training goes on without it.", stacklevel=3)
            self.told = True
            return False
        return True

    def on_train_begin(self, logs=None):
        self.begun = True
        self.begun = self._pass_on("on_train_begin", logs)

    def on_train_end(self, logs=None):
        self._pass_on("on_train_end", logs)

    def on_epoch_begin(self, epoch, logs=None):
        self._pass_on("on_epoch_begin", epoch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self._pass_on("on_epoch_end", epoch, logs)

    def on_train_batch_begin(self, batch, logs=None):
        self._pass_on("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        self._pass_on("on_train_batch_end", batch, logs)
