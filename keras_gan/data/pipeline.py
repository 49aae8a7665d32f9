"""From rows to batches with `tf.data`. All that is random happens here, after what is kept in memory or on disk."""

import functools
import os
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from keras_gan.data.arrangement import Arrangement, check_augmented, columns_of, row_count
from keras_gan.data.place import Place
from keras_gan.data.rows import OnDemand, Rows, Streamed
from keras_gan.media import Medium

STREAM_SHUFFLE = 10_000  # rows, at most, that a streamed source is shuffled over
STREAM_SHUFFLE_BYTES = 2**29
PARALLEL = os.cpu_count() or 1


class Pipeline:
    """Makes the `tf.data.Dataset` of an epoch, and of what is left of one. See `Arrangement`."""

    def __init__(self, arrangement: Arrangement, groups: Sequence[Rows]):
        self.arrangement = arrangement
        self.count = row_count(groups)
        self.length = arrangement.batches_in(self.count)
        self.columns = columns_of(groups)
        # The groups themselves are let go: what they hold in memory is TensorFlow's from here on.
        self.parts = [(group.count, group.columns, _reader(group, arrangement)) for group in groups]
        seed = arrangement.seed
        self.seed = tf.constant(np.random.SeedSequence().entropy % 2**62 if seed is None else seed, tf.int64)
        self.place = Place(self.length, arrangement.passes, self.epoch)

    def epoch(self, first: int = 0) -> tf.data.Dataset:
        """Returns the batches of an epoch, from the one with the number `first` on."""
        parts = [(1, first % self.length)] if first else []
        if whole := self.arrangement.passes - (first // self.length + 1 if first else 0):
            parts.append((whole, 0))
        pieces = [self._numbered(*part) for part in parts]
        found = self._finish(pieces[0] if len(pieces) == 1 else pieces[0].concatenate(pieces[1]))
        found.place, found.columns = self.place, self.columns
        return found

    def _numbered(self, repeats: int, first: int) -> tf.data.Dataset:
        """Returns `repeats` passes from a batch on; each asks for its number when it is begun."""
        number = tf.data.Dataset.from_tensors(0).map(
            lambda _: tf.ensure_shape(tf.numpy_function(self.place.begin_pass, [], tf.int64), ())
        )
        found = number.flat_map(lambda number: self._one_pass(number, first))
        if self.length is not None:
            found = found.apply(tf.data.experimental.assert_cardinality(self.length - first))
        return found.repeat(repeats) if repeats > 1 else found

    def _one_pass(self, number: tf.Tensor, first: int) -> tf.data.Dataset:
        found = []
        for place, part in enumerate(self.parts):
            key = tf.stack([self.seed, number])
            if place:
                key = tf.random.experimental.stateless_fold_in(key, tf.constant(place, tf.int64))
            found.append(self._part(*part, key, first))
        if len(found) == 1:
            return found[0]
        return tf.data.Dataset.zip(tuple(found)).map(
            lambda *batches: {name: value for batch in batches for name, value in batch.items()}
        )

    def _part(self, count: int, columns: dict, read: Callable, key: tf.Tensor, first: int) -> tf.data.Dataset:
        """Returns the batches of one group in one pass."""
        rounds = max(1, -(-self.count // count))

        def order(dataset, room=None):
            found = self._ordered(dataset, room, key, rounds)
            return found.skip(first * self.arrangement.batch_size)

        found = read(order)
        if moved := self.arrangement.moved(columns):
            move = functools.partial(_move, self.arrangement, moved, key)
            found = found.enumerate(first).map(move, num_parallel_calls=PARALLEL)
        return found.map(functools.partial(_begin, columns), num_parallel_calls=PARALLEL)

    def _ordered(self, dataset: tf.data.Dataset, room: int | None, key: tf.Tensor, rounds: int) -> tf.data.Dataset:
        """Returns a data set, shuffled, and so often that there are as many rows as in the longest group."""
        if not self.arrangement.shuffle:
            return dataset.repeat(rounds).take(self.count) if rounds > 1 else dataset

        def shuffled(number):
            tf.compat.v1.set_random_seed(1)  # of this function's graph: the order must not hang on Keras's
            mixed = tf.random.stateless_uniform((), key, None, None, tf.int64) + number
            return dataset.shuffle(room or dataset.cardinality(), mixed, reshuffle_each_iteration=False)

        return tf.data.Dataset.range(rounds).flat_map(shuffled).take(self.count) if rounds > 1 else shuffled(0)

    def _finish(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        augment = self.arrangement.augment
        if augment is not None:
            # Not in parallel: the augmenter may keep a random state, and the epochs must be reproducible.
            augmented = batches.map(lambda batch: augment(batch))
            check_augmented(_described(batches), _described(augmented))
            batches = augmented
        options = tf.data.Options()
        # Its thread sleeps for 10 ms, 20 ms, 40 ms and so on, and the end of an epoch may wait until it wakes: epochs
        # of 14.4 s were seen to take 20.48 s. Nothing here needs tuning.
        options.autotune.enabled = False
        return batches.prefetch(2 * PARALLEL).with_options(options)


def _reader(rows: Rows, arrangement: Arrangement) -> Callable[[Callable], tf.data.Dataset]:
    """Returns a function of an order -> batches in it.

    An order is a function of a data set -> data set, with an optional number of rows that it may hold meanwhile.
    """

    def batched(dataset):
        return dataset.batch(arrangement.batch_size, arrangement.drop_remainder)

    if isinstance(rows, Streamed):
        return lambda order: batched(order(rows.dataset, room_for(rows.dataset)))
    if isinstance(rows, OnDemand):
        return lambda order: batched(single_rows(rows, order))
    with tf.device("CPU:0"):  # else a GPU would hold the whole data set
        held = {name: tf.constant(array) for name, array in rows.arrays.items()}
    indices = tf.data.Dataset.range(rows.count)

    def gather(chosen):
        return {name: tf.gather(values, chosen) for name, values in held.items()}

    # Only indices are shuffled, and a batch is one gather.
    return lambda order: batched(order(indices)).map(gather, num_parallel_calls=PARALLEL)


def single_rows(rows: OnDemand | Streamed, order: Callable | None = None) -> tf.data.Dataset:
    """Returns the rows one by one, those that are read on demand in an order of their indices."""
    if isinstance(rows, Streamed):
        return rows.dataset
    indices = tf.data.Dataset.range(rows.count)
    load = functools.partial(_load, rows)
    return (order(indices) if order else indices).map(load, num_parallel_calls=PARALLEL)


def _load(rows: OnDemand, index: tf.Tensor) -> dict[str, tf.Tensor]:
    names = list(rows.columns)

    def load(index):
        row = rows.load(index)
        return [row[name] for name in names]

    values = tf.numpy_function(load, [index], [tf.dtypes.as_dtype(rows.dtypes[name]) for name in names])
    return {name: tf.ensure_shape(value, rows.shapes[name]) for name, value in zip(names, values, strict=True)}


def room_for(dataset: tf.data.Dataset) -> int:
    """Returns how many rows (not indices) a shuffle may hold: as many as a fixed amount of memory does."""
    held = [spec for spec in dataset.element_spec.values() if spec.shape.rank]
    size = sum((spec.shape.num_elements() or 1) * spec.dtype.size for spec in held)
    return max(1, min(STREAM_SHUFFLE, STREAM_SHUFFLE_BYTES // max(1, size)))


def _begin(columns: dict[str, Medium], batch: dict) -> dict:
    """Turns what people hold, such as bytes, into what networks see."""
    begun = {}
    for name, value in batch.items():
        medium = columns[name]
        held = value.dtype.name != medium.dtype
        begun[name] = medium.begin_tensor(tf.cast(value, medium.dtype)) if held else value
    return begun


def _move(arrangement: Arrangement, names: list[str], key: tf.Tensor, index: tf.Tensor, batch: dict) -> dict:
    """Cuts and mirrors the pictures of each row, all of them alike."""
    key = tf.random.stateless_uniform((2,), key, None, None, tf.int64) + index
    first = batch[names[0]]
    count, moved = tf.shape(first)[0], {name: batch[name] for name in names}
    if arrangement.cut is not None:
        room = tf.shape(first)[1:3] - arrangement.cut
        drawn = tf.random.stateless_uniform([count, 2], tf.random.experimental.stateless_fold_in(key, 1))
        corners = tf.cast(drawn * tf.cast(room + 1, tf.float32), tf.int32)
        moved = {name: _cut(value, corners, arrangement.cut) for name, value in moved.items()}
    if arrangement.flip:
        mirrored = tf.random.stateless_uniform([count, 1, 1, 1], key) < 0.5
        moved = {name: _mirror(value, tf.cast(mirrored, value.dtype)) for name, value in moved.items()}
    return {**batch, **moved}


def _mirror(images: tf.Tensor, mirrored: tf.Tensor) -> tf.Tensor:
    # Arithmetic, because tf.where over a broadcast condition takes 3 to 9 times as long on the CPU.
    return mirrored * tf.reverse(images, [2]) + (1 - mirrored) * images


def _cut(images: tf.Tensor, corners: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    """Cuts each image (height, width) to a size, from its corner (top, left) on."""
    rows, columns = (corners[:, axis, None] + tf.range(size[axis]) for axis in (0, 1))
    return tf.gather(tf.gather(images, rows, axis=1, batch_dims=1), columns, axis=2, batch_dims=1)


def _described(dataset: tf.data.Dataset):
    """Returns {name: (shape, name of the dtype)} of a data set of dicts, or what it is a data set of instead."""
    spec = dataset.element_spec
    if not isinstance(spec, dict):
        return spec
    return {name: (tuple(value.shape), value.dtype.name) for name, value in spec.items()}
