"""Batches where TensorFlow is not installed: the same images, values and shapes from a `keras.utils.PyDataset`."""

import concurrent.futures
from collections.abc import Callable, Iterator

import keras
import numpy as np

from keras_gan.data.place import Place


class BatchSequence(keras.utils.PyDataset):
    """Batches of images, as dicts like those of `keras_gan.data.images`, without TensorFlow.

    An epoch is a permutation of the images that depends on `seed` and the number of the epoch alone. The next batch is
    read in a thread while the step computes.

    Args:
        fetch: function of an array of indices to uint8 images, or float32 ones in [-1, 1].
        count: int, number of images.
        image_shape: (height, width, channels).
        labels: int32 `(count,)`, or None.
        batch_size, shuffle, seed, flip, augment, drop_remainder: as in `keras_gan.data.images`.
        passes: int, passes over the images that make one epoch. Defaults to 1.
        place: the `Place` shared with the data set that this one is the rest of, or None.
        first: int, batches of the epoch that are left out.
    """

    def __init__(
        self,
        fetch: Callable[[np.ndarray], np.ndarray],
        count: int,
        image_shape: tuple[int, int, int],
        labels: np.ndarray | None,
        batch_size: int,
        shuffle: bool = True,
        seed: int | None = 0,
        flip: bool = False,
        augment: Callable | None = None,
        drop_remainder: bool = True,
        passes: int = 1,
        place: Place | None = None,
        first: int = 0,
    ):
        super().__init__()
        if drop_remainder and batch_size > count:
            raise ValueError(
                "A batch must not be larger than the data set. "
                f"Received: batch_size={batch_size}, with {count} images. "
                f"Use a `batch_size` of at most {count}, or `drop_remainder=False`."
            )
        self.fetch, self.count, self.labels, self.augment = fetch, count, labels, augment
        self.batch_size, self.shuffle, self.flip, self.passes = batch_size, shuffle, flip, passes
        self.seed = seed = np.random.SeedSequence().entropy if seed is None else seed
        self.batches_a_pass = count // batch_size if drop_remainder else -(-count // batch_size)
        arguments = (
            fetch,
            count,
            image_shape,
            labels,
            batch_size,
            shuffle,
            seed,
            flip,
            augment,
            drop_remainder,
            passes,
        )
        self.first = first
        self.place = place or Place(
            self.batches_a_pass, passes, lambda first: BatchSequence(*arguments, self.place, first)
        )
        self._order = (None, None)
        self._pool = concurrent.futures.ThreadPoolExecutor(1)
        self._ahead = (None, None)
        shape = (batch_size if drop_remainder else None, *image_shape)
        self.element_spec = {"image": keras.KerasTensor(shape, "float32")}
        if labels is not None:
            self.element_spec["label"] = keras.KerasTensor(shape[:1], "int32")

    def __len__(self) -> int:
        return self.passes * self.batches_a_pass - self.first

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
        if self.augment is not None:  # not in the thread: it may keep a random state
            image = keras.ops.convert_to_numpy(self.augment(batch["image"]))
            if image.shape != batch["image"].shape or image.dtype != np.float32:
                raise ValueError(
                    f"`augment` must keep the shape {batch['image'].shape} and float32. "
                    f"Received: images of shape {image.shape} and {image.dtype} from it."
                )
            batch = {**batch, "image": image}
        return batch

    def _located(self, index: int) -> tuple[int, int]:
        """Returns the number of the pass that a batch is of, and its number there."""
        begun, index = self.first // self.batches_a_pass, index + self.first
        return self.place.next_pass - begun + index // self.batches_a_pass, index % self.batches_a_pass

    def on_epoch_end(self) -> None:
        self.place.next_pass += self.passes - self.first // self.batches_a_pass

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        for index in range(len(self)):
            yield self[index]
        self.on_epoch_end()

    def _read(self, number: int, index: int) -> dict[str, np.ndarray]:
        chosen = self._permutation(number)[index * self.batch_size : (index + 1) * self.batch_size]
        images = self.fetch(chosen)
        if images.dtype == np.uint8:
            images = images.astype("float32") / np.float32(127.5) - np.float32(1)
        if self.flip:
            random = np.random.default_rng([self.seed, number, 1 + index])
            mirrored = random.random(len(images)) < 0.5
            images = np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
        return {"image": images} if self.labels is None else {"image": images, "label": self.labels[chosen]}

    def _permutation(self, number: int) -> np.ndarray:
        known, order = self._order
        if known != number:
            order = np.arange(self.count)
            if self.shuffle:
                order = np.random.default_rng([self.seed, number, 0]).permutation(self.count)
            self._order = (number, order)
        return order
