from typing import Any

from keras_gan.recipes.dcgan import dcgan
from keras_gan.recipes.training import Training


def acgan(data: Any = "digits", epochs: int = 20, **options: Any) -> Training:
    """AC-GAN: draws the class that you ask for; its discriminator also names classes.

        keras-gan train acgan --data my_photos    # one sub-folder for each class

    The DCGAN recipe with labels and a classifier's head (Odena et al. 2017, arXiv:1610.09585).

    Args:
        data: source for `keras_gan.data.images`, with classes.
        epochs: passes over the data.
        options: further arguments of `dcgan`.
    """
    return dcgan(data, epochs=epochs, labels="classifier", **options)
