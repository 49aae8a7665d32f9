import numpy as np

from keras_gan.inputs.input import Input


class Label(Input):
    """The class that is to be drawn, int32. In training it is that of the real images, so that fakes are of the same
    classes.

    Args:
        num_classes: int >= 1, labels run from 0 to `num_classes - 1`.
        column: str, the column of the data that holds the labels. Defaults to `"label"`.

    Example:

    >>> Label(3).fixed(5).tolist()
    [0, 1, 2, 0, 1]
    """

    dtype = "int32"
    options = ("label",)

    def __init__(self, num_classes, column="label"):
        self.num_classes = num_classes
        self.column = column

    def draw(self, batch, count):
        return batch[self.column]

    def fixed(self, count, seed=None, reference=None, label=None):
        """Returns int32 `(count,)`: the given label or labels, or every class in turn.

        Raises:
            ValueError: for labels out of range, or not as many as `count`.
        """
        return labels_for(count, label, self.num_classes)

    def describe(self):
        return f"labels of {self.num_classes} classes"

    def get_config(self):
        return {"num_classes": self.num_classes, "column": self.column}


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


def check_labels(labels, num_classes, lowest=0):
    """Raises ValueError unless every label of an array is a whole number from `lowest` to `num_classes - 1`."""
    if labels.dtype.kind not in "iu":
        raise ValueError(f"Labels must be whole numbers. Received: dtype {labels.dtype}. Use labels.astype('int32').")
    if labels.size and not (lowest <= labels.min() and labels.max() < num_classes):
        raise ValueError(
            f"Labels must lie from {lowest} to {num_classes - 1}. Received: {labels.min()} to {labels.max()}."
        )
