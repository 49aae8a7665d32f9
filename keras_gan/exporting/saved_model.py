import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_gan.exporting import process
from keras_gan.exporting.generator import OUTPUT, ExportedGenerator, Run, quiet
from keras_gan.exporting.signatures import compare, signatures
from keras_gan.exporting.warmup import checked_sizes, write_warmup
from keras_gan.models.gan import GAN
from keras_gan.storage.files import replacing

ABOUT = Path("assets.extra", "keras_gan.json")  # what ONNX keeps in the file; TF Serving passes this folder over
VERSION = re.compile(r"0|[1-9][0-9]*")


def to_saved_model(
    gan: GAN,
    path: str | os.PathLike,
    atol: float = 1e-4,
    about: Mapping[str, Any] | None = None,
    warmup_batch_sizes: Iterable[int] = (1, 8, 64),
) -> Path:
    """Writes the averaged generator as a TensorFlow SavedModel, in the folder layout of TF Serving.

    Signatures; in all of them the batch is the first axis of every input and output, and may have any size:

    - `serving_default`: the inputs of `gan.fixed_inputs` by name (`latent`: float32 `(batch, *latent_shape)`; with
      labels `label`: int32 `(batch,)`) -> `image`, float32 `(batch, height, width, channels)` in [-1, 1], whatever
      precision the GAN was trained in;
    - `uint8`: the same inputs -> `image`, 0 to 255, a quarter of the bytes;
    - `png`: the same inputs -> `image_bytes` `(batch,)`, PNG files; for 1, 3 and 4 channels;
    - `sample`: `seed`, int64 `(batch,)`, with labels `label` -> `image`, uint8;
    - `sample_truncated`: also `truncation`, float32 `(batch,)`, > 0, as of `keras_gan.latents.truncated` -> the same.

    A row of `sample` depends on its seed and label alone: it is the same picture, to a grey level, whatever else is in
    the batch. It is not that of `gan.sample(seed=seed)`, whose latents come from NumPy. A generator with other inputs
    than latents and labels, as that of an `InfoGAN`, has no `sample`. A label out of range and a truncation that is
    not positive are errors, of the whole batch.

    `assets.extra/keras_gan.json` says how to draw from it, in the words of `to_onnx`'s metadata.
    `assets.extra/tf_serving_warmup_requests` holds requests that TF Serving answers before it calls the version
    available.

    The folder appears in one step, after it was loaded again and compared with Keras: `serving_default` at batch sizes
    1, 3 and 16, the others at 1 and 3. A version that exists is never written over: a server may be reading it. On the
    JAX backend a TensorFlow process converts.

    Args:
        gan: a `keras_gan.GAN`.
        path: a version folder, named by a whole number (`.../saved_model/1`), which must not exist; or the folder that
            holds the versions, where the next number is taken, from 1 on.
        atol: float, largest difference from Keras allowed (images span 2). Defaults to 1e-4, an eightieth of a grey
            level; convolutions in another order differ by 1e-6.
        about: dict, what else `keras_gan.json` says, or None; as of `to_onnx`.
        warmup_batch_sizes: rows of the requests to warm up with; () for none. Defaults to (1, 8, 64), the
            `allowed_batch_sizes` of `to_tf_serving`.

    Returns:
        The version folder written.

    Raises:
        FileExistsError: if the version exists, or `path` is a file or itself a SavedModel.
        ValueError: if a weight is not finite, a batch size is not a whole number >= 1, or what was written draws other
            pictures than Keras.

    Example:

    >>> import tempfile, keras_gan as kg
    >>> from keras_gan.exporting import to_saved_model
    >>> gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(to_saved_model(gan, folder).name, to_saved_model(gan, folder).name)
    1 2
    """
    folder, sizes = version_folder(Path(path)), checked_sizes(warmup_batch_sizes)
    if process.elsewhere():
        return Path(
            process.in_tensorflow(to_saved_model, gan, path=folder, atol=atol, about=about, warmup_batch_sizes=sizes)
        )
    import tensorflow as tf

    generator = ExportedGenerator(gan, about)
    with quiet(), replacing(folder) as written:
        archive = keras.export.ExportArchive()
        archive.track(generator.network)
        for name, signature in signatures(generator).items():
            archive.add_endpoint(name, signature.function, input_signature=signature.inputs)
        archive.write_out(str(written), verbose=False)
        (written / ABOUT).parent.mkdir()
        (written / ABOUT).write_text(json.dumps(generator.metadata(), indent=2) + "\n")
        write_warmup(written, generator, sizes)
        loaded = tf.saved_model.load(str(written))
        generator.differences(lambda inputs: ask(loaded, "serving_default", inputs)[OUTPUT], "SavedModel", atol)
        compare(generator, lambda name, inputs: ask(loaded, name, inputs), atol)
    return folder


def ask(loaded: Any, signature: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Runs a signature of a SavedModel that `tf.saved_model.load` has loaded; returns its outputs by name."""
    import tensorflow as tf

    outputs = loaded.signatures[signature](**{name: tf.constant(value) for name, value in inputs.items()})
    return {name: value.numpy() for name, value in outputs.items()}


def saved_model_runner(path: str | os.PathLike) -> Run:
    """Loads a SavedModel written by `to_saved_model`; returns the function that draws float32 images with it.

    Args:
        path: a version folder, or the folder that holds the versions, of which the newest is taken.

    Raises:
        FileNotFoundError: if there is no SavedModel.
    """
    import tensorflow as tf

    loaded = tf.saved_model.load(str(version_to_load(Path(path))))
    return lambda inputs: ask(loaded, "serving_default", inputs)[OUTPUT]


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
