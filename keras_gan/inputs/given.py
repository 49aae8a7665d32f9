import keras
import numpy as np

from keras_gan.inputs.input import Input
from keras_gan.media.images import Images


class Given(Input):
    """A column of the data that the generator translates: a picture, a sound, the past of a film.

    Args:
        column: str, name of the column.
        shape: tuple of int or None, the shape of one.
        medium: `keras_gan.media.Medium` of the column. Defaults to `Images()`.

    Example:

    >>> import numpy as np
    >>> Given("source", (8, 8, 1)).fixed(2, reference={"source": np.zeros((4, 8, 8, 1), "float32")}).shape
    (2, 8, 8, 1)
    """

    def __init__(self, column, shape, medium=None):
        self.column = column
        self.shape = tuple(shape)
        self.medium = Images() if medium is None else medium
        self.dtype = self.medium.dtype

    def draw(self, batch, count):
        return batch[self.column]

    def fixed(self, count, seed=None, reference=None):
        """Returns the first `count` rows of the column in `reference`.

        Raises:
            ValueError: without a reference, or if it holds fewer rows.
        """
        if reference is None or self.column not in reference:
            known = sorted(reference or {})
            raise ValueError(
                f"This generator translates: it must be given {self.column!r}. Received: reference with {known}. "
                f"Pass reference={{{self.column!r}: array}}, float32 as networks see it, or use `translate`."
            )
        rows = np.asarray(reference[self.column])[:count]
        if len(rows) < count:
            raise ValueError(f"`count` must be at most the rows of {self.column!r}, {len(rows)}. Received: {count}.")
        return rows.astype(self.dtype)

    def describe(self):
        return f"{self.column}: {self.medium.describe(self.shape)}"

    def get_config(self):
        medium = keras.saving.serialize_keras_object(self.medium)
        return {"column": self.column, "shape": list(self.shape), "medium": medium}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "medium": keras.saving.deserialize_keras_object(config["medium"])})
