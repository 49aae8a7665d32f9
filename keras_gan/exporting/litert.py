import contextlib
import copy
import json
import os
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_gan.exporting import process
from keras_gan.exporting.generator import ExportedGenerator, Run, quiet
from keras_gan.game import Game
from keras_gan.inputs import NetworkGenerator
from keras_gan.storage.files import replacing

ABOUT = "keras_gan.json"  # what ONNX keeps in the file
SIGNATURE = "serving_default"
MISSING = re.compile(r"(?:TF Select|Custom) ops: *([^\n]*)")  # in the converter's message
MENDS = {
    "ScaleAndTranslate": "nearest, bilinear or bicubic resizing without antialiasing",
    "StatelessRandom": "noise as an input of the generator",
    "Conv2D": "keras.layers.Resizing instead of UpSampling2D in a subclassed model",
}


def to_litert(
    gan: Game | NetworkGenerator,
    path: str | os.PathLike,
    atol: float = 1e-4,
    about: Mapping[str, Any] | None = None,
    generator: str | None = None,
) -> Path:
    """Writes the averaged network of a generator as one LiteRT (TensorFlow Lite) file, float32, for small devices.

    It has one signature, `serving_default`, with the generator's inputs by name (`latent`: float32
    `(batch, *latent_shape)`, any batch size) and its outputs, `image`: float32 `(batch, height, width, channels)` in
    [-1, 1]. Only LiteRT's own operations are used.

    A zip archive is appended to the model, as TensorFlow Lite's metadata keep further files; in it `keras_gan.json`
    says how to draw, in the words of `to_onnx`'s metadata: `unzip -p generator.tflite keras_gan.json`.

    The file appears in one step, in place of an older one, after an interpreter drew the same pictures with it as Keras
    at batch sizes 1, 3 and 16: that of `ai-edge-litert` if it is installed, else TensorFlow's. On the JAX backend a
    TensorFlow process converts.

    Args:
        gan: a game, such as a `keras_gan.GAN`, or a `keras_gan.inputs.NetworkGenerator`.
        path: the file to write, usually `*.tflite`.
        atol: float, largest difference from Keras allowed (images span 2). Defaults to 1e-4, an eightieth of a grey
            level; convolutions in another order differ by 1e-6.
        about: dict, what else `keras_gan.json` says, or None; as of `to_onnx`.
        generator: str, which generator of the game. Defaults to the first.

    Returns:
        The path written.

    Raises:
        FileExistsError: if `path` is a folder.
        ValueError: if a weight is not finite, an operation has no counterpart in LiteRT (named), or the file would not
            run or draw other pictures than Keras. Nothing is written then.

    Example:

    >>> import tempfile, keras_gan as kg
    >>> from keras_gan.exporting.litert import to_litert
    >>> gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(to_litert(gan, folder + "/generator.tflite").name)
    generator.tflite
    """
    if process.elsewhere():
        return Path(process.in_tensorflow(to_litert, gan, generator, path=Path(path), atol=atol, about=about))
    exported = ExportedGenerator(gan, about, generator)
    with quiet(), replacing(path) as written:
        written.write_bytes(converted(exported))
        with zipfile.ZipFile(written, "a") as archive:
            archive.writestr(zipfile.ZipInfo(ABOUT), json.dumps(exported.metadata(), indent=2) + "\n")  # dated 1980
        exported.differences(litert_runner(written), "LiteRT file", atol)
    return Path(path)


def converted(generator: ExportedGenerator) -> bytes:
    """Converts a generator.

    Raises:
        ValueError: if it needs an operation that LiteRT lacks.
    """
    import tensorflow as tf

    generator = copy.copy(generator)
    generator.network = with_resizing(generator.network)
    module = tf.Module()
    module.weights = [variable.value for variable in generator.network.variables]  # else they would not be in the file
    module.call = tf.function(generator.call, input_signature=generator.signature, autograph=False)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([module.call.get_concrete_function()], module)
    try:
        with nothing_printed():
            return converter.convert()
    except Exception as error:  # it raises what its stages happen to raise
        missing = sorted({name.strip() for names in MISSING.findall(str(error)) for name in names.split(",")})
        if not missing:
            raise ValueError(f"The generator could not be converted to LiteRT: {first_line(error)}") from error
        mends = [mend for start, mend in MENDS.items() if any(name.startswith(start) for name in missing)]
        raise ValueError(
            f"Every operation of the generator must exist in LiteRT. Received: {', '.join(missing)}."
            + (f" Use {'; '.join(mends)}." if mends else "")
        ) from error


def first_line(error: Exception) -> str:
    """Returns the first line of an error's text, or its type where it has none."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def with_resizing(network: keras.Model) -> keras.Model:
    """Returns a network that draws the same, where doubling by nearest neighbours is a resizing.

    Keras repeats rows and columns; the converter loses the shape there, and with it the convolution that follows. A
    model that is not functional is returned as it is.
    """

    def nearest(layer):
        return isinstance(layer, keras.layers.UpSampling2D) and layer.interpolation == "nearest"

    def remade(layer):
        if not nearest(layer):
            return type(layer).from_config(layer.get_config())
        channels_first = layer.data_format == "channels_first"
        height, width = layer.output.shape[2:] if channels_first else layer.output.shape[1:3]
        return keras.layers.Resizing(height, width, "nearest", data_format=layer.data_format, name=layer.name)

    functional = isinstance(network, keras.Sequential) or hasattr(network, "operations")
    if not functional or not any(map(nearest, network._flatten_layers())):
        return network
    copied = keras.models.clone_model(network, clone_function=remade, recursive=True)
    copied.set_weights(network.get_weights())
    return copied


def litert_runner(path: str | os.PathLike, threads: int = 1) -> Run:
    """Opens a LiteRT file; returns the function that makes float32 outputs with it.

    Raises:
        FileNotFoundError: if there is no file.
        ValueError: if the interpreter refuses it.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"`litert` must be a file written by to_litert. Received: litert={str(path)!r}.")
    try:
        with nothing_printed(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # TensorFlow's says that it will go
            interpreter = interpreter_class()(model_path=str(path), num_threads=threads)
            interpreter.allocate_tensors()
            signature = interpreter.get_signature_runner(SIGNATURE)
    except Exception as error:  # its errors share no base class
        raise ValueError(f"LiteRT must be able to load the LiteRT file. Received: {first_line(error)}") from error

    def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return signature(**inputs)

    return run


def interpreter_class() -> type:
    """Returns the interpreter of `ai-edge-litert`, or TensorFlow's where that is not installed."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        import tensorflow as tf

        return tf.lite.Interpreter
    return Interpreter


@contextlib.contextmanager
def nothing_printed() -> Iterator[None]:
    """Drops what C++ writes to the standard error in the block: pages of it, where the converter fails."""
    try:
        before = os.dup(2)
    except OSError:  # there is none
        yield
        return
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
