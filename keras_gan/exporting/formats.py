"""The formats that `keras-gan export --to` knows. A new one is a line here."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from keras_gan.exporting.onnx import to_onnx
from keras_gan.exporting.saved_model import to_saved_model


class Format(NamedTuple):
    """How a format is written.

    Attributes:
        export: `(gan, path, about=)` -> the path written, compared with Keras.
        place: name of the file or folder within the folder of exports.
        usual: whether it is written when no format is asked for.
        compared: whether `verify` takes such a file, by the format's name.
    """

    export: Callable[..., Path]
    place: str
    usual: bool = False
    compared: bool = False


FORMATS = {
    "saved_model": Format(to_saved_model, "saved_model", usual=True, compared=True),
    "onnx": Format(to_onnx, "generator.onnx", usual=True, compared=True),
}
