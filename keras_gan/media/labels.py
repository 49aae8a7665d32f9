import keras
import numpy as np

from keras_gan.media.medium import Medium


@keras.saving.register_keras_serializable("keras_gan")
class Labels(Medium):
    """Classes: int32 from `lowest` to `num_classes - 1`, inside and outside.

    Args:
        num_classes: int >= 1, number of classes, or None where it is not known.
        lowest: int, the lowest label that may come: 0, or -1 for data that are labelled only in part.

    Example:

    >>> Labels(10).dtype
    'int32'
    """

    column = "label"
    rank = 0
    dtype = "int32"
    held_dtype = "int32"

    def __init__(self, num_classes=None, lowest=0):
        self.num_classes = num_classes
        self.lowest = lowest

    def begin(self, held):
        return np.asarray(held, "int32")

    def describe(self, shape):
        return "classes" if self.num_classes is None else f"{self.num_classes} classes"

    def get_config(self):
        return {"num_classes": self.num_classes, "lowest": self.lowest}
