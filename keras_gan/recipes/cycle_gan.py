"""CycleGAN: translates pictures between two domains without pairs, such as horses and zebras.

    keras-gan train cycle_gan --data horse2zebra --size 64              # a folder with trainA and trainB
    keras-gan train cycle_gan --data horses --other zebras --size 64    # two folders

Two residual generators, two patch discriminators; least squares, cycle and identity losses, pools of earlier fakes.
Digits against digits that are turned, inverted and tinted, where the
truth is known: `python scripts/learning cycle_gan`.

Reference: Zhu et al. 2017, arXiv:1703.10593. Deviations: narrower networks, 3 blocks and batches of 4 by default.
"""

from typing import Annotated, Any, Literal

import keras

from keras_gan import data as kg_data
from keras_gan.models.cycle_gan import CycleGAN
from keras_gan.networks import PatchGAN, ResnetGenerator
from keras_gan.recipes import options

EPOCHS = 100


def data(
    source: options.Source,
    other: Annotated[str | None, options.OfSource()] = None,
    batch_size: options.BatchSize = 4,
    seed: options.Seed = 0,
    size: options.Size = None,
    channels: Literal[1, 3, 4] | None = None,
    flip: Annotated[bool, options.OfSource()] = False,
    jitter: Annotated[int, options.Between(0, 2**12)] = 0,
    passes: options.Passes = 1,
    fit: Literal["crop", "pad", "stretch"] = "crop",
    upscale: bool = False,
    bad_files: options.BadFiles = "raise",
    data_dir: options.Folder = None,
    archives: options.Folder = None,
) -> Any:
    """Makes batches of pictures of both domains: `keras_gan.data.domains`.

    Args:
        source: A folder with the sub-folders trainA and trainB, or the name of such a data set; with another, the
            pictures of domain a.
        other: The pictures of domain b.
        batch_size: Pictures of each domain per step.
        seed: The same seed begins with the same weights and gives the same order of the data.
        size: Width and height in pixels, multiples of 4. Defaults to the pictures' own.
        channels: 1 for grey, 3 for colour, 4 with transparency. Defaults to the pictures' own.
        flip: Also show the pictures mirrored, at random.
        jitter: Pixels by which pictures are made larger before a part of their size is cut out at random.
        passes: Passes over the data that make one epoch.
        fit: How pictures of another shape are brought to the size.
        upscale: Whether pictures smaller than the size may be enlarged.
        bad_files: What to do about files that are no pictures.
        data_dir: Folder of prepared data sets.
        archives: Folder with a named data set's own archives, instead of a download.
    """
    given = locals()
    return kg_data.domains(given.pop("source"), given.pop("other"), **given)


def gan(
    dataset: Any,
    seed: options.Seed = 0,
    filters: options.Filters = 24,
    blocks: Annotated[int, options.Between(0, 64)] = 3,
    stages: Annotated[int, options.Between(1, 6)] = 2,
    cycle_weight: Annotated[float, options.Between(0, 1e6)] = 10.0,
    identity_weight: Annotated[float, options.Between(0, 1e6)] = 0.5,
    pool_size: Annotated[int, options.Between(0, 2**16)] = 50,
    learning_rate: Annotated[float, options.Between(0, 1)] = 2e-4,
    ema_half_life: float | None = 10_000,
) -> CycleGAN:
    """Makes the compiled GAN.

    Args:
        dataset: batches of `data`.
        seed: The same seed draws the same random numbers.
        filters: Channels of the finest feature maps of all networks.
        blocks: Residual blocks of each generator.
        stages: Halvings of the discriminators: their logits see 16, 34, 70 or 142 pixels with 1 to 4.
        cycle_weight: Weight of the difference after there and back.
        identity_weight: Weight of what a generator changes in pictures that are of its domain already, as a share of
            the cycle weight.
        pool_size: Fakes of earlier steps that are kept for each discriminator.
        learning_rate: Learning rate of Adam (betas 0.5 and 0.999), for both players.
        ema_half_life: Half-life of the generators' moving averages, in pictures, or none for no average.
    """
    a, b = (tuple(dataset.element_spec[name].shape[1:]) for name in ("a", "b"))
    made = CycleGAN(
        ResnetGenerator(a, b[-1], filters=filters, blocks=blocks, name="a_to_b"),
        ResnetGenerator(b, a[-1], filters=filters, blocks=blocks, name="b_to_a"),
        PatchGAN(a, filters=filters, stages=stages, name="judge_a"),
        PatchGAN(b, filters=filters, stages=stages, name="judge_b"),
        cycle_weight=cycle_weight,
        identity_weight=identity_weight,
        pool_size=pool_size,
        ema_half_life=ema_half_life,
        seed=seed,
    )
    made.compile(keras.optimizers.Adam(learning_rate, beta_1=0.5), loss="least_squares")
    return made
