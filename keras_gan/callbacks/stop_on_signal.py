import signal
import threading

import keras


class StopOnSignal(keras.callbacks.Callback):
    """Ends training after the running step at Ctrl-C or SIGTERM, as if the epoch were over; a second one quits at once.

    Other callbacks then see the end of the epoch and of the training, so what they save is whole. (A KeyboardInterrupt
    could come in the middle of anything, and Keras itself swallows some.) Works in the main thread only; elsewhere it
    does nothing.

    As a context it holds the signals for longer than one `fit`: one that comes before, between two of them, or while
    other callbacks end, is heard too; before, it ends the training after its first step.

    Attributes:
        caught: the signal's number, or None.

    Example:

    >>> callback = StopOnSignal()
    """

    signals = (signal.SIGINT, signal.SIGTERM)

    def __init__(self):
        super().__init__()
        self.caught = None
        self.before = {}
        self.held = False
        self.gan = None

    def set_model(self, model):
        super().set_model(model)
        self.gan = model  # `self.model` does more than to name it on JAX: not in the middle of anything

    def __enter__(self):
        self._take()
        self.held = True
        return self

    def __exit__(self, *error):
        self.held = False
        self._restore()

    def on_train_begin(self, logs=None):
        if not self.held:
            self._take()

    def _take(self):
        self.caught = None
        if threading.current_thread() is threading.main_thread():
            self.before = {number: signal.signal(number, self._catch) for number in self.signals}

    def _catch(self, number, frame):
        self.caught = number
        if self.gan is not None:  # at the end of an epoch too, when no batch follows
            self.gan.stop_training = True
        for other, handler in self.before.items():
            signal.signal(other, getattr(handler, "again", handler))

    def _restore(self):
        for number, handler in self.before.items():
            signal.signal(number, handler)
        self.before = {}

    def on_train_batch_end(self, batch, logs=None):
        if self.caught is not None:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if not self.held:
            self._restore()
