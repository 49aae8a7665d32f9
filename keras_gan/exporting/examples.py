"""Made-up inputs that exports are compared with: also signals for generators that translate, without any data."""

from typing import Any

import numpy as np

from keras_gan.inputs import Generator
from keras_gan.media import Labels

WAVES = 4  # that one signal is the sum of
SIDE = 32  # where a size may vary


def reference(generator: Generator, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Makes up columns of data for the signals that a generator is given. Row i does not depend on `count`.

    Args:
        generator: `keras_gan.inputs.Generator`; of those that are given nothing the result is empty.
        count: int, number of rows.
        seed: int.

    Returns:
        {column: array (count, *shape)}: float32 in [-1, 1], smooth along every axis, as pictures and sounds are; of
        labels each class in turn.

    Example:

    >>> from keras_gan.inputs import Given
    >>> from keras_gan.media import Images
    >>> translator = Generator("a_to_b", {"a": Given("a", (8, 8, 1))}, {"b": Images()})
    >>> reference(translator, 3)["a"].shape
    (3, 8, 8, 1)
    """
    given = {each.column: each for each in generator.inputs.values() if hasattr(each, "medium")}
    return {name: _column(each, count, [seed, number]) for number, (name, each) in enumerate(given.items())}


def examples(generator: Generator, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Returns good inputs of a generator: those of `fixed_inputs`, with made-up signals where it is given some."""
    return generator.fixed_inputs(count, seed, reference(generator, count, seed))


def _column(given: Any, count: int, seed: list[int]) -> np.ndarray:
    if isinstance(given.medium, Labels):
        return (np.arange(count) % (given.medium.num_classes or 1)).astype("int32")
    shape = tuple(SIDE if side is None else side for side in given.shape)
    return np.stack([_smooth(shape, np.random.default_rng([*seed, row])) for row in range(count)])


def _smooth(shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """Returns a sum of waves, each along a direction of its own."""
    axes = np.meshgrid(*(np.linspace(0, 2 * np.pi, side) for side in shape), indexing="ij", sparse=True)
    values = np.zeros(shape)
    for _ in range(WAVES):
        speeds, phase = random.uniform(-2, 2, len(shape)), random.uniform(0, 2 * np.pi)
        values += np.cos(sum((speed * axis for speed, axis in zip(speeds, axes, strict=True)), phase))
    return np.clip(values / 2, -1, 1).astype("float32")
