"""Conditional GAN: draws the class that you ask for (projection discriminator).

    keras-gan train cgan --data my_photos    # one sub-folder for each class
    keras-gan sample runs/cgan --label 3

The DCGAN recipe with labels: the generator's latent gets the label's embedding, the discriminator's logit its
projection on the features.

Reference: Miyato and Koyama 2018, arXiv:1802.05637; concatenation: Mirza and Osindero 2014, arXiv:1411.1784.
"""

from typing import Any, Literal

from keras_gan.models.gan import GAN
from keras_gan.recipes import dcgan
from keras_gan.recipes.signatures import passes_on

EPOCHS = 20
data = dcgan.data


@passes_on(dcgan.gan)
def gan(dataset: Any, labels: Literal["projection", "concatenation"] = "projection", **further: Any) -> GAN:
    """Makes the compiled GAN.

    Args:
        dataset: batches of `data`, with "label".
        labels: What the discriminator does with the label of an image.
        further: further arguments of `keras_gan.recipes.dcgan.gan`.
    """
    return dcgan.gan(dataset, labels=labels, **further)
