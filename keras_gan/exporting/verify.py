import os
from pathlib import Path

from keras_gan.exporting import process
from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.exporting.onnx import onnx_runner
from keras_gan.exporting.saved_model import saved_model_runner
from keras_gan.models.gan import GAN


def verify(
    gan: GAN,
    saved_model: str | os.PathLike | None = None,
    onnx: str | os.PathLike | None = None,
    atol: float = 1e-4,
    seed: int = 0,
) -> dict[str, dict[int, float]]:
    """Compares exported files with the GAN: the same latents must give the same pictures at batch sizes 1, 3 and 16.

    Args:
        gan: the `keras_gan.GAN` they were exported from. One trained in half precision is compared in float32.
        saved_model: a version folder, or the folder of versions (the newest is taken), or None.
        onnx: an ONNX file, or None.
        atol: float, largest absolute difference allowed (images span 2). Defaults to 1e-4, an eightieth of a
            grey level.
        seed: int, seed of the latents. Defaults to 0.

    Returns:
        {"saved_model": {batch size: largest absolute difference}, "onnx": {...}}, with what was given.

    Raises:
        FileNotFoundError: if a file is not there.
        ValueError: if neither file is given, or one does not run or draws other pictures; the error names which, the
            batch size and the largest difference.

    Example:

    >>> import tempfile, keras_gan as kg
    >>> from keras_gan.exporting import to_onnx, verify
    >>> gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     list(verify(gan, onnx=to_onnx(gan, folder + "/generator.onnx"))["onnx"])
    [1, 3, 16]
    """
    if saved_model is None and onnx is None:
        raise ValueError("`verify` needs a file to compare. Received: saved_model=None, onnx=None.")
    if process.elsewhere():
        files = {
            name: None if file is None else Path(file) for name, file in (("saved_model", saved_model), ("onnx", onnx))
        }
        found = process.in_tensorflow(verify, gan, **files, atol=atol, seed=seed)
        return {name: {int(size): value for size, value in sizes.items()} for name, sizes in found.items()}
    generator = ExportedGenerator(gan)
    report = {}
    if saved_model is not None:
        report["saved_model"] = generator.differences(saved_model_runner(saved_model), "SavedModel", atol, seed)
    if onnx is not None:
        report["onnx"] = generator.differences(onnx_runner(onnx), "ONNX file", atol, seed)
    return report
