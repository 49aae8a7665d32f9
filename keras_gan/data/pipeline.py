"""From decoded images to batches: order, flip, scale, augment. All that is random happens here, after the cache."""

import dataclasses
import os
from collections.abc import Callable
from functools import partial

import numpy as np
import tensorflow as tf

from keras_gan.data.place import Place

STREAM_SHUFFLE = 10_000  # images, at most, that a streamed source is shuffled over
STREAM_SHUFFLE_BYTES = 2**29
PARALLEL = os.cpu_count() or 1


@dataclasses.dataclass(frozen=True)
class Batches:
    """How images become batches. The arguments are those of `keras_gan.data.images`.

    What is random in a pass over the data follows from `seed` and the number of the pass (`Place.next_pass`) alone, so
    that training can go on in the middle of one.
    """

    batch_size: int
    shuffle: bool = True
    seed: int | None = 0
    flip: bool = False
    augment: Callable | None = None
    drop_remainder: bool = True
    passes: int = 1

    def from_arrays(self, images: np.ndarray, labels: np.ndarray | None) -> tf.data.Dataset:
        """Batches from memory: only indices are shuffled, and a batch is one gather."""
        with tf.device("CPU:0"):  # else a GPU would hold the whole data set
            images = tf.constant(images)
            labels = None if labels is None else tf.constant(labels)

        def gather(indices):
            batch = {"image": tf.gather(images, indices)}
            return batch if labels is None else {**batch, "label": tf.gather(labels, indices)}

        def batches(order):
            indices = order(tf.data.Dataset.range(len(images)))
            return indices.batch(self.batch_size, self.drop_remainder).map(gather, num_parallel_calls=PARALLEL)

        return self._passes(batches, len(images))

    def from_stream(self, stream: Callable, count: int) -> tf.data.Dataset:
        """Batches of single images.

        Args:
            stream: function of an order (data set -> data set, with an optional number of elements that it may hold
                while it shuffles) -> data set of dicts.
            count: number of images, below 0 if it is not known.
        """
        return self._passes(lambda order: stream(order).batch(self.batch_size, self.drop_remainder), count)

    def _passes(self, batches: Callable, count: int) -> tf.data.Dataset:
        """Returns the data set of an epoch, with its `Place` as the attribute `place`."""
        self.check_count(count)
        seed = np.random.SeedSequence().entropy % 2**62 if self.seed is None else self.seed
        seed = tf.constant(seed, tf.int64)
        length = (
            (count // self.batch_size if self.drop_remainder else -(-count // self.batch_size)) if count >= 0 else None
        )
        place = Place(length, self.passes, lambda first: one_epoch(first))

        def one_pass(number, first):
            def order(dataset, buffer_size=None):
                if self.shuffle:
                    size = buffer_size or dataset.cardinality()
                    tf.compat.v1.set_random_seed(1)  # of this function's graph: the order must not hang on Keras's
                    mixed = tf.random.stateless_uniform((), tf.stack([seed, number]), None, None, tf.int64)
                    dataset = dataset.shuffle(size, mixed, reshuffle_each_iteration=False)
                return dataset.skip(first * self.batch_size)

            found = batches(order)
            if self.flip:
                found = found.enumerate(first).map(partial(_flip, seed, number), num_parallel_calls=PARALLEL)
            return found.map(_scale, num_parallel_calls=PARALLEL)

        def one_epoch(first=0):
            parts = [(1, first % length)] if first else []
            if whole := self.passes - (first // length + 1 if first else 0):
                parts.append((whole, 0))
            pieces = [self._numbered(place, one_pass, length, *part) for part in parts]
            epoch = pieces[0] if len(pieces) == 1 else pieces[0].concatenate(pieces[1])
            return self._finish(epoch)

        dataset = one_epoch()
        dataset.place = place
        return dataset

    def _numbered(self, place, one_pass, length, repeats, first):
        """Returns `repeats` passes from a batch on; each asks for its number when it is begun."""
        number = tf.data.Dataset.from_tensors(0).map(
            lambda _: tf.ensure_shape(tf.numpy_function(place.begin_pass, [], tf.int64), ())
        )
        found = number.flat_map(lambda number: one_pass(number, first))
        if length is not None:
            found = found.apply(tf.data.experimental.assert_cardinality(length - first))
        return found.repeat(repeats) if repeats > 1 else found

    def check_count(self, count: int) -> None:
        if self.drop_remainder and self.batch_size > count >= 0:
            raise ValueError(
                "A batch must not be larger than the data set. "
                f"Received: batch_size={self.batch_size}, with {count} images. "
                f"Use a `batch_size` of at most {count}, or `drop_remainder=False`."
            )

    def _finish(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        if self.augment is not None:
            # Not in parallel: the augmenter may keep a random state, and the epochs must be reproducible.
            augmented = batches.map(lambda batch: {**batch, "image": self.augment(batch["image"])})
            given, received = batches.element_spec["image"], augmented.element_spec["image"]
            if received.dtype != given.dtype or not received.shape.is_compatible_with(given.shape):
                raise ValueError(
                    f"`augment` must keep the shape {given.shape} and float32. "
                    f"Received: images of shape {received.shape} and {received.dtype.name} from it."
                )
            batches = augmented
        options = tf.data.Options()
        # Its thread sleeps for 10 ms, 20 ms, 40 ms and so on, and the end of an epoch may wait until it wakes: epochs
        # of 14.4 s were seen to take 20.48 s. Nothing here needs tuning.
        options.autotune.enabled = False
        return batches.prefetch(2 * PARALLEL).with_options(options)


def room_for(dataset: tf.data.Dataset) -> int:
    """Returns how many images (not indices) a shuffle may hold: as many as a fixed amount of memory does."""
    spec = dataset.element_spec["image"]
    room = STREAM_SHUFFLE_BYTES // max(1, (spec.shape.num_elements() or 1) * spec.dtype.size)
    return max(1, min(STREAM_SHUFFLE, room))


def _scale(batch: dict) -> dict:
    image = batch["image"]
    if image.dtype == tf.uint8:
        image = tf.cast(image, tf.float32) / 127.5 - 1.0  # a division: x * (1 / 127.5) - 1 can exceed 1
    return {**batch, "image": image}


def _flip(seed: tf.Tensor, number: tf.Tensor, index: tf.Tensor, batch: dict) -> dict:
    image = batch["image"]
    key = tf.random.stateless_uniform((2,), tf.stack([seed, number]), None, None, tf.int64) + index
    mirrored = tf.random.stateless_uniform([tf.shape(image)[0], 1, 1, 1], key) < 0.5
    mirrored = tf.cast(mirrored, image.dtype)
    # Arithmetic, because tf.where over a broadcast condition takes 3 to 9 times as long on the CPU.
    return {**batch, "image": mirrored * tf.reverse(image, [2]) + (1 - mirrored) * image}
