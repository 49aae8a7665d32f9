"""Rows of named columns: what every source becomes before it is put into batches.

What stands in one row belongs together, as an image and its label: it is shuffled, mirrored and cut as one. Data whose
parts do not belong together, as the two domains of an unpaired translation, are several such objects.
"""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from keras_gan.data.sources import collect
from keras_gan.media import Medium

if TYPE_CHECKING:
    import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class InMemory:
    """Rows of which everything is in memory.

    Args:
        arrays: {name: array}, all of one length, of the medium's type inside or the one that people hold.
        columns: {name: medium}.
    """

    arrays: dict[str, np.ndarray]
    columns: dict[str, Medium]

    @property
    def count(self) -> int:
        return len(next(iter(self.arrays.values())))

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of one value of each column."""
        return {name: array.shape[1:] for name, array in self.arrays.items()}

    def fetch(self, chosen: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the rows of these indices."""
        return {name: array[chosen] for name, array in self.arrays.items()}


@dataclasses.dataclass(frozen=True)
class OnDemand:
    """Rows that are read anew whenever they are needed.

    Args:
        load: function of an index that returns {name: array}, one row.
        count: number of rows.
        shapes: {name: shape} of one row.
        dtypes: {name: dtype} of it.
        columns: {name: medium}.
    """

    load: Callable[[int], dict[str, np.ndarray]]
    count: int
    shapes: dict[str, tuple[int, ...]]
    dtypes: dict[str, str]
    columns: dict[str, Medium]

    def fetch(self, chosen: np.ndarray) -> dict[str, np.ndarray]:
        """Reads the rows of these indices, in parallel."""
        rows = list(collect.parallel_map(self.load, chosen))
        return {name: np.stack([row[name] for row in rows]) for name in self.columns}


@dataclasses.dataclass(frozen=True)
class Streamed:
    """Rows that can be read in their own order only.

    Args:
        dataset: `tf.data.Dataset` of dicts, one for each row.
        count: number of rows, below 0 where it is not known.
        columns: {name: medium}.
    """

    dataset: "tf.data.Dataset"
    count: int
    columns: dict[str, Medium]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of one value of each column."""
        return {name: tuple(spec.shape) for name, spec in self.dataset.element_spec.items()}


Rows = InMemory | OnDemand | Streamed
