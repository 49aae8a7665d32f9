import keras
import numpy as np
from keras import ops

from keras_gan.inputs.input import Input
from keras_gan.inputs.label import labels_for


class Code(Input):
    """What an InfoGAN is to find in pictures: of each category one value as zeros and a one, then continuous numbers.

    Args:
        categories: tuple of int >= 2, numbers of values of the categories.
        continuous: int >= 0, how many numbers from -1 to 1 follow.
        seed: `keras.random.SeedGenerator`, used in training, or None where nothing is trained.

    Example:

    >>> Code((3,), 1).fixed(4, seed=0, continuous=[0.5]).tolist()[1]
    [0.0, 1.0, 0.0, 0.5]
    """

    options = ("label", "continuous")

    def __init__(self, categories, continuous, seed=None):
        self.categories = tuple(categories)
        self.continuous = continuous
        self.seed = seed

    @property
    def shape(self):
        return (sum(self.categories) + self.continuous,)

    def draw(self, batch, count):
        drawn = [
            ops.one_hot(keras.random.randint((count,), 0, values, seed=self.seed), values, dtype="float32")
            for values in self.categories
        ]
        if self.continuous:
            drawn.append(keras.random.uniform((count, self.continuous), -1.0, 1.0, "float32", seed=self.seed))
        return ops.concatenate(drawn, axis=1)

    def fixed(self, count, seed=None, reference=None, label=None, continuous=None):
        """Returns float32 `(count, size)`. The other numbers of a row do not depend on what is chosen.

        Args:
            count, seed, reference: as for every input.
            label: int or `count` of them, values of the first category; None for each in turn.
            continuous: numbers `(continuous,)` or `(count, continuous)`; None to draw them from -1 to 1. The generator
                has not seen others, but may be asked for them.

        Raises:
            ValueError: for values that do not exist, or not as many as rows.
        """
        random = np.random.default_rng(None if seed is None else [seed, 1]).random(
            (count, len(self.categories) + self.continuous), "float32"
        )
        chosen = [
            np.minimum((uniform * values).astype("int32"), values - 1)
            for uniform, values in zip(random.T, self.categories, strict=False)
        ]
        if self.categories:
            chosen[0] = labels_for(count, label, self.categories[0])
        elif label is not None:
            raise ValueError(f"`label` must be None: this code has no categories. Received: label={label!r}.")
        one_hot = [np.eye(n, dtype="float32")[values] for n, values in zip(self.categories, chosen, strict=True)]
        drawn = 2 * random[:, len(self.categories) :] - 1
        if continuous is not None:
            drawn = self._rows(count, continuous)
        return np.concatenate([*one_hot, drawn], axis=1)

    def _rows(self, count, continuous):
        values = np.asarray(continuous, "float32")
        if values.shape not in ((self.continuous,), (count, self.continuous)):
            raise ValueError(
                f"`continuous` must have the shape {(self.continuous,)} or {(count, self.continuous)}. "
                f"Received: shape {values.shape}."
            )
        return np.broadcast_to(values, (count, self.continuous))

    def describe(self):
        parts = [f"a category of {values} values" for values in self.categories]
        return "codes: " + ", ".join([*parts, *[f"{self.continuous} numbers from -1 to 1"] * bool(self.continuous)])

    def get_config(self):
        return {"categories": list(self.categories), "continuous": self.continuous}
