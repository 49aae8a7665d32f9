import signal
import threading

import keras


class StopOnSignal(keras.callbacks.Callback):
    """Ends training after the running step at Ctrl-C or SIGTERM, as if the epoch were over; a second one quits at once.

    Other callbacks then see the end of the epoch and of the training, so what they save is whole. (A KeyboardInterrupt
    could come in the middle of anything, and Keras itself swallows some.) Works in the main thread only; elsewhere it
    does nothing.

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

    def on_train_begin(self, logs=None):
        self.caught = None
        if threading.current_thread() is threading.main_thread():
            self.before = {number: signal.signal(number, self._catch) for number in self.signals}

    def _catch(self, number, frame):
        self.caught = number
        self._restore()

    def _restore(self):
        for number, handler in self.before.items():
            signal.signal(number, handler)
        self.before = {}

    def on_train_batch_end(self, batch, logs=None):
        if self.caught is not None:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        self._restore()
