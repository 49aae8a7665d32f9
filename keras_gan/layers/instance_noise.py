import keras
from keras import ops

from keras_gan.arguments import check_number


@keras.saving.register_keras_serializable("keras_gan")
class InstanceNoise(keras.layers.Layer):
    """Adds Gaussian noise to a discriminator's input in training, to reals and fakes alike.

    Images and fakes then overlap, so that the discriminator cannot separate them for certain and goes on telling the
    generator where to go. The noise has mean 0 and no gradient; in inference the layer does nothing. Gradient penalties
    are taken at the noisy images.

    The deviation is a variable, `layer.deviation`, saved with the weights: a callback lowers it during training by
    `layer.deviation.assign(...)`. In a GAN's step the noise of the discriminator's own update moves the seed, that of
    its being judged by does not.

    Input and output: float `(batch, ...)`.

    Args:
        standard_deviation: float >= 0, in the units of the input (images span 2), at the start. Defaults to 0.1.
        seed: int or None, seed of the noise.

    Raises:
        ValueError: if `standard_deviation` is not a finite number >= 0.

    Example:

    >>> import numpy as np
    >>> layer = InstanceNoise(0.5, seed=0)
    >>> noisy = np.array(layer(np.zeros((64, 8, 8, 1), "float32"), training=True))
    >>> round(float(noisy.std()), 1)
    0.5

    Reference:
        Sønderby et al. 2017, arXiv:1610.04490, "instance noise".
    """

    def __init__(self, standard_deviation=0.1, seed=None, **arguments):
        check_number("standard_deviation", standard_deviation, least=0)
        super().__init__(**arguments)
        self.standard_deviation = standard_deviation
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        self.deviation = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(self.standard_deviation),
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
            name="deviation",
        )

    def call(self, inputs, training=None):
        if not training:
            return inputs
        noise = keras.random.normal(ops.shape(inputs), dtype="float32", seed=self.generator)
        return inputs + ops.cast(self.deviation * noise, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "standard_deviation": self.standard_deviation, "seed": self.seed}
