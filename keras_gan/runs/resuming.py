"""Going on with training where it stood, in the middle of an epoch too."""

import contextlib

import keras


class KeepPlace(keras.callbacks.Callback):
    """Makes each epoch begin at its own place in the data, whatever else has read them before.

    Args:
        place: the `place` of a data set of `keras_gan.data.images`.
        batches: int, batches of the first epoch that are done already.
    """

    def __init__(self, place, batches=0):
        super().__init__()
        self.place = place
        self.batches = batches

    def on_epoch_begin(self, epoch, logs=None):
        self.place.begin_epoch(epoch, self.batches)
        self.batches = 0


@contextlib.contextmanager
def _going_on(callbacks):
    """Tells those callbacks that ask for it that the training in the block is the first part of a longer one."""
    asking = {callback: callback.goes_on for callback in callbacks if hasattr(callback, "goes_on")}
    for callback in asking:
        callback.goes_on = True
    try:
        yield
    finally:
        for callback, before in asking.items():
            callback.goes_on = before


def standing(gan, dataset):
    """Returns how many whole epochs a GAN has trained, and how many batches of the next one.

    Args:
        gan: a `keras_gan.GAN`, which counts its steps.
        dataset: `tf.data.Dataset` or `keras.utils.PyDataset` of known length.
    """
    return divmod(int(gan.step.numpy()), int(dataset.cardinality()))


def borders(stages, epochs):
    """Returns [(players, the epoch at which their stage ends)] of a training of so many epochs.

    Args:
        stages: list of `keras_gan.recipes.Stage`, or of pairs (players, epochs).
        epochs: int, at which the training ends, and the last stage with it.
    """
    found, end = [], 0
    for index, (players, length) in enumerate(stages):
        end = epochs if index == len(stages) - 1 else min(end + length, epochs)
        found.append((players, end))
    return found


def resume(gan, dataset, epochs, callbacks=(), stages=(), **arguments):
    """Trains a GAN until it has trained so many epochs, from where it stands: `fit` for runs that were interrupted.

    A GAN that was saved after any step and loaded again becomes, bit for bit on a CPU, the one that would have come out
    without the interruption: a checkpoint holds the networks, the average, the optimizers, the counters and every
    random state; the place in the data follows from the count of steps. That needs a data set of
    `keras_gan.data.images` made with the same arguments, its `seed` not None, and an `augment` without a random state
    of its own.

    Callbacks see the rest of an epoch begun as a training of its own (`on_train_begin`, `on_epoch_begin` with the same
    number, ..., `on_train_end`), and the means in its logs are over that rest.

    Args:
        gan: a compiled `keras_gan.GAN`; a new one is trained from the start.
        dataset: from `keras_gan.data.images`. Other data sets are gone through from their start, for which the epoch
            must not have been begun.
        epochs: int, epochs that the GAN has trained at the end, in all.
        callbacks: list of callbacks.
        stages: list of `keras_gan.recipes.Stage`, which players move for how many epochs, one after another
            (`Game.move`), or () to leave that as it is. Callbacks see every stage as a training of its own.
        arguments: further arguments of `fit`.

    Returns:
        The `keras.callbacks.History` of the last `fit`, or None if the GAN has trained as long already.

    Raises:
        ValueError: if the epoch was begun, and the data set has no `place`.

    Example:

    >>> import keras, keras_gan as kg
    >>> train = kg.data.images("digits", batch_size=512)
    >>> gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
    >>> gan.compile()
    >>> history = kg.resume(gan, train, epochs=2, verbose=0)
    >>> int(gan.step)
    6
    """
    if not stages:
        return _resume(gan, dataset, epochs, callbacks, **arguments)
    history = None
    for players, end in borders(stages, epochs):
        if standing(gan, dataset)[0] >= end:
            continue
        gan.move(players)
        with _going_on(callbacks if end < epochs else ()):
            history = _resume(gan, dataset, end, callbacks, **arguments)
        if gan.stop_training:
            break
    return history


def _resume(gan, dataset, epochs, callbacks, **arguments):
    """Trains until so many epochs, with the players that move now."""
    epoch, done = standing(gan, dataset)
    place = getattr(dataset, "place", None)
    history = None
    if done:
        if place is None:
            raise ValueError(
                "Only data sets of keras_gan.data.images know their place in an epoch. "
                f"Received: {type(dataset).__name__} after {done} batches of epoch {epoch + 1}."
            )
        if epoch < epochs:
            kept = [KeepPlace(place, done), *callbacks]
            with _going_on(callbacks if epoch + 1 < epochs else ()):
                history = gan.fit(place.rest(done), epochs=epoch + 1, initial_epoch=epoch, callbacks=kept, **arguments)
            if gan.stop_training:
                return history
        epoch += 1
    if epoch < epochs:
        kept = [*([] if place is None else [KeepPlace(place)]), *callbacks]
        history = gan.fit(dataset, epochs=epochs, initial_epoch=epoch, callbacks=kept, **arguments)
    return history
