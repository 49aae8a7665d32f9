"""What images can come from: a GAN, or what was exported from one."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_gan import inputs
from keras_gan.arguments import check_whole
from keras_gan.evaluation.rows import begun, row_batches
from keras_gan.exporting.opening import is_exported, open_generator
from keras_gan.game.game import Game
from keras_gan.inputs import Generator

__all__ = ["generated", "is_exported", "open_generator"]


def generated(
    source: Game | Generator,
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
