import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_gan.exporting import process
from keras_gan.exporting.generator import ExportedGenerator, Run, quiet
from keras_gan.exporting.requests import compare
from keras_gan.exporting.signatures import signatures
from keras_gan.exporting.warmup import checked_sizes, write_warmup
from keras_gan.game import Game
from keras_gan.inputs import NetworkGenerator
from keras_gan.storage.files import replacing

ABOUT = Path("assets.extra", "keras_gan.json")  # what ONNX keeps in the file; TF Serving passes this folder over
VERSION = re.compile(r"0|[1-9][0-9]*")


def to_saved_model(
    gan: Game | NetworkGenerator,
    path: str | os.PathLike,
    atol: float = 1e-4,
    about: Mapping[str, Any] | None = None,
    warmup_batch_sizes: Iterable[int] = (1, 8, 64),
    generator: str | None = None,
) -> Path:
    """Writes the averaged network of a generator as a TensorFlow SavedModel, in the folder layout of TF Serving.

    Signatures follow from the generator's inputs and the media of its outputs. In all of them the batch is the first
    axis of every input and output, and may have any size:

    - `serving_default`: the inputs by name (`latent`: float32 `(batch, *latent_shape)`; with labels `label`: int32
      `(batch,)`) -> the outputs by name, `image`: float32 `(batch, height, width, channels)` in [-1, 1], whatever
      precision the network was trained in;
    - `uint8`: the same inputs -> outputs as people hold them, pictures of 0 to 255. It is called like the type;
    - `png`: the same inputs -> `image_bytes` `(batch,)`, PNG files; for pictures of 1, 3 and 4 channels;
    - `sample`: `seed`, int64 `(batch,)`, in place of latents, and the other inputs, such as `label` -> as `uint8`;
    - `sample_truncated`: also `truncation`, float32 `(batch,)`, > 0, as of `keras_gan.latents.truncated` -> the same;
    - `translate`: signals that the generator is given as people hold them, pictures of 0 to 255 -> as `uint8`;
    - `translate_png`: PNG or JPEG files of the right size, `source_bytes` `(batch,)` -> as `png`.

    The `sample` ones are there for generators with a latent, the `translate` ones for those that are given a signal.
    A row of `sample` depends on its seed and its other inputs alone: it is the same picture, to a grey level, whatever
    else is in the batch. It is not that of `gan.sample(seed=seed)`, whose latents come from NumPy. A label out of range
    and a truncation that is not positive are errors, of the whole batch.

    `assets.extra/keras_gan.json` says how to draw from it, in the words of `to_onnx`'s metadata.
    `assets.extra/tf_serving_warmup_requests` holds requests that TF Serving answers before it calls the version
    available.

    The folder appears in one step, after it was loaded again and compared with Keras: `serving_default` at batch sizes
    1, 3 and 16, the others at 1 and 3. A version that exists is never written over: a server may be reading it. On the
    JAX backend a TensorFlow process converts.

    Args:
        gan: a game, such as a `keras_gan.GAN`, or a `keras_gan.inputs.NetworkGenerator`.
        path: a version folder, named by a whole number (`.../saved_model/1`), which must not exist; or the folder that
            holds the versions, where the next number is taken, from 1 on.
        atol: float, largest difference from Keras allowed (images span 2). Defaults to 1e-4, an eightieth of a grey
            level; convolutions in another order differ by 1e-6.
        about: dict, what else `keras_gan.json` says, or None; as of `to_onnx`.
        warmup_batch_sizes: rows of the requests to warm up with; () for none. Defaults to (1, 8, 64), the
            `allowed_batch_sizes` of `to_tf_serving`.
        generator: str, which generator of the game. Defaults to the first.

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
            process.in_tensorflow(
                to_saved_model,
                gan,
                generator,
                path=folder,
                atol=atol,
                about=about,
                warmup_batch_sizes=sizes,
            )
        )
    import tensorflow as tf

    exported = ExportedGenerator(gan, about, generator)
    with quiet(), replacing(folder) as written:
        archive = keras.export.ExportArchive()
        archive.track(exported.network)
        for name, signature in signatures(exported).items():
            archive.add_endpoint(name, signature.function, input_signature=signature.inputs)
        archive.write_out(str(written), verbose=False)
        (written / ABOUT).parent.mkdir()
        (written / ABOUT).write_text(json.dumps(exported.metadata(), indent=2) + "\n")
        write_warmup(written, exported, sizes)
        loaded = tf.saved_model.load(str(written))
        exported.differences(lambda inputs: ask(loaded, "serving_default", inputs), "SavedModel", atol)
        compare(exported, lambda name, inputs: ask(loaded, name, inputs), atol)
    return folder


def ask(loaded: Any, signature: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Runs a signature of a SavedModel that `tf.saved_model.load` has loaded; returns its outputs by name."""
    import tensorflow as tf

    outputs = loaded.signatures[signature](**{name: tf.constant(value) for name, value in inputs.items()})
    return {name: value.numpy() for name, value in outputs.items()}


def saved_model_runner(path: str | os.PathLike) -> Run:
    """Loads a SavedModel written by `to_saved_model`; returns the function that makes float32 outputs with it.

    Args:
        path: a version folder, or the folder that holds the versions, of which the newest is taken.

    Raises:
        FileNotFoundError: if there is no SavedModel.
    """
    import tensorflow as tf

    loaded = tf.saved_model.load(str(version_to_load(Path(path))))
    return lambda inputs: ask(loaded, "serving_default", inputs)


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
