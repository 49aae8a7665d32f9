"""AC-GAN: draws the class that you ask for; its discriminator also names classes.

    keras-gan train acgan --data my_photos    # one sub-folder for each class

The DCGAN recipe with labels and a classifier's head.

Reference: Odena et al. 2017, arXiv:1610.09585.
"""

from typing import Any

from keras_gan.models.acgan import ACGAN
from keras_gan.recipes import dcgan
from keras_gan.recipes.signatures import passes_on

EPOCHS = 20
data = dcgan.data


@passes_on(dcgan.gan, without=["labels"])
def gan(dataset: Any, **further: Any) -> ACGAN:
    """Makes the compiled GAN.

    Args:
        dataset: batches of `data`, with "label".
        further: further arguments of `keras_gan.recipes.dcgan.gan`.
    """
    return dcgan.gan(dataset, labels="classifier", **further)
