from typing import Any

from keras_gan.recipes.dcgan import dcgan
from keras_gan.recipes.training import Training


def dcgan_fashion_mnist(data: Any = "fashion_mnist", epochs: int = 20, **options: Any) -> Training:
    """DCGAN on Fashion-MNIST, 28x28 grey pictures of clothes.

    Args:
        data: source for `keras_gan.data.images`.
        epochs: passes over the data.
        options: further arguments of `dcgan`.
    """
    return dcgan(data, epochs=epochs, **options)
