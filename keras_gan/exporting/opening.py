"""Exported files as generators again. They may be a stranger's: what they say is looked over before anything is run."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from keras_gan.exporting import interface
from keras_gan.exporting.generator import Run
from keras_gan.exporting.onnx import onnx_runner, onnx_session
from keras_gan.exporting.saved_model import ABOUT, is_saved_model, saved_model_runner, version_to_load, versions
from keras_gan.inputs import Generator, Input, Label, Latent
from keras_gan.latents import DISTRIBUTIONS
from keras_gan.media import Images, Medium
from keras_gan.storage.texts import parse_json, read


class ExportedFile(Generator):
    """A generator that is a file, as `open_generator` makes it.

    Args:
        path: where it lies, for errors.
        inputs, outputs: as for `Generator`.
        shapes: {output: shape of one}.
        runner: function, makes outputs from inputs, {name: array} both.
    """

    def __init__(
        self, path: Path, inputs: dict[str, Input], outputs: dict[str, Medium], shapes: dict[str, tuple], runner: Run
    ):
        super().__init__("generator", inputs, outputs)
        self.path, self.shapes, self.runner = path, shapes, runner

    def output_shapes(self) -> dict[str, tuple]:
        return dict(self.shapes)

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Makes outputs as networks do, whatever their type in the file.

        Raises:
            ValueError: if the file does not run, or makes something else than it says; in one line.
        """
        try:
            made = self.runner(inputs)
        except Exception as error:  # each runtime has its own kinds
            reason = " ".join(str(error).split())
            raise ValueError(f"The exported generator must run. Received: {self.path}: {reason}") from error
        count = len(next(iter(inputs.values())))
        return {name: self._checked(name, made.get(name), count) for name in self.outputs}

    def _checked(self, name, values, count):
        medium, shape = self.outputs[name], (count, *self.shapes[name])
        types = list(dict.fromkeys((medium.dtype, medium.held_dtype)))
        values = np.asarray(values)
        sizes = zip(values.shape, shape, strict=False)
        if len(values.shape) != len(shape) or values.dtype not in types or any(b not in (None, a) for a, b in sizes):
            raise ValueError(
                f"The exported generator must make {name!r} of shape {shape}, {' or '.join(types)}. "
                f"Received: {self.path} with {values.dtype} {values.shape}."
            )
        return values if values.dtype == medium.dtype else medium.begin(values)


def open_generator(path: str | os.PathLike) -> Generator:
    """Opens a SavedModel or an ONNX file that this package has written.

    Args:
        path: a file `*.onnx`, a SavedModel's folder, or the folder of its versions (the newest is taken).

    Returns:
        A `keras_gan.inputs.Generator` with the inputs and outputs that the file describes.

    Raises:
        FileNotFoundError: if there is nothing of the kind.
        ValueError: if the file does not say what it takes and makes, or says something that is not plausible.

    Example:

    >>> import tempfile, keras_gan as kg
    >>> gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     generator = open_generator(kg.exporting.to_onnx(gan, folder + "/generator.onnx"))
    >>> generator.sample(4, seed=0).shape
    (4, 8, 8, 1)
    """
    path = Path(path)
    if path.is_dir():
        folder = version_to_load(path)
        about = folder / ABOUT
        told = _told(about) if about.exists() else {}
        return ExportedFile(path, *_described(told, path), saved_model_runner(folder))
    runner, told = onnx_runner(path), onnx_session(path).get_modelmeta().custom_metadata_map
    return ExportedFile(path, *_described(told, path), runner)


def is_exported(path: Path) -> bool:
    """Tells whether `open_generator` takes this path."""
    return path.suffix == ".onnx" or (path.is_dir() and (is_saved_model(path) or bool(versions(path))))


def _told(path: Path) -> dict[str, str]:
    try:
        told = parse_json(read(path, "A description"))
        if not isinstance(told, dict):
            raise ValueError("a dict was expected")
        return told
    except ValueError as error:
        raise ValueError(
            f"A SavedModel's description must be readable. Received: {path}: {error}. Export it again."
        ) from error


def _described(told: dict[str, Any], path: Path) -> tuple[dict[str, Input], dict[str, Medium], dict[str, tuple]]:
    """Returns inputs, outputs and their shapes, as a file describes them.

    Raises:
        ValueError: if it does not, or by what is not plausible.
    """
    before = "inputs" not in told and "outputs" not in told  # as of files that were written before these were told
    try:
        if before:
            return _of_latents(told)
        inputs = interface.read_inputs(told.get("inputs"))
        outputs, shapes = interface.read_outputs(told.get("outputs"))
    except (KeyError, TypeError, ValueError) as error:
        what = "what latents it takes" if before else "what it takes and makes"
        raise ValueError(
            f"An exported generator must say {what}. Received: {path}, without {error}. "
            "Export it again with keras_gan.exporting."
        ) from error
    return inputs, outputs, shapes


def _of_latents(told):
    """Reads the keys of format 1: pictures from a latent, and perhaps a label."""
    latent, image = (interface.shape(_parsed(told[name]), name) for name in ("latent_shape", "image_shape"))
    if len(image) != 3:
        raise ValueError(f"image_shape {image}")
    distribution = told["latent_distribution"]
    if distribution not in DISTRIBUTIONS:
        raise ValueError(f"latent_distribution {distribution!r}")
    inputs = {"latent": Latent(latent, distribution)}
    if "num_classes" in told:
        inputs["label"] = Label(interface.whole(1)(int(told["num_classes"]), "num_classes"))
    return inputs, {"image": Images()}, {"image": image}


def _parsed(text):
    return parse_json(text) if isinstance(text, str) else None
