"""What images can come from: a GAN, or what was exported from one."""

from collections.abc import Iterator

import numpy as np

from keras_gan.exporting.opening import is_exported, open_generator
from keras_gan.inputs import Generator
from keras_gan.models.gan import GAN

__all__ = ["generated", "is_exported", "open_generator"]


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
