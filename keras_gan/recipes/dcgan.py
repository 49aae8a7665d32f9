"""DCGAN on any square images: your folder, an array, a TFDS name.

    keras-gan train dcgan --data my_photos --size 64 --channels 3 --epochs 100

Non-saturating loss with lazy R1 instead of batch normalization in the discriminator; RMS normalization in the
generator, because batch statistics do not fit averaged weights; the moving average of the generator draws. Narrow
networks and small batches: on a CPU they learn most per second.

Reference: Radford et al. 2015, arXiv:1511.06434; R1: Mescheder et al. 2018, arXiv:1801.04406.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

import keras

from keras_gan import data as kg_data
from keras_gan.models.acgan import ACGAN
from keras_gan.models.gan import GAN
from keras_gan.networks import DCGANDiscriminator, DCGANGenerator
from keras_gan.penalties import R1
from keras_gan.recipes import options
from keras_gan.recipes.classes import number_of_classes
from keras_gan.recipes.signatures import passes_on

EPOCHS = 20


def data(
    source: options.Source = "digits",
    batch_size: options.BatchSize = 32,
    seed: options.Seed = 0,
    size: options.Size = None,
    channels: Literal[1, 3, 4] | None = None,
    flip: Annotated[bool, options.OfSource()] = False,
    passes: options.Passes = 1,
    split: Annotated[str, options.OfSource()] = "train",
    fit: Literal["crop", "pad", "stretch"] = "crop",
    upscale: bool = False,
    value_range: Annotated[tuple[float, float] | None, options.OfSource()] = None,
    bad_files: options.BadFiles = "raise",
    shuffle: bool = True,
    drop_remainder: bool = True,
    cache: Annotated[bool | Path, options.OfSource()] = True,
    data_dir: options.Folder = None,
    archives: options.Folder = None,
) -> Any:
    """Makes batches of images, with their labels where the source has them: `keras_gan.data.images`.

    Args:
        source: A folder of images, an .npz or .npy file, "digits", or the name of a TensorFlow data set.
        batch_size: Images per step.
        seed: The same seed begins with the same weights and gives the same order of the data.
        size: Width and height to bring the images to, in pixels, or height and width, as in 64x48. Defaults to the
            images' own.
        channels: 1 for grey, 3 for colour, 4 with transparency. Defaults to the images' own.
        flip: Also show the images mirrored, at random.
        passes: Passes over the data that make one epoch.
        split: Part of a named data set.
        fit: How images of another shape are brought to the size.
        upscale: Whether images smaller than the size may be enlarged.
        value_range: Lowest and highest value that the source's numbers can take, as in 0,1. Defaults to what their type
            says.
        bad_files: What to do about files in a folder that are no images.
        shuffle: Whether each epoch has another order.
        drop_remainder: Whether the last, smaller batch of an epoch is left out.
        cache: Whether decoded images are kept in memory, or a folder to keep them in.
        data_dir: Folder of prepared data sets.
        archives: Folder with a named data set's own archives, instead of a download.
    """
    dataset = kg_data.images(**locals())  # every option is one of its arguments
    dataset.source = source  # its classes need not be counted where it knows them
    return dataset


def networks(
    dataset: Any,
    seed: options.Seed = 0,
    latent_dim: options.LatentDim = 64,
    filters: options.Filters = 32,
    base: options.Base = None,
    ema_half_life: float | None = 10_000,
    discriminator_steps: options.Updates = 1,
    labels: Literal["projection", "concatenation", "classifier"] | None = None,
) -> GAN:
    """Makes a GAN of DCGAN's networks that is not compiled.

    Args:
        dataset: batches with "image", and "label" if there are to be `labels`.
        seed: The same seed draws the same latents.
        latent_dim: Numbers per latent.
        filters: Channels of the finest feature maps of both networks.
        base: Size of the coarsest feature maps in pixels. Defaults to the smallest from 4 on.
        ema_half_life: Half-life of the generator's moving average, in images, or none for no average.
        discriminator_steps: Updates of the discriminator per update of the generator, on as many parts of a batch.
        labels: What the discriminator does with the classes of data that have them: projection and concatenation make
            a conditional GAN, classifier an AC-GAN. The generator then draws the class it is told.
    """
    image_shape = tuple(dataset.element_spec["image"].shape[1:])
    shared = {"filters": filters, "base": base, "kernel_initializer": "glorot_uniform"}
    classes = {} if labels is None else {"num_classes": number_of_classes(dataset)}
    of_discriminator = {} if labels is None else {**classes, "conditioning": labels}
    return (ACGAN if labels == "classifier" else GAN)(
        DCGANGenerator(image_shape, latent_dim=latent_dim, normalization="rms", **shared, **classes),
        DCGANDiscriminator(image_shape, **shared, **of_discriminator),
        ema_half_life=ema_half_life,
        discriminator_steps=discriminator_steps,
        seed=seed,
    )


@passes_on(networks)
def gan(dataset: Any, gamma: float = 0.3, learning_rate: float = 1e-3, **further: Any) -> GAN:
    """Makes the compiled GAN.

    Args:
        dataset: batches of `data`.
        gamma: Weight of R1, which is evaluated every 16 steps.
        learning_rate: Learning rate of Adam (betas 0.5 and 0.99), for both players.
        further: further arguments of `networks`.
    """
    made = networks(dataset, **further)
    made.compile(
        optimizer=keras.optimizers.Adam(learning_rate, beta_1=0.5, beta_2=0.99),
        penalties=[R1(gamma=gamma, interval=16)],
    )
    return made
