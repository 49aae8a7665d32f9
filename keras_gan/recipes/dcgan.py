from typing import Any

import keras

from keras_gan import data as kg_data
from keras_gan.models.acgan import ACGAN
from keras_gan.models.gan import GAN
from keras_gan.networks import DCGANDiscriminator, DCGANGenerator
from keras_gan.penalties import R1
from keras_gan.recipes.classes import number_of_classes
from keras_gan.recipes.training import Training


def dcgan(
    data: Any = "digits",
    epochs: int = 20,
    batch_size: int = 32,
    seed: int = 0,
    latent_dim: int = 64,
    filters: int = 32,
    base: int | None = None,
    gamma: float = 0.3,
    learning_rate: float = 1e-3,
    ema_half_life: float = 10_000,
    discriminator_steps: int = 1,
    labels: str | None = None,
    **data_options: Any,
) -> Training:
    """DCGAN on any square images: your folder, an array, a TFDS name.

        keras-gan train dcgan --data my_photos --size 64 --channels 3 --epochs 100

    Non-saturating loss with lazy R1 instead of batch normalization in the discriminator; RMS normalization in the
    generator, because batch statistics do not fit averaged weights; the moving average of the generator draws. Narrow
    networks and small batches: on a CPU they learn most per second.

    Args:
        data: source for `keras_gan.data.images`.
        epochs: passes over the data.
        batch_size: images per step.
        seed: sets Keras's global seed, the order of the data and the latents.
        latent_dim: numbers per latent.
        filters: channels of the finest feature maps of both networks.
        base: size of the coarsest feature maps, pixels, or None for the smallest from 4 on.
        gamma: weight of R1, evaluated every 16 steps.
        learning_rate: of Adam (betas 0.5 and 0.99), for both players.
        ema_half_life: of the generator's moving average, in images.
        discriminator_steps: updates of the discriminator per update of the generator, on as many parts of a batch.
        labels: what the discriminator does with the classes of data that have them: "projection" or "concatenation"
            (conditional GAN), "classifier" (AC-GAN). The generator then draws the class it is told. Defaults to None.
        data_options: further arguments of `keras_gan.data.images` (size, channels, flip, ...).
    """
    keras.utils.set_random_seed(seed)
    dataset = kg_data.images(data, batch_size=batch_size, seed=seed, **data_options)
    image_shape = tuple(dataset.element_spec["image"].shape[1:])
    shared = {"filters": filters, "base": base, "kernel_initializer": "glorot_uniform"}
    classes = {} if labels is None else {"num_classes": number_of_classes(data, dataset)}
    of_discriminator = {} if labels is None else {**classes, "conditioning": labels}
    gan = (ACGAN if labels == "classifier" else GAN)(
        DCGANGenerator(image_shape, latent_dim=latent_dim, normalization="rms", **shared, **classes),
        DCGANDiscriminator(image_shape, **shared, **of_discriminator),
        ema_half_life=ema_half_life,
        discriminator_steps=discriminator_steps,
        seed=seed,
    )
    gan.compile(
        optimizer=keras.optimizers.Adam(learning_rate, beta_1=0.5, beta_2=0.99),
        penalties=[R1(gamma=gamma, interval=16)],
    )
    return Training(gan, dataset, epochs)
