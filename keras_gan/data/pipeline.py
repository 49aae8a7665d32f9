"""From decoded images to batches: order, flip, scale, augment. All that is random happens here, after the cache."""

import dataclasses
import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf

STREAM_SHUFFLE = 10_000  # images, at most, that a streamed source is shuffled over
STREAM_SHUFFLE_BYTES = 2**29
PARALLEL = os.cpu_count() or 1


@dataclasses.dataclass(frozen=True)
class Batches:
    """How images become batches. The arguments are those of `keras_gan.data.images`."""

    batch_size: int
    shuffle: bool = True
    seed: int | None = 0
    flip: bool = False
    augment: Callable | None = None
    drop_remainder: bool = True

    def order(self, dataset: tf.data.Dataset, buffer_size: int | None = None) -> tf.data.Dataset:
        """Shuffles anew in every epoch, over everything or over `buffer_size` elements."""
        if not self.shuffle:
            return dataset
        size = buffer_size or dataset.cardinality()
        return dataset.shuffle(size, self.seed, reshuffle_each_iteration=True)

    def order_images(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """Shuffles images themselves (not indices), over as many as a fixed amount of memory holds."""
        spec = dataset.element_spec["image"]
        room = STREAM_SHUFFLE_BYTES // max(1, (spec.shape.num_elements() or 1) * spec.dtype.size)
        return self.order(dataset, max(1, min(STREAM_SHUFFLE, room)))

    def from_arrays(self, images: np.ndarray, labels: np.ndarray | None) -> tf.data.Dataset:
        """Batches from memory: only indices are shuffled, and a batch is one gather."""
        self.check_count(len(images))
        with tf.device("CPU:0"):  # else a GPU would hold the whole data set
            images = tf.constant(images)
            labels = None if labels is None else tf.constant(labels)

        def gather(indices):
            batch = {"image": tf.gather(images, indices)}
            return batch if labels is None else {**batch, "label": tf.gather(labels, indices)}

        indices = self.order(tf.data.Dataset.range(len(images))).batch(self.batch_size, self.drop_remainder)
        return self._finish(indices.map(gather, num_parallel_calls=PARALLEL))

    def from_stream(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """Batches from a data set of single images, in the order in which they come."""
        count = dataset.cardinality().numpy()
        if count >= 0:
            self.check_count(int(count))
        return self._finish(dataset.batch(self.batch_size, self.drop_remainder))

    def check_count(self, count: int) -> None:
        if self.drop_remainder and self.batch_size > count:
            raise ValueError(
                "A batch must not be larger than the data set. "
                f"Received: batch_size={self.batch_size}, with {count} images. "
                f"Use a `batch_size` of at most {count}, or `drop_remainder=False`."
            )

    def _finish(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        if self.flip:
            seeds = tf.data.Dataset.random(self.seed, rerandomize_each_iteration=True).batch(2, drop_remainder=True)
            batches = tf.data.Dataset.zip(batches, seeds).map(_flip, num_parallel_calls=PARALLEL)
        batches = batches.map(_scale, num_parallel_calls=PARALLEL)
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


def _scale(batch: dict) -> dict:
    image = batch["image"]
    if image.dtype == tf.uint8:
        image = tf.cast(image, tf.float32) / 127.5 - 1.0  # a division: x * (1 / 127.5) - 1 can exceed 1
    return {**batch, "image": image}


def _flip(batch: dict, seed: tf.Tensor) -> dict:
    image = batch["image"]
    mirrored = tf.random.stateless_uniform([tf.shape(image)[0], 1, 1, 1], seed) < 0.5
    mirrored = tf.cast(mirrored, image.dtype)
    # Arithmetic, because tf.where over a broadcast condition takes 3 to 9 times as long on the CPU.
    return {**batch, "image": mirrored * tf.reverse(image, [2]) + (1 - mirrored) * image}
