import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_gan.exporting import process
from keras_gan.exporting.generator import OUTPUT, ExportedGenerator, Run, quiet
from keras_gan.files import replacing
from keras_gan.models.gan import GAN

ABOUT = Path("assets.extra", "keras_gan.json")  # what ONNX keeps in the file; TF Serving passes this folder over
VERSION = re.compile(r"0|[1-9][0-9]*")


def to_saved_model(
    gan: GAN, path: str | os.PathLike, atol: float = 1e-4, about: Mapping[str, Any] | None = None
) -> Path:
    """Writes the averaged generator as a TensorFlow SavedModel, in the folder layout of TF Serving.

    Signatures, both with the inputs of `gan.fixed_inputs` by name (`latent`: float32 `(batch, *latent_shape)`, any
    batch size) and one output, `image` `(batch, height, width, channels)`:

    - `serving_default`: float32 in [-1, 1], whatever precision the GAN was trained in;
    - `uint8`: 0 to 255, a quarter of the bytes.

    `assets.extra/keras_gan.json` says how to draw from it, in the words of `to_onnx`'s metadata.

    The folder appears in one step, after it was loaded again and compared with Keras at batch sizes 1, 3 and 16. A
    version that exists is never written over: a server may be reading it. On the JAX backend a TensorFlow process
    converts.

    Args:
        gan: a `keras_gan.GAN`.
        path: a version folder, named by a whole number (`.../saved_model/1`), which must not exist; or the folder that
            holds the versions, where the next number is taken, from 1 on.
        atol: float, largest difference from Keras allowed (images span 2). Defaults to 1e-4, an eightieth of a grey
            level; convolutions in another order differ by 1e-6.
        about: dict, what else `keras_gan.json` says, or None; as of `to_onnx`.

    Returns:
        The version folder written.

    Raises:
        FileExistsError: if the version exists, or `path` is a file or itself a SavedModel.
        ValueError: if a weight is not finite, or what was written draws other pictures than Keras.

    Example:

    >>> import tempfile, keras_gan as kg
    >>> from keras_gan.exporting import to_saved_model
    >>> gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(to_saved_model(gan, folder).name, to_saved_model(gan, folder).name)
    1 2
    """
    folder = version_folder(Path(path))
    if process.elsewhere():
        return Path(process.in_tensorflow(to_saved_model, gan, path=folder, atol=atol, about=about))
    generator = ExportedGenerator(gan, about)
    with quiet(), replacing(folder) as written:
        archive = keras.export.ExportArchive()
        archive.track(generator.network)
        archive.add_endpoint("serving_default", generator.images, input_signature=generator.signature)
        archive.add_endpoint("uint8", generator.pixels, input_signature=generator.signature)
        archive.write_out(str(written), verbose=False)
        (written / ABOUT).parent.mkdir()
        (written / ABOUT).write_text(json.dumps(generator.metadata(), indent=2) + "\n")
        generator.differences(saved_model_runner(written), "SavedModel", atol)
    return folder


def saved_model_runner(path: str | os.PathLike) -> Run:
    """Loads a SavedModel written by `to_saved_model`; returns the function that draws float32 images with it.

    Args:
        path: a version folder, or the folder that holds the versions, of which the newest is taken.

    Raises:
        FileNotFoundError: if there is no SavedModel.
    """
    import tensorflow as tf

    loaded = tf.saved_model.load(str(version_to_load(Path(path))))
    signature = loaded.signatures["serving_default"]

    def run(inputs: dict[str, np.ndarray], keep=loaded) -> np.ndarray:  # a signature alone does not keep its variables
        return signature(**{name: tf.constant(value) for name, value in inputs.items()})[OUTPUT].numpy()

    return run


def version_to_load(path: Path) -> Path:
    """Returns `path` if it is a version folder, else the newest version in it.

    Raises:
        FileNotFoundError: if there is no SavedModel.
    """
    folder = path
    if not is_saved_model(path) and (numbers := versions(path)):
        folder = path / str(max(numbers))
    if not is_saved_model(folder):
        raise FileNotFoundError(
            f"`saved_model` must be a folder written by to_saved_model. Received: saved_model={str(path)!r}."
        )
    return folder


def is_saved_model(path: Path) -> bool:
    """Tells whether `path` is a version folder, with a SavedModel in it."""
    return (path / "saved_model.pb").is_file()


def versions(base: Path) -> list[int]:
    """Returns the numbers of the version folders in `base`."""
    return [int(p.name) for p in base.iterdir() if VERSION.fullmatch(p.name)] if base.is_dir() else []


def version_folder(path: Path) -> Path:
    """Returns the folder to write to: `path` itself if it is named by a number, else the next free number in it."""
    if VERSION.fullmatch(path.name):
        if path.exists():
            raise FileExistsError(
                f"A version is never written over. Received: {str(path)!r}, which exists. "
                f"Use {str(path.parent)!r} for the next free version, {max(versions(path.parent)) + 1}."
            )
        return path
    if is_saved_model(path) or (path.exists() and not path.is_dir()):
        raise FileExistsError(
            "`path` must be a folder of versions, or a new version named by a whole number. "
            f"Received: {str(path)!r}, which is {'a SavedModel' if path.is_dir() else 'a file'}."
        )
    return path / str(max(versions(path), default=0) + 1)
