"""Batches where TensorFlow is not installed: the same columns, values and shapes from a `keras.utils.PyDataset`."""

import concurrent.futures
import dataclasses
from collections.abc import Iterator, Sequence

import keras
import numpy as np

from keras_gan.data.arrangement import Arrangement, check_augmented, columns_of, row_count
from keras_gan.data.place import Place
from keras_gan.data.rows import InMemory, OnDemand


class BatchSequence(keras.utils.PyDataset):
    """Batches as dicts of NumPy arrays, without TensorFlow.

    A pass is a permutation of the rows that depends on the seed and the number of the pass alone. The next batch is
    read in a thread while the step computes.

    Args:
        arrangement: the `Arrangement`.
        groups: rows of columns that belong together; see `Arrangement.batches`.
        place: the `Place` shared with the data set that this one is the rest of, or None.
        first: int, batches of the epoch that are left out.
    """

    def __init__(
        self,
        arrangement: Arrangement,
        groups: Sequence[InMemory | OnDemand],
        place: Place | None = None,
        first: int = 0,
    ):
        super().__init__()
        if arrangement.seed is None:
            arrangement = dataclasses.replace(arrangement, seed=np.random.SeedSequence().entropy)
        self.arrangement, self.groups, self.first = arrangement, groups, first
        self.count, self.columns = row_count(groups), columns_of(groups)
        self.batches_a_pass = arrangement.batches_in(self.count)
        self.place = place or Place(self.batches_a_pass, arrangement.passes, self._rest)
        self._orders = (None, None)
        self._pool = concurrent.futures.ThreadPoolExecutor(1)
        self._ahead = (None, None)
        size = arrangement.batch_size if arrangement.drop_remainder else None
        self.element_spec = {
            name: keras.KerasTensor((size, *self._inside(group, name)), medium.dtype)
            for group in groups
            for name, medium in group.columns.items()
        }

    def _inside(self, group, name):
        """Returns the shape of one value of a column as it leaves."""
        shape, cut = group.shapes[name], self.arrangement.cut
        return (*cut, *shape[2:]) if cut and name in self.arrangement.moved(group.columns) else shape

    def _rest(self, first: int) -> "BatchSequence":
        return BatchSequence(self.arrangement, self.groups, self.place, first)

    def __len__(self) -> int:
        return self.arrangement.passes * self.batches_a_pass - self.first

    def cardinality(self) -> int:
        """Returns the number of batches in an epoch, as of a `tf.data.Dataset`."""
        return len(self)

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        place = self._located(index)
        asked, future = self._ahead
        batch = future.result() if asked == place else self._read(*place)
        if index + 1 < len(self):
            following = self._located(index + 1)
            self._ahead = (following, self._pool.submit(self._read, *following))
        if self.arrangement.augment is None:
            return batch
        augmented = self.arrangement.augment(batch)  # not in the thread: it may keep a random state
        if isinstance(augmented, dict):
            augmented = {name: keras.ops.convert_to_numpy(value) for name, value in augmented.items()}
        check_augmented(_described(batch), _described(augmented))
        return augmented

    def _located(self, index: int) -> tuple[int, int]:
        """Returns the number of the pass that a batch is of, and its number there."""
        begun, index = self.first // self.batches_a_pass, index + self.first
        return self.place.next_pass - begun + index // self.batches_a_pass, index % self.batches_a_pass

    def on_epoch_end(self) -> None:
        self.place.next_pass += self.arrangement.passes - self.first // self.batches_a_pass

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        for index in range(len(self)):
            yield self[index]
        self.on_epoch_end()

    def _read(self, number: int, index: int) -> dict[str, np.ndarray]:
        size, batch = self.arrangement.batch_size, {}
        for place, (group, order) in enumerate(zip(self.groups, self._ordered(number), strict=True)):
            rows = group.fetch(order[index * size : (index + 1) * size])
            if moved := self.arrangement.moved(group.columns):
                random = np.random.default_rng(self._key(number, 1 + index, place))
                rows |= _move(self.arrangement, random, {name: rows[name] for name in moved})
            for name, values in rows.items():
                medium = group.columns[name]
                batch[name] = values if values.dtype == medium.dtype else medium.begin(values)
        return batch

    def _ordered(self, number: int) -> list[np.ndarray]:
        """Returns the order of each group in a pass, as long as the longest group."""
        known, orders = self._orders
        if known != number:
            orders = [self._order(number, place, group.count) for place, group in enumerate(self.groups)]
            self._orders = (number, orders)
        return orders

    def _order(self, number: int, place: int, count: int) -> np.ndarray:
        rounds = [
            np.random.default_rng(self._key(number, 0, place, again)).permutation(count)
            if self.arrangement.shuffle
            else np.arange(count)
            for again in range(-(-self.count // count))
        ]
        return np.concatenate(rounds)[: self.count]

    def _key(self, number: int, use: int, place: int, again: int = 0) -> list[int]:
        """Returns the entropy of a group's random numbers in a pass: `use` is 0 for the order, 1 + a batch's number."""
        return [self.arrangement.seed, number, use, *([place, again] if place or again else [])]


def _move(arrangement: Arrangement, random: np.random.Generator, pictures: dict) -> dict:
    """Cuts and mirrors the pictures of each row, all of them alike."""
    first = next(iter(pictures.values()))
    mirrored = random.random(len(first)) < 0.5 if arrangement.flip else np.zeros(len(first), bool)
    if arrangement.cut is not None:
        room = np.subtract(first.shape[1:3], arrangement.cut)
        corners = random.integers(0, room + 1, (len(first), 2))
        pictures = {name: _cut(images, corners, arrangement.cut) for name, images in pictures.items()}
    mirrored = mirrored[:, None, None, None]
    return {name: np.where(mirrored, images[:, :, ::-1], images) for name, images in pictures.items()}


def _cut(images: np.ndarray, corners: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Cuts each image (height, width) to a size, from its corner (top, left) on."""
    return np.stack(
        [image[top : top + size[0], left : left + size[1]] for image, (top, left) in zip(images, corners, strict=True)]
    )


def _described(batch):
    """Returns {name: (shape, name of the dtype)} of a batch, or what it is instead."""
    return (
        {name: (value.shape, value.dtype.name) for name, value in batch.items()} if isinstance(batch, dict) else batch
    )
