from typing import Any

from keras_gan.recipes.dcgan import dcgan
from keras_gan.recipes.training import Training


def cgan(data: Any = "digits", epochs: int = 20, labels: str = "projection", **options: Any) -> Training:
    """Conditional GAN: draws the class that you ask for (projection discriminator).

        keras-gan train cgan --data my_photos    # one sub-folder for each class
        keras-gan sample runs/cgan --label 3

    The DCGAN recipe with labels: the generator's latent gets the label's embedding, the discriminator's logit its
    projection on the features (Miyato and Koyama 2018, arXiv:1802.05637).

    Args:
        data: source for `keras_gan.data.images`, with classes.
        epochs: passes over the data.
        labels: "projection", or "concatenation" for Mirza and Osindero's (arXiv:1411.1784).
        options: further arguments of `dcgan`.
    """
    return dcgan(data, epochs=epochs, labels=labels, **options)
