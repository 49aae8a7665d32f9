import keras

from keras_gan.media.medium import Medium


@keras.saving.register_keras_serializable("keras_gan")
class Vectors(Medium):
    """Numbers without further meaning: latents, codes, features. Float32 inside and outside.

    Example:

    >>> Vectors().rank
    1
    """

    column = "vector"

    def describe(self, shape):
        return f"vectors of {shape[0]} numbers"
