import keras
import numpy as np
from keras import ops


class Medium:
    """Base of the media: one kind of signal, and how its numbers become what people look at, listen to and keep.

    Inside, where networks see it, a signal is float32 (class labels are int32). Outside it is `held`: pixels, samples
    of sound, rows. A subclass says how one becomes the other, draws a sheet of several, and writes files.

    Media compare by their configuration, and are serialized by `keras.saving.serialize_keras_object`.

    Attributes:
        column: str, the usual name of a column of it in a batch.
        rank: int, number of axes of one signal, without the batch axis.
        dtype: str, the type inside.
        held_dtype: str, the type outside.
        suffix: str, of the files that `write` writes.
    """

    column = "signal"
    rank = 1
    dtype = "float32"
    held_dtype = "float32"
    suffix = ".npy"

    def finish(self, values):
        """Turns what networks make into what people hold.

        Args:
            values: float32 array or tensor, any number of signals or one.

        Returns:
            The same shape, `held_dtype`: a NumPy array for an array, a tensor for a tensor (also in a traced function).
        """
        finished = self.finish_tensor(ops.convert_to_tensor(values))
        return ops.convert_to_numpy(finished) if isinstance(values, np.ndarray) else finished

    def finish_tensor(self, values):
        """As `finish`, for tensors. A subclass defines it with `keras.ops`."""
        return values

    def begin(self, held):
        """Turns what people hold, an array of `held_dtype`, into a float32 NumPy array as networks see it."""
        return self.begin_tensor(np.asarray(held, "float32"))

    def begin_tensor(self, values):
        """As `begin`, for held values that are float32 already: arrays, or tensors of any library.

        Input pipelines of `tf.data` call it whatever Keras's backend is, so a subclass writes it with operators alone.
        """
        return values

    def sheet(self, held, columns=None):
        """Draws several signals on one picture, for grids and reports.

        Args:
            held: array `(count, *shape)` of `held_dtype`.
            columns: int, how many in each row. Defaults to the ceiling of the square root of the count.

        Returns:
            uint8 array `(height, width, 1, 3 or 4)`.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `sheet(held, columns)`.")

    def describe(self, shape):
        """Returns in words what signals of this shape are, for model cards: "images of 28x28 pixels, grey"."""
        return f"{type(self).__name__.lower()} of shape {tuple(shape)}"

    def write(self, path, held):
        """Writes one signal as a file that people open. The name should end in `suffix`."""
        raise NotImplementedError(f"{type(self).__name__} must define `write(path, held)`.")

    def get_config(self):
        """Returns the constructor's arguments as a dict."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Makes the medium from `get_config`'s dict."""
        return cls(**config)

    def __eq__(self, other):
        return type(self) is type(other) and self.get_config() == other.get_config()

    def __hash__(self):
        return hash((type(self), repr(self.get_config())))

    def __repr__(self):
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


def deserialize(config):
    """Returns the medium of `keras.saving.serialize_keras_object`'s dict."""
    return keras.saving.deserialize_keras_object(config)
