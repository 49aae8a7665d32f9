from typing import Any

from keras_gan.recipes.dcgan import dcgan
from keras_gan.recipes.training import Training


def dcgan_digits(data: Any = "digits", epochs: int = 20, **options: Any) -> Training:
    """DCGAN on handwritten digits of 8x8 pixels that come with the package. The default.

    Args:
        data: source for `keras_gan.data.images`.
        epochs: each of ten passes over the data.
        options: further arguments of `dcgan`.
    """
    settings = {"latent_dim": 16, "filters": 64, "base": 2, "gamma": 0.1, **options}
    gan, dataset, _ = dcgan(data, **settings)
    return Training(gan, dataset.repeat(10), epochs)
