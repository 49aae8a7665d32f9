"""Requests that a SavedModel's signatures are tried with, and the comparison of the answers with Keras."""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from keras_gan._backend import exact
from keras_gan.exporting.file_kinds import file_kind
from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.exporting.signatures import BYTES, draw_latents, held_otherwise, signatures, translated
from keras_gan.inputs import Latent
from keras_gan.latents.distributions import truncated
from keras_gan.media import Medium

if TYPE_CHECKING:
    import tensorflow as tf

SIZES = (1, 3)  # batches in which signatures are compared


def examples(generator: ExportedGenerator, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Returns a good value, `count` rows, for every input that a signature may have; signals as networks see them."""
    values = {
        **generator.examples(count, seed),
        "seed": np.arange(seed, seed + count, dtype="int64"),
        "truncation": np.linspace(0.4, 1.6, count, dtype="float32"),
    }
    for name, kind in translated(generator).items():
        if kind:
            medium = generator.inputs[name].medium
            values[name + BYTES] = kind.encode(medium, medium.finish(values[name])).numpy()
    return values


def asked(generator: ExportedGenerator, specs: "list[tf.TensorSpec]", count: int, seed: int = 0) -> dict:
    """Returns the inputs of a good request, of the types that a signature takes."""
    values, found = examples(generator, count, seed), {}
    for spec in specs:
        value = values[spec.name]
        as_held = value.dtype != object and value.dtype != spec.dtype.as_numpy_dtype
        found[spec.name] = generator.inputs[spec.name].medium.finish(value) if as_held else value
    return found


def compare(
    generator: ExportedGenerator,
    run: Callable[[str, Mapping[str, np.ndarray]], Mapping[str, np.ndarray]],
    atol: float,
) -> None:
    """Compares the signatures that give what people hold with Keras.

    Args:
        generator: what the file was made from.
        run: (name of a signature, its inputs) -> its outputs.
        atol: float, largest difference of float outputs allowed; whole numbers, such as pixels, may differ by one level
            more, since a value may lie just on either side of a limit.

    Raises:
        ValueError: if a signature fails to run, or makes something else.
    """
    for name, signature in signatures(generator).items():
        if name == "serving_default":  # `ExportedGenerator.differences` does it
            continue
        for size in SIZES:
            inputs = asked(generator, signature.inputs, size)
            what = f"signature {name!r} of the SavedModel"
            try:
                with exact():
                    received = decoded(generator, run(name, inputs))
            except Exception as error:  # whatever TensorFlow raises
                raise ValueError(f"The {what} must run. Received: an error at batch size {size}: {error}") from error
            made = generator.run(as_keras_takes(generator, inputs))
            for output, value in received.items():
                medium = generator.outputs[output]
                _check(what, output, value, medium.finish(made[output]), _allowed(medium, atol), size)


def _check(what, output, received, expected, allowed, size):
    same = received.shape == expected.shape
    difference = np.max(np.abs(received.astype("float64") - expected)) if same else np.inf
    if not difference <= allowed:
        raise ValueError(
            f"The {what} must draw what Keras draws, to a level. Received: {output!r} of shape {received.shape} that "
            f"differs by up to {difference:g} levels at batch size {size}."
        )


def _allowed(medium: Medium, atol: float) -> float:
    """Returns the largest difference allowed between held values, where that of values in [-1, 1] is `atol`."""
    if not held_otherwise(medium):
        return atol
    limits = np.iinfo(medium.held_dtype)
    return 1 + math.floor((int(limits.max) - int(limits.min)) / 2 * atol)


def as_keras_takes(generator: ExportedGenerator, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the inputs of the network for those of a signature: latents for seeds, truncated by NumPy; signals."""
    found = dict(inputs)
    for name, each in generator.inputs.items():
        if isinstance(each, Latent) and "seed" in inputs:
            latents = np.stack([draw_latents(each, seed[None])[0].numpy() for seed in inputs["seed"]])
            rows = zip(latents, inputs.get("truncation", [math.inf] * len(latents)), strict=True)
            found[name] = np.stack([truncated(row, float(limit), each.distribution) for row, limit in rows])
        elif name + BYTES in inputs:
            kind = file_kind(each.medium, each.shape)
            found[name] = each.medium.begin(kind.decode(each.medium, inputs[name + BYTES], each.shape).numpy())
        elif hasattr(each, "medium") and inputs[name].dtype != each.medium.dtype:
            found[name] = each.medium.begin(inputs[name])
    return {name: found[name] for name in generator.names}


def decoded(generator: ExportedGenerator, outputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns {output: held array} of what a signature gave, its files read."""
    found = {}
    for name, value in outputs.items():
        output = name if name in generator.outputs else name.removesuffix(BYTES)
        if output != name:
            medium, shape = generator.outputs[output], generator.shapes[output]
            value = file_kind(medium, shape).decode(medium, np.array(value, object), shape).numpy()
        found[output] = np.asarray(value)
    return found
