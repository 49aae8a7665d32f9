"""What a GAN is fed: batches as dicts, and labels."""

import warnings

import keras
import numpy as np
from keras import ops

from keras_gan.data import labels as labels_of_datasets
from keras_gan.data.optional import is_dataset


def as_batch(data, image_shape, labelled):
    """Brings what `fit` was given into a dict: images alone, (images, labels), or a dict with `"image"`.

    Args:
        data: what Keras hands to a step.
        image_shape: (height, width, channels) of the networks.
        labelled: bool, whether the GAN has labels.

    Raises:
        ValueError: without images, or labels where they are needed; for images of another shape, or whole numbers; for
            labels that are no whole numbers.
    """
    images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
    batch = images if isinstance(images, dict) else {"image": images}
    batch = batch if labels is None else {**batch, "label": labels}
    image = batch.get("image")
    if image is None:
        raise ValueError(f"Batches must hold the key 'image'. Received: keys {sorted(batch)}.")
    if "float" not in keras.backend.standardize_dtype(image.dtype):
        raise ValueError(
            "Images must be float in [-1, 1]. "
            f"Received: dtype {image.dtype.name}. Use keras_gan.data.images(array), which scales whole numbers."
        )
    if len(image.shape) != len(image_shape) + 1 or any(
        None not in (a, b) and a != b for a, b in zip(image.shape[1:], image_shape, strict=True)
    ):
        raise ValueError(
            f"Images must have the shape that the networks were built for, {image_shape}. "
            f"Received: {tuple(image.shape[1:])}. Use the `size` and `channels` of keras_gan.data.images."
        )
    if not labelled:
        return batch
    # Eagerly JAX gets arrays; a network with two inputs takes tensors or arrays, not both.
    return {**batch, "image": ops.convert_to_tensor(image), "label": as_labels(batch.get("label"))}


def as_labels(label):
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


def checked(x, y, num_classes, lowest=0):
    """Looks at what `fit` was given: returns `x`, of a `tf.data.Dataset` with its labels checked as they pass.

    Raises:
        ValueError: for arrays of labels out of range.
    """
    images, labels = (x.get("image"), x.get("label")) if isinstance(x, dict) else (x, y)
    if isinstance(images, np.ndarray) and images.ndim == 4 and images.size and max(-images.min(), images.max()) > 1.5:
        warnings.warn(
            f"Images are expected in [-1, 1]. Received: {images.min():g} to {images.max():g}. "
            "Use keras_gan.data.images(array), which scales whole numbers.",
            stacklevel=3,
        )
    if num_classes is None:
        return x
    if isinstance(labels, (np.ndarray, list)):
        check_labels(np.asarray(labels), num_classes, lowest)
    return labels_of_datasets.checked(x, num_classes, lowest) if is_dataset(x) else x


def check_shares(x, batch_size, devices):
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


def check_labels(labels, num_classes, lowest=0):
    """Raises ValueError unless every label of an array is a whole number from `lowest` to `num_classes - 1`."""
    if labels.dtype.kind not in "iu":
        raise ValueError(f"Labels must be whole numbers. Received: dtype {labels.dtype}. Use labels.astype('int32').")
    if labels.size and not (lowest <= labels.min() and labels.max() < num_classes):
        raise ValueError(
            f"Labels must lie from {lowest} to {num_classes - 1}. Received: {labels.min()} to {labels.max()}."
        )


def labels_for(count, label, num_classes):
    """Returns int32 labels `(count,)`: the given one or ones, or every class in turn.

    Raises:
        ValueError: for labels out of range, or not as many as `count`.
    """
    if label is None:
        return (np.arange(count) % num_classes).astype("int32")
    labels = np.asarray(label)
    check_labels(labels, num_classes)
    if labels.ndim and labels.shape != (count,):
        raise ValueError(f"`label` must be one class or {count} of them. Received: shape {labels.shape}.")
    return np.broadcast_to(labels, (count,)).astype("int32")
