import math

import keras

from keras_gan.arguments import check_number
from keras_gan.layers.kernel_wrapper import KernelWrapper, wide

HE = math.sqrt(2.0)  # He et al. 2015, arXiv:1502.01852, equation 10


@keras.saving.register_keras_serializable("keras_gan")
class EqualizedLearningRate(KernelWrapper):
    """Runs a layer whose kernel is stored at unit scale and multiplied by He's constant at run time.

    The kernel is drawn from N(0, 1) / m and read as kernel * m * gain / sqrt(fan_in), the bias as bias * m, where m is
    the learning-rate multiplier and fan_in the number of entries of the kernel per output channel (1 in an
    `Embedding`). Optimizers whose steps do not depend on the gradient's scale (Adam, RMSprop) then move all layers at
    the same relative speed, m times as fast.

    The layer's own kernel initializer is replaced; that of its bias is kept.

    Args:
        layer: `Dense`, a convolution, a transposed convolution, `Embedding`, `ModulatedConv2D`, or another layer with
            one `kernel` whose last axis counts the outputs. Not built yet.
        gain: float above 0, deviation of the outputs for inputs of deviation 1. Defaults to sqrt(2), He's for ReLU;
            1 suits a layer without activation.
        learning_rate_multiplier: float above 0, m. Defaults to 1; StyleGAN's mapping network has 0.01.

    Raises:
        TypeError: if `layer` is not a layer.
        ValueError: if it has no kernel, or several, or was built with another initializer, or a number is not above 0.

    Example:

    >>> import numpy as np
    >>> from keras import layers
    >>> layer = EqualizedLearningRate(layers.Dense(500), gain=1.0)
    >>> y = np.array(layer(np.random.default_rng(0).normal(size=(100, 400))))
    >>> round(float(np.std(np.array(layer.kernel))), 1), round(float(y.std()), 1)
    (1.0, 1.0)

    Reference:
        Karras et al. 2018, arXiv:1710.10196, section 4.1; multiplier: Karras et al. 2019, arXiv:1812.04948, appendix C.
        Deviation: in transposed convolutions fan_in counts the kernel as well, though strides let each output see only
        a part of it.
    """

    def __init__(self, layer, gain=HE, learning_rate_multiplier=1.0, **arguments):
        check_number("gain", gain, above=0)
        check_number("learning_rate_multiplier", learning_rate_multiplier, above=0)
        super().__init__(layer, **arguments)
        self.gain = gain
        self.learning_rate_multiplier = learning_rate_multiplier
        name = "embeddings_initializer" if hasattr(layer, "embeddings_initializer") else "kernel_initializer"
        drawn, deviation = getattr(layer, name), 1.0 / learning_rate_multiplier
        if layer.built and not (
            isinstance(drawn, keras.initializers.RandomNormal) and (drawn.mean, drawn.stddev) == (0.0, deviation)
        ):
            raise ValueError(
                f"`layer` must not be built: its kernel is drawn anew, with deviation {deviation:g}. "
                f"Received: layer={layer!r}, built with {drawn!r}. Wrap it first."
            )
        if not layer.built:
            seed = getattr(drawn, "seed", None)
            seed = seed if isinstance(seed, int) else None
            setattr(layer, name, keras.initializers.RandomNormal(0.0, deviation, seed))

    def substitutes(self, training):
        scale = self.learning_rate_multiplier * self.gain / math.sqrt(self.fan_in)
        pairs = [(self.kernel, wide(self.kernel) * scale)]
        bias = getattr(self.layer, "bias", None)
        if bias is not None:
            pairs.append((bias, wide(bias) * self.learning_rate_multiplier))
        return pairs

    def get_config(self):
        return {
            **super().get_config(),
            "gain": self.gain,
            "learning_rate_multiplier": self.learning_rate_multiplier,
        }
