"""What a game is fed: batches as dicts of columns, each with its medium and its shape."""

import warnings
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from keras_gan.data import labels as labels_of_datasets
from keras_gan.data.optional import is_dataset
from keras_gan.inputs.label import check_labels
from keras_gan.media.labels import Labels
from keras_gan.media.medium import Medium


class Column(NamedTuple):
    """A named part of every batch.

    Attributes:
        shape: shape of one signal, without the batch axis; None stands for sizes that vary. `()` for labels.
        medium: its medium.
    """

    shape: tuple
    medium: Medium


def as_batch(data: Any, columns: dict[str, Column]) -> dict[str, Any]:
    """Brings what `fit` was given into a dict: one column alone, a pair `(x, y)` of the first two, or a dict.

    Args:
        data: what Keras hands to a step.
        columns: {name: `Column`}, in order.

    Raises:
        ValueError: if a column is missing, has another shape, or is of another type.
    """
    x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
    first, *others = columns
    batch = dict(x) if isinstance(x, dict) else {first: x}
    if y is not None:
        batch[others[0] if others else "label"] = y
    for name, column in columns.items():
        if isinstance(column.medium, Labels):
            batch[name] = as_labels(batch.get(name))
        else:
            _check_signal(name, batch.get(name), column, batch)
    if len(columns) > 1:
        # Eagerly JAX gets arrays; a network with two inputs takes tensors or arrays, not both.
        batch = {name: ops.convert_to_tensor(value) if name in columns else value for name, value in batch.items()}
    return batch


def _check_signal(name, value, column, batch):
    if value is None:
        raise ValueError(f"Batches must hold the key {name!r}. Received: keys {sorted(batch)}.")
    what = type(column.medium).__name__
    if "float" not in keras.backend.standardize_dtype(value.dtype):
        raise ValueError(
            f"{what} must be float in [-1, 1]. "
            f"Received: dtype {keras.backend.standardize_dtype(value.dtype)}. "
            f"Use keras_gan.data.{what.lower()}(array), which scales whole numbers."
        )
    if len(value.shape) != len(column.shape) + 1 or any(
        None not in (a, b) and a != b for a, b in zip(value.shape[1:], column.shape, strict=True)
    ):
        raise ValueError(
            f"{what} must have the shape that the networks were built for, {column.shape}. "
            f"Received: {tuple(value.shape[1:])} as {name!r}. Use the `size` and `channels` of keras_gan.data.images."
        )


def as_labels(label: Any) -> Any:
    """Brings the labels of a batch into int32 `(batch,)`."""
    if label is None:
        raise ValueError(
            "Batches must hold the key 'label': the GAN has labels. Received: images alone. "
            "Use fit(images, labels) or a data set with labels."
        )
    dtype = keras.backend.standardize_dtype(label.dtype)
    if "int" not in dtype:
        raise ValueError(f"Labels must be whole numbers. Received: dtype {dtype}. Use labels.astype('int32').")
    if len(label.shape) > 1 and label.shape[1:] != (1,):
        raise ValueError(
            f"Labels must be one number for each image. Received: shape {tuple(label.shape)}. "
            "Use labels.argmax(axis=1) if they are one-hot."
        )
    return ops.cast(ops.reshape(label, (-1,)), "int32")


def checked(x: Any, y: Any, columns: dict[str, Column]) -> Any:
    """Looks at what `fit` was given: returns `x`, of a `tf.data.Dataset` with its labels checked as they pass.

    Shapes are looked at here and not in the step alone: when Keras traces a step again, it forgets the sizes of what
    differs from before.

    Raises:
        ValueError: for arrays or data sets of another shape or type, and arrays of labels out of range.
    """
    first, *others = columns
    given = dict(x) if isinstance(x, dict) else {first: x, **({} if y is None or not others else {others[0]: y})}
    spec = getattr(x, "element_spec", None)
    for name, value in (spec if isinstance(spec, dict) else given).items():
        if name in columns and hasattr(value, "shape") and not isinstance(columns[name].medium, Labels):
            _check_signal(name, value, columns[name], given)
    for name, column in columns.items():
        value = given.get(name)
        if isinstance(column.medium, Labels):
            if isinstance(value, (np.ndarray, list)):
                check_labels(np.asarray(value), column.medium.num_classes, column.medium.lowest)
            if is_dataset(x):
                x = labels_of_datasets.checked(x, column.medium.num_classes, column.medium.lowest)
        elif isinstance(value, np.ndarray) and value.size and max(-value.min(), value.max()) > 1.5:
            warnings.warn(
                f"{type(column.medium).__name__} are expected in [-1, 1]. Received: {value.min():g} to "
                f"{value.max():g}. Use keras_gan.data.images(array), which scales whole numbers.",
                stacklevel=3,
            )
    return x


def check_shares(x: Any, batch_size: int, devices: int) -> None:
    """Raises ValueError where a batch of `x` cannot be shared evenly among the devices, as far as it can be told."""
    first = next(iter(keras.tree.flatten(x.element_spec if is_dataset(x) else x)), None)
    if is_dataset(x):
        sizes = [first.shape[0]] if first.shape.rank else []
    else:
        sizes = [min(batch_size, len(first)), len(first) % batch_size] if isinstance(first, np.ndarray) else []
    if odd := [size for size in sizes if size and size % devices]:
        raise ValueError(
            f"Every batch must be divisible by the number of devices, {devices}. Received: a batch of {odd[0]}. "
            "Use another batch size, and for arrays keras_gan.data.images(array), which leaves no smaller last batch."
        )


def split(batch: dict[str, Any], parts: int) -> list[dict[str, Any]]:
    """Divides a batch into parts of equal size, one for each of the judges' steps.

    Raises:
        ValueError: if the size is not known, or not divisible.
    """
    if parts == 1:
        return [batch]
    size = next(iter(batch.values())).shape[0]
    if size is None:
        raise ValueError(
            f"`discriminator_steps={parts}` needs batches of one known size. Received: a size known only when "
            "running. Use keras_gan.data.images, or dataset.batch(..., drop_remainder=True)."
        )
    if size % parts:
        near = [n for n in (size // parts * parts, (size // parts + 1) * parts) if n]
        raise ValueError(
            f"`discriminator_steps={parts}` needs a batch divisible by {parts}. "
            f"Received: batch_size={size}. Use {' or '.join(map(str, near))}."
        )
    part = size // parts
    return [{k: v[i * part : (i + 1) * part] for k, v in batch.items()} for i in range(parts)]
