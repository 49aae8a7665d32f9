"""pix2pix: translates pictures as pairs of them show, such as edges to shoes or labels to photographs.

    keras-gan train pix2pix --data my_pairs --size 64                    # pictures that hold both side by side
    keras-gan train pix2pix --data drawings --target photos --size 64    # two folders with the same names

A U-Net translates, a patch discriminator judges it beside the source; non-saturating loss, L1 and lazy R1. MNIST's
edges to digits at 32x32: `python scripts/learning pix2pix` tells L1, labels kept and the time.

Reference: Isola et al. 2017, arXiv:1611.07004. Deviations: R1, batches of 16 and narrower networks by default.
"""

from typing import Annotated, Any, Literal

import keras

from keras_gan import data as kg_data
from keras_gan.models.pix2pix import Pix2Pix
from keras_gan.networks import PatchGAN, UNetGenerator
from keras_gan.penalties import R1
from keras_gan.recipes import options

EPOCHS = 100


def data(
    source: options.Source,
    target: Annotated[str | None, options.OfSource()] = None,
    batch_size: options.BatchSize = 16,
    seed: options.Seed = 0,
    size: options.Size = None,
    source_half: Annotated[Literal["left", "right"], options.OfSource()] = "left",
    source_channels: Literal[1, 3, 4] | None = None,
    target_channels: Literal[1, 3, 4] | None = None,
    flip: Annotated[bool, options.OfSource()] = False,
    jitter: Annotated[int, options.Between(0, 2**12)] = 0,
    passes: options.Passes = 1,
    fit: Literal["crop", "pad", "stretch"] = "crop",
    upscale: bool = False,
    bad_files: options.BadFiles = "raise",
) -> Any:
    """Makes batches of pairs: `keras_gan.data.pairs`.

    Args:
        source: A folder of pictures that hold source and target side by side; with a target, a folder of sources.
        target: A folder of targets, whose files have the names of their sources.
        batch_size: Pairs per step.
        seed: The same seed begins with the same weights and gives the same order of the data.
        size: Width and height of one picture in pixels, multiples of 8. Defaults to the pictures' own.
        source_half: Which half of pictures side by side is the source.
        source_channels: 1 for grey, 3 for colour, 4 with transparency. Defaults to the pictures' own.
        target_channels: The same of the target.
        flip: Also show the pairs mirrored, at random.
        jitter: Pixels by which pairs are made larger before a part of their size is cut out at random.
        passes: Passes over the data that make one epoch.
        fit: How pictures of another shape are brought to the size.
        upscale: Whether pictures smaller than the size may be enlarged.
        bad_files: What to do about files that are no pictures, or have no partner.
    """
    return kg_data.pairs(**locals())  # every option is one of its arguments


def gan(
    dataset: Any,
    seed: options.Seed = 0,
    filters: options.Filters = 32,
    stages: Annotated[int, options.Between(1, 6)] = 2,
    l1_weight: Annotated[float, options.Between(0, 1e6)] = 100.0,
    dropout: Annotated[float, options.Between(0, 0.99)] = 0.5,
    gamma: Annotated[float, options.Between(0, 1e6)] = 0.3,
    learning_rate: Annotated[float, options.Between(0, 1)] = 2e-4,
    ema_half_life: float | None = 10_000,
) -> Pix2Pix:
    """Makes the compiled GAN.

    Args:
        dataset: batches of `data`.
        seed: The same seed draws the same random numbers.
        filters: Channels of the finest feature maps of both networks.
        stages: Halvings of the discriminator: its logits see 16, 34, 70 or 142 pixels with 1 to 4.
        l1_weight: Weight of the mean absolute difference from the target.
        dropout: Share dropped after the first three doublings of the generator, in training.
        gamma: Weight of R1, which is evaluated every 16 steps.
        learning_rate: Learning rate of Adam (betas 0.5 and 0.999), for both players.
        ema_half_life: Half-life of the generator's moving average, in pairs, or none for no average.
    """
    shapes = {name: tuple(dataset.element_spec[name].shape[1:]) for name in ("source", "target")}
    made = Pix2Pix(
        UNetGenerator(shapes["source"], shapes["target"][-1], filters=filters, dropout=dropout),
        PatchGAN(shapes, filters=filters, stages=stages),
        l1_weight=l1_weight,
        ema_half_life=ema_half_life,
        seed=seed,
    )
    made.compile(keras.optimizers.Adam(learning_rate, beta_1=0.5), penalties=[R1(gamma=gamma, interval=16)])
    return made
