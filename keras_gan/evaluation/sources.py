"""What images can come from: a GAN, or what was exported from one."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_gan.exporting.onnx import onnx_runner
from keras_gan.exporting.saved_model import ABOUT, is_saved_model, saved_model_runner, version_to_load, versions
from keras_gan.latents import DISTRIBUTIONS, fixed_latents
from keras_gan.models.batches import labels_for
from keras_gan.models.gan import GAN
from keras_gan.pictures import to_uint8


class Generator(NamedTuple):
    """An exported generator, ready to draw.

    Attributes:
        run: function of {"latent": float32 array} to float32 images in [-1, 1].
        latent_shape: shape of one latent.
        distribution: "normal" or "uniform".
        image_shape: (height, width, channels).
        num_classes: int, or None without labels.
    """

    run: Callable[[dict[str, np.ndarray]], np.ndarray]
    latent_shape: tuple[int, ...]
    distribution: str
    image_shape: tuple[int, int, int]
    num_classes: int | None = None

    def fixed_inputs(self, count: int, seed: int | None = None) -> dict[str, np.ndarray]:
        """Draws inputs: those of `GAN.fixed_inputs`."""
        inputs = {"latent": fixed_latents(count, self.latent_shape, self.distribution, seed)}
        return inputs if self.num_classes is None else {**inputs, "label": labels_for(count, None, self.num_classes)}

    def sample(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        """Draws uint8 images."""
        return to_uint8(self.run(inputs))


def generated(
    generator: GAN | Generator, count: int = 10_000, seed: int = 0, batch_size: int = 256
) -> Iterator[dict[str, np.ndarray]]:
    """Yields batches of samples: {"image": uint8 array, and the inputs that are labels, if any}.

    Args:
        generator: a `GAN` (its average draws) or what `open_generator` returns.
        count: int >= 1, number of images.
        seed: int, seed of the latents.
        batch_size: int, images at a time.

    Raises:
        ValueError: if `count` is not a whole number above 0.

    Example:

    >>> import keras_gan as kg
    >>> gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
    >>> [len(batch["image"]) for batch in generated(gan, count=5, batch_size=2)]
    [2, 2, 1]
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"`count` must be a whole number >= 1. Received: count={count!r}.")
    inputs = generator.fixed_inputs(count, seed)
    for start in range(0, count, batch_size):
        part = {name: value[start : start + batch_size] for name, value in inputs.items()}
        yield {"image": generator.sample(inputs=part), **({"label": part["label"]} if "label" in part else {})}


def open_generator(path: str | os.PathLike) -> Generator:
    """Opens a SavedModel or an ONNX file that this package has written.

    Args:
        path: a file `*.onnx`, a SavedModel's folder, or the folder of its versions (the newest is taken).

    Raises:
        FileNotFoundError: if there is nothing of the kind.
        ValueError: if the file does not say how to draw from it.
    """
    path = Path(path)
    if path.is_dir():
        folder = version_to_load(path)
        about = folder / ABOUT
        described = json.loads(about.read_text()) if about.exists() else {}
        return _generator(saved_model_runner(folder), described, path)
    run, described = onnx_runner(path), _onnx_metadata(path)
    return _generator(run, described, path)


def is_exported(path: Path) -> bool:
    """Tells whether `open_generator` takes this path."""
    return path.suffix == ".onnx" or (path.is_dir() and (is_saved_model(path) or bool(versions(path))))


def _onnx_metadata(path: Path) -> dict[str, str]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.get_modelmeta().custom_metadata_map


def _generator(run: Callable, described: dict[str, Any], path: Path) -> Generator:
    try:
        latent, image = (tuple(json.loads(described[name])) for name in ("latent_shape", "image_shape"))
        distribution = described["latent_distribution"]
        classes = int(described["num_classes"]) if "num_classes" in described else None
        if distribution not in DISTRIBUTIONS:
            raise ValueError(f"latent_distribution {distribution!r}")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"An exported generator must say what latents it takes. Received: {path}, without {error}. "
            "Export it again with keras_gan.exporting."
        ) from error
    return Generator(run, latent, distribution, image, classes)
