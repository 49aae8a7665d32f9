import os
from pathlib import Path

from keras_gan.exporting import process
from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.exporting.litert import litert_runner
from keras_gan.exporting.onnx import onnx_runner, onnx_variant
from keras_gan.exporting.saved_model import saved_model_runner
from keras_gan.game import Game
from keras_gan.inputs import NetworkGenerator


def verify(
    gan: Game | NetworkGenerator,
    saved_model: str | os.PathLike | None = None,
    onnx: str | os.PathLike | None = None,
    litert: str | os.PathLike | None = None,
    atol: float | None = None,
    seed: int = 0,
    generator: str | None = None,
) -> dict[str, dict[int, float]]:
    """Compares exported files with Keras: the same inputs must give the same outputs at batch sizes 1, 3 and 16.

    Args:
        gan: the game they were exported from, such as a `keras_gan.GAN`, or the `keras_gan.inputs.NetworkGenerator`.
            One trained in half precision is compared in float32.
        saved_model: a version folder, or the folder of versions (the newest is taken), or None.
        onnx: an ONNX file of any precision and output type, or None.
        litert: a LiteRT file, or None.
        atol: float, difference allowed (images span 2), or None for what the formats promise: at most 1e-4, an
            eightieth of a grey level; of ONNX files in float16 and int8, and of pixels, what `to_onnx` says.
        seed: int, seed of the inputs; signals that a generator is given are made up. Defaults to 0.
        generator: str, which generator of the game. Defaults to the first.

    Returns:
        {"saved_model": {batch size: largest absolute difference}, "onnx": {...}, "litert": {...}}, with what was given.

    Raises:
        FileNotFoundError: if a file is not there.
        ValueError: if no file is given, or one does not run or draws other pictures; the error names which, the
            batch size and the difference.

    Example:

    >>> import tempfile, keras_gan as kg
    >>> from keras_gan.exporting import to_onnx, verify
    >>> gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     list(verify(gan, onnx=to_onnx(gan, folder + "/generator.onnx"))["onnx"])
    [1, 3, 16]
    """
    given = {"saved_model": saved_model, "onnx": onnx, "litert": litert}
    given = {name: Path(file) for name, file in given.items() if file is not None}
    if not given:
        raise ValueError("`verify` needs a file to compare. Received: saved_model=None, onnx=None, litert=None.")
    if process.elsewhere():
        found = process.in_tensorflow(verify, gan, generator, **given, atol=atol, seed=seed)
        return {name: {int(size): value for size, value in sizes.items()} for name, sizes in found.items()}
    exported = ExportedGenerator(gan, generator=generator)
    usual = 1e-4 if atol is None else atol
    compare = {
        "saved_model": lambda path: exported.differences(saved_model_runner(path), "SavedModel", usual, seed),
        "onnx": lambda path: onnx_variant(path).differences(exported, onnx_runner(path), atol, seed),
        "litert": lambda path: exported.differences(litert_runner(path), "LiteRT file", usual, seed),
    }
    return {name: compare[name](path) for name, path in given.items()}
