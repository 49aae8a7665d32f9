"""Images from a tf.data.Dataset: a ready one, or what TensorFlow Datasets reads."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from keras_gan.data.pipeline import PARALLEL, room_for
from keras_gan.data.sources import collect
from keras_gan.data.sources.arrays import Arrays
from keras_gan.data.sources.convert import Convert
from keras_gan.media import pixels

READ_BATCH = 1024  # images of one shape read at once into memory


class Stored:
    """Images, and labels if any, from a tf.data.Dataset.

    Args:
        dataset: of images, (image, label) tuples or dicts with "image" and perhaps "label". Images are
            (height, width, channels), or (batch, height, width, channels).
        value_range: see `keras_gan.data.images`.
        name: what to call the images in an error.
    """

    def __init__(self, dataset: tf.data.Dataset, value_range: tuple | None = None, name: str = "the data set"):
        dataset = _as_dicts(dataset)
        shape = dataset.element_spec["image"].shape
        if shape.rank not in (3, 4):
            raise ValueError(
                "The images of a tf.data.Dataset must have the shape (height, width, channels), or that and a batch "
                f"axis. Received: {name} with images of shape {shape}."
            )
        self.dataset = dataset.unbatch() if shape.rank == 4 else dataset
        if self.dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
            raise ValueError(f"A finite data set is needed. Received: {name}, which repeats. Remove its `repeat()`.")
        self.value_range, self.name = value_range, name
        spec = self.dataset.element_spec
        self.shape, self.dtype = spec["image"].shape, spec["image"].dtype
        self.labelled = "label" in spec
        if not (self.dtype.is_integer or self.dtype.is_floating):
            raise TypeError(f"Images must be integers or floats. Received: {name} with dtype={self.dtype.name}.")
        if self.shape[-1] not in (None, 1, 3, 4):
            raise ValueError(f"Images must have 1, 3 or 4 channels, last. Received: {name} with shape={self.shape}.")
        if self.labelled and not (spec["label"].dtype.is_integer and spec["label"].shape.rank == 0):
            raise TypeError(
                f"Labels must be integers, one class number an image. Received: {name} with {spec['label']}."
            )
        if self.labelled:
            self.dataset = self.dataset.map(lambda element: {**element, "label": tf.cast(element["label"], tf.int32)})

    def read(self, convert: Convert) -> tuple[np.ndarray, np.ndarray | None]:
        """Reads everything into memory."""
        fixed = self.shape.is_fully_defined()
        if fixed and (convert.keeps(*self.shape) or self._guesses_range()):
            images, labels = self._collect(self._raw_images())
            return Arrays(images, labels, self.value_range, self.name).read(convert)
        self._check_range()
        return self._collect(self._converted(convert))

    def stream(self, convert: Convert) -> tuple[Callable, int]:
        """Returns a function of an order -> `tf.data.Dataset` of dicts, converted in each epoch, and their number."""
        self._check_range()
        height, width = convert.size or self.shape[:2]
        shape = (height, width, convert.channels or self.shape[-1])
        if None in shape:
            raise ValueError(
                f"Streamed images need a known shape. Received: {self.name} with images of shape {self.shape}, "
                f"size={convert.size}, channels={convert.channels}, cache not True. Use `size` and `channels`."
            )
        dtype = tf.uint8 if self.dtype.is_integer and self.value_range in (None, (0, 255)) else tf.float32

        def one(element):
            image = tf.numpy_function(
                lambda image: self._convert(image, convert, "an image"), [element["image"]], dtype
            )
            image.set_shape(shape)
            return {**element, "image": image}

        if dtype == self.dtype == tf.uint8 and self.shape.is_fully_defined() and convert.keeps(*self.shape):
            converted = self.dataset
        else:
            converted = self.dataset.map(one, num_parallel_calls=PARALLEL)
        return lambda order: order(converted, room_for(converted)), int(converted.cardinality())

    def _raw_images(self):
        for batch in self.dataset.batch(READ_BATCH).as_numpy_iterator():
            labels = batch["label"] if self.labelled else [None] * len(batch["image"])
            yield from zip(batch["image"], labels, strict=True)

    def _converted(self, convert: Convert):
        def one(item):
            index, element = item
            image = self._convert(element["image"], convert, f"image {index} of {self.name}")
            return image, element.get("label")

        return collect.parallel_map(one, enumerate(self.dataset.as_numpy_iterator()))

    def _collect(self, pairs) -> tuple[np.ndarray, np.ndarray | None]:
        labels = []
        count = self.dataset.cardinality().numpy()
        images = collect.collect(
            (labels.append(label) or image for image, label in pairs), int(count) if count >= 0 else None
        )
        return images, np.array(labels) if self.labelled else None

    def _convert(self, image: np.ndarray, convert: Convert, name: str) -> np.ndarray:
        pixels.check_shape((1, *image.shape), name)
        return convert(pixels.to_pixels(image, self.value_range, name), name)

    def _guesses_range(self) -> bool:
        return self.dtype.is_floating and self.value_range is None

    def _check_range(self) -> None:
        # One image does not show whether floats mean [0, 1] or [-1, 1].
        if self._guesses_range():
            raise ValueError(
                "Float images that are not read into memory as one array need `value_range`. "
                f"Received: {self.name} with dtype={self.dtype.name}, value_range=None. Use for example "
                "`value_range=(-1, 1)`."
            )


def _as_dicts(dataset: tf.data.Dataset) -> tf.data.Dataset:
    spec = dataset.element_spec
    if isinstance(spec, dict) and isinstance(spec.get("image"), tf.TensorSpec):
        keys = [key for key in ("image", "label") if isinstance(spec.get(key), tf.TensorSpec)]
        return dataset.map(lambda element: {key: element[key] for key in keys})
    if isinstance(spec, tuple) and len(spec) == 2 and all(isinstance(part, tf.TensorSpec) for part in spec):
        return dataset.map(lambda image, label: {"image": image, "label": label})
    if isinstance(spec, tf.TensorSpec):
        return dataset.map(lambda image: {"image": image})
    raise TypeError(
        'The elements of a tf.data.Dataset must be images, (image, label) tuples or dicts with the key "image". '
        f"Received: elements of {spec}."
    )
