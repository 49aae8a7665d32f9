import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_gan.exporting.saved_model import to_saved_model
from keras_gan.exporting.warmup import MODEL
from keras_gan.game import Game
from keras_gan.inputs import NetworkGenerator
from keras_gan.storage.files import replacing

SOURCES = Path(__file__).parent / "files" / "tf_serving"
MOUNTED = ("models.config", "batching.txt")  # what the server reads; the rest is for people


def to_tf_serving(
    gan: Game | NetworkGenerator,
    path: str | os.PathLike,
    atol: float = 1e-4,
    about: Mapping[str, Any] | None = None,
    generator: str | None = None,
) -> Path:
    """Writes the next version of a generator into a folder that TensorFlow Serving can be started on.

        models/generator/1/         the version, as `to_saved_model` writes it, with warm-up requests
        models/models.config        which versions are served
        models/batching.txt         how requests are joined
        docker-compose.yml          the server, from its published image
        rest_client.py, grpc_client.py, load_test.py
        README.md                   how to use all this

    Called again, it adds a version; a running server loads it within seconds. The other files are written where they
    are missing only: they may have been edited.

    Args:
        gan: a game, such as a `keras_gan.GAN`, or a `keras_gan.inputs.NetworkGenerator`.
        path: the folder, new or written before.
        atol: float, largest difference from Keras allowed (images span 2). Defaults to 1e-4.
        about: dict, what the version says of itself, or None; as of `to_onnx`.
        generator: str, which generator of the game. Defaults to the first.

    Returns:
        The version folder written, compared with Keras before it appeared.

    Raises:
        FileExistsError: if `path` is a file.
        ValueError: as of `to_saved_model`.

    Example:

    >>> import tempfile, keras_gan as kg
    >>> from keras_gan.exporting import to_tf_serving
    >>> gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(to_tf_serving(gan, folder).relative_to(folder))
    models/generator/1
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise FileExistsError(f"`path` must be a folder. Received: {str(path)!r}, which is a file.")
    version = to_saved_model(gan, path / "models" / MODEL, atol, about, generator=generator)
    for source in sorted(source for source in SOURCES.iterdir() if source.is_file()):
        target = (path / "models" if source.name in MOUNTED else path) / source.name
        if not target.exists():
            with replacing(target) as written:
                shutil.copyfile(source, written)
    return version
