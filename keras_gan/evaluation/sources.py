"""What images can come from: a GAN, or what was exported from one."""

import itertools
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_gan import inputs
from keras_gan.arguments import check_whole
from keras_gan.evaluation.rows import begun, row_batches
from keras_gan.exporting.onnx import onnx_runner, onnx_session
from keras_gan.exporting.saved_model import ABOUT, is_saved_model, saved_model_runner, version_to_load, versions
from keras_gan.game.game import Game
from keras_gan.latents.distributions import DISTRIBUTIONS
from keras_gan.media import to_uint8
from keras_gan.storage.texts import parse_json, read

MOST = 2**24  # numbers of one latent or image, and classes: 64 MiB


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

    @property
    def inputs(self) -> dict[str, inputs.Input]:
        """{name: what it is fed}."""
        fed = {"latent": inputs.Latent(self.latent_shape, self.distribution)}
        return fed if self.num_classes is None else {**fed, "label": inputs.Label(self.num_classes)}

    def made(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Draws {"image": uint8 array}."""
        return {"image": to_uint8(self.run(inputs))}


def generated(
    source: Game | inputs.Generator | Generator,
    count: int = 10_000,
    seed: int = 0,
    batch_size: int = 256,
    reference: Any = None,
    generator: str | None = None,
) -> Iterator[dict[str, np.ndarray]]:
    """Yields batches of samples: {output: array as people hold it, and the inputs that are labels, if any}.

    Args:
        source: a game, such as a `GAN` (its average draws), or a generator, such as `open_generator` returns.
        count: int >= 1, number of samples. Those that translate make at most as many as the reference has rows.
        seed: int, seed of the latents.
        batch_size: int, samples at a time. Those that translate take the batches of the reference.
        reference: real data, for generators that translate: a data set, batches of columns, or a dict of arrays, as
            networks see them or as people hold them. Defaults to None.
        generator: str, which of the game's generators. Defaults to the first.

    Raises:
        ValueError: if `count` is not a whole number above 0, the generator is unknown, or the reference lacks what it
            translates.

    Example:

    >>> import keras_gan as kg
    >>> gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
    >>> [len(batch["image"]) for batch in generated(gan, count=5, batch_size=2)]
    [2, 2, 1]
    """
    check_whole("count", count)
    if isinstance(source, Game):
        source = source.generator_called(generator)
    elif generator is not None:
        raise ValueError(f"`generator` must be None: it names one of a game's. Received: generator={generator!r}.")
    labels = [name for name, each in source.inputs.items() if isinstance(each, inputs.Label)]
    for fed in _batches_of_inputs(source, count, seed, batch_size, reference):
        yield {**source.made(inputs=fed), **{name: fed[name] for name in labels}}


def _batches_of_inputs(source, count, seed, batch_size, reference):
    """Yields what a generator is fed, {input: array}: what is drawn beside what is given, where it translates."""
    given = {name: each for name, each in source.inputs.items() if isinstance(each, inputs.Given)}
    drawn = {name: each.fixed(count, seed) for name, each in source.inputs.items() if name not in given}
    if given:
        media = {each.column: each.medium for each in given.values()}
        batches = [{}] if reference is None else (begun(rows, media) for rows in row_batches(reference, batch_size))
    else:
        batches = itertools.repeat({})
    start = 0
    for rows in batches:
        size = min(count - start, len(next(iter(rows.values()))) if rows else batch_size)
        if not size:
            return
        part = {name: each.fixed(size, reference=rows) for name, each in given.items()}
        yield {**part, **{name: values[start : start + size] for name, values in drawn.items()}}
        start += size


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
        described = _described(about) if about.exists() else {}
        return _generator(saved_model_runner(folder), described, path)
    run, described = onnx_runner(path), onnx_session(path).get_modelmeta().custom_metadata_map
    return _generator(run, described, path)


def is_exported(path: Path) -> bool:
    """Tells whether `open_generator` takes this path."""
    return path.suffix == ".onnx" or (path.is_dir() and (is_saved_model(path) or bool(versions(path))))


def _described(path: Path) -> dict[str, str]:
    try:
        described = parse_json(read(path, "A description"))
        if not isinstance(described, dict):
            raise ValueError("a dict was expected")
        return described
    except ValueError as error:
        raise ValueError(
            f"A SavedModel's description must be readable. Received: {path}: {error}. Export it again."
        ) from error


def _generator(run: Callable, described: dict[str, Any], path: Path) -> Generator:
    try:
        latent, image = (_shape(described, name) for name in ("latent_shape", "image_shape"))
        if len(image) != 3:
            raise ValueError(f"image_shape {image}")
        distribution = described["latent_distribution"]
        if distribution not in DISTRIBUTIONS:
            raise ValueError(f"latent_distribution {distribution!r}")
        classes = int(described["num_classes"]) if "num_classes" in described else None
        if classes is not None and not 1 <= classes <= MOST:
            raise ValueError(f"num_classes {classes}")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"An exported generator must say what latents it takes. Received: {path}, without {error}. "
            "Export it again with keras_gan.exporting."
        ) from error
    return Generator(_checked(run, image, path), latent, distribution, image, classes)


def _shape(described: dict[str, Any], name: str) -> tuple[int, ...]:
    """Reads a shape of a plausible number of values from metadata."""
    text = described[name]
    shape = parse_json(text) if isinstance(text, str) else None
    if not isinstance(shape, list) or not all(type(side) is int and 0 < side <= MOST for side in shape):
        raise ValueError(f"{name} {str(text)[:99]}")
    if math.prod(shape) > MOST:
        raise ValueError(f"{name} {str(text)[:99]}: at most {MOST:,} numbers are drawn")
    return tuple(shape)


def _checked(run: Callable, image_shape: tuple[int, int, int], path: Path) -> Callable:
    """Returns the function, with its errors in one line, and its images compared with what the file says of them."""

    def checked(inputs: dict[str, np.ndarray]) -> np.ndarray:
        try:
            images = run(inputs)
        except Exception as error:  # each runtime has its own kinds
            reason = " ".join(str(error).split())
            raise ValueError(f"The exported generator must run. Received: {path}: {reason}") from error
        expected = (len(next(iter(inputs.values()))), *image_shape)
        if images.shape != expected or images.dtype not in ("float32", "uint8"):
            raise ValueError(
                f"The exported generator must draw images of shape {expected}, float32 or uint8. "
                f"Received: {path} with {images.dtype} {images.shape}."
            )
        return images

    return checked
