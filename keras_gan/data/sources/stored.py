"""Images from a tf.data.Dataset: a ready one, or what TensorFlow Datasets reads."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from keras_gan.data.pipeline import PARALLEL
from keras_gan.data.rows import InMemory, Streamed
from keras_gan.data.sources import collect
from keras_gan.data.sources.arrays import Arrays
from keras_gan.data.sources.convert import Convert
from keras_gan.data.sources.layout import Layout
from keras_gan.media import Labels, pixels

READ_BATCH = 1024  # images of one shape read at once into memory


class Stored:
    """Images, and labels if any, from a tf.data.Dataset.

    Args:
        dataset: of images, (image, label) tuples or dicts with "image" and perhaps "label". Images are
            (height, width, channels), or (batch, height, width, channels).
        value_range: see `keras_gan.data.images`.
        name: what to call the images in an error.
        num_classes: number of classes, or None where that is not known.
    """

    in_memory = False

    def __init__(
        self,
        dataset: tf.data.Dataset,
        value_range: tuple | None = None,
        name: str = "the data set",
        num_classes: int | None = None,
    ):
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
        self.value_range, self.name, self.num_classes = value_range, name, num_classes
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

    def read(self, layout: Layout, keep: bool = True) -> InMemory | Streamed:
        """Reads everything into memory, or says how to read and convert it in each epoch."""
        labelled = layout.labelled and self.labelled
        columns = layout.columns | ({"label": Labels(self.num_classes)} if labelled else {})
        if not keep:
            dataset = self._streamed(layout, labelled)
            return Streamed(dataset, int(dataset.cardinality()), columns)
        fixed = self.shape.is_fully_defined()
        if fixed and (layout.keeps(*self.shape) or self._guesses_range()):
            stored = self._collect(self._raw_images())
            arrays = Arrays(stored["image"], stored.get("label"), self.value_range, self.name, self.num_classes)
            return arrays.read(layout)
        self._check_range()
        return InMemory(self._collect(self._converted(layout, labelled)), columns)

    def _streamed(self, layout: Layout, labelled: bool) -> tf.data.Dataset:
        """Returns a data set of rows, which are converted anew in each epoch."""
        self._check_range()
        shapes = {name: self._shape(layout, convert) for name, convert in layout.converts.items()}
        dtype = tf.uint8 if self.dtype.is_integer and self.value_range in (None, (0, 255)) else tf.float32
        if dtype == self.dtype == tf.uint8 and None not in self.shape and layout.keeps(*self.shape) and layout.labelled:
            return self.dataset

        def convert(image):
            return list(self._convert(image, layout, "an image").values())

        def one(element):
            values = tf.numpy_function(convert, [element["image"]], [dtype] * len(shapes))
            named = zip(shapes.items(), values, strict=True)
            row = {name: tf.ensure_shape(value, shape) for (name, shape), value in named}
            return row | ({"label": element["label"]} if labelled else {})

        return self.dataset.map(one, num_parallel_calls=PARALLEL)

    def _shape(self, layout: Layout, convert: Convert) -> tuple[int, int, int]:
        """Returns the shape of a streamed column."""
        size = convert.size
        if size is None and None not in self.shape[:2]:
            size = layout.part(*self.shape[:2], self.name)
        shape = (*(size or (None, None)), convert.channels or self.shape[-1])
        if None in shape:
            raise ValueError(
                f"Streamed images need a known shape. Received: {self.name} with images of shape {self.shape}, "
                f"size={convert.size}, {convert.argument}={convert.channels}, cache not True. "
                f"Use `size` and `{convert.argument}`."
            )
        return shape

    def _raw_images(self) -> Iterator[dict[str, np.ndarray]]:
        for batch in self.dataset.batch(READ_BATCH).as_numpy_iterator():
            yield from ({name: values[place] for name, values in batch.items()} for place in range(len(batch["image"])))

    def _converted(self, layout: Layout, labelled: bool) -> Iterator[dict[str, np.ndarray]]:
        def one(item):
            index, element = item
            row = self._convert(element["image"], layout, f"image {index} of {self.name}")
            return row | ({"label": element["label"]} if labelled else {})

        return collect.parallel_map(one, enumerate(self.dataset.as_numpy_iterator()))

    def _collect(self, rows: Iterator[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        count = int(self.dataset.cardinality())
        return collect.collect(rows, count if count >= 0 else None)

    def _convert(self, image: np.ndarray, layout: Layout, name: str) -> dict[str, np.ndarray]:
        pixels.check_shape((1, *image.shape), name)
        return layout(pixels.to_pixels(image, self.value_range, name), name)

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
