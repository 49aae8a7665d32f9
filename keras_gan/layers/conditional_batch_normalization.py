import keras
from keras import layers, ops

from keras_gan.arguments import check_number, check_whole
from keras_gan.layers.arguments import check_pair
from keras_gan.layers.spectral_normalization import SpectralNormalization


@keras.saving.register_keras_serializable("keras_gan")
class ConditionalBatchNormalization(layers.Layer):
    """Batch normalization whose scale and shift depend on a label, or on a vector.

    y = gamma(c) * (x - mean) / sqrt(variance + epsilon) + beta(c), with the batch's statistics in training and their
    moving averages in inference, where no image depends on its batch mates.

    Inputs: a list of two.
    - features, float `(batch, ..., channels)`;
    - the condition: with `num_classes`, labels from 0 to num_classes - 1, whole numbers `(batch,)` or `(batch, 1)`, and
      gamma and beta are rows of two tables that start at 1 and 0; without, float vectors `(batch, size)`, and
      gamma = 1 + A c, beta = B c with matrices A and B (no biases).

    Output: as the features. Labels out of range are not checked: TensorFlow raises on CPUs and gives zeros on GPUs, JAX
    gives NaN.

    Args:
        num_classes: int >= 1, number of classes, or None for vectors. Defaults to None.
        momentum: float in [0, 1), the part of the moving statistics that a step keeps. Defaults to 0.9.
        epsilon: float above 0, added to the variance. Defaults to 1e-5.
        spectral_normalization: bool, whether A and B are spectrally normalized, as in BigGAN's generator. Defaults to
            False; needs `num_classes=None`.
        synchronized: bool, statistics over all replicas of a `tf.distribute` strategy. Defaults to False; TensorFlow
            only. The step of a GAN takes those over all replicas anyway.

    Raises:
        TypeError: if labels are not whole numbers, or vectors are.
        ValueError: if an argument is out of range, or the inputs are not two.

    Example:

    >>> import numpy as np
    >>> layer = ConditionalBatchNormalization(num_classes=10)
    >>> tuple(layer([np.ones((2, 4, 4, 3), "float32"), np.array([7, 0])]).shape)
    (2, 4, 4, 3)

    Reference:
        Labels: Dumoulin et al. 2017, arXiv:1610.07629, equation 5; de Vries et al. 2017, arXiv:1707.00683. Vectors:
        Brock et al. 2019, arXiv:1809.11096, appendix B.
    """

    def __init__(
        self,
        num_classes=None,
        momentum=0.9,
        epsilon=1e-5,
        spectral_normalization=False,
        synchronized=False,
        **arguments,
    ):
        if num_classes is not None:
            check_whole("num_classes", num_classes)
        if num_classes is not None and spectral_normalization:
            raise ValueError(
                "`spectral_normalization` needs vectors as conditions: a table of ones would not keep its ones. "
                f"Received: spectral_normalization=True, num_classes={num_classes}. Embed the labels first."
            )
        check_number("momentum", momentum, least=0)
        if momentum >= 1:
            raise ValueError(f"`momentum` must be below 1. Received: momentum={momentum}.")
        check_number("epsilon", epsilon, above=0)
        super().__init__(**arguments)
        self.num_classes = num_classes
        self.momentum = momentum
        self.epsilon = epsilon
        self.spectral_normalization = spectral_normalization
        self.synchronized = synchronized
        self.normalization = layers.BatchNormalization(
            momentum=momentum,
            epsilon=epsilon,
            center=False,
            scale=False,
            synchronized=synchronized,
            dtype=self.dtype_policy,
            name="normalization",
        )

    def build(self, input_shape):
        check_pair(self, input_shape, "features and labels" if self.num_classes else "features and vectors")
        features, condition = map(tuple, input_shape)
        if self.num_classes is None and len(condition) != 2:
            raise ValueError(f"{self.name!r} takes vectors (batch, size). Received: condition of shape {condition}.")
        if self.num_classes is not None and condition[1:] not in ((), (1,)):
            raise ValueError(
                f"{self.name!r} takes labels (batch,) or (batch, 1). Received: labels of shape {condition}."
            )
        self.gamma, self.beta = (self._of_condition(features[-1], name) for name in ("gamma", "beta"))
        for layer, shape in ((self.normalization, features), (self.gamma, condition), (self.beta, condition)):
            layer.build(shape)

    def _of_condition(self, channels, name):
        """Makes the layer that gives gamma (without its 1 for vectors) or beta."""
        if self.num_classes is not None:
            start = "ones" if name == "gamma" else "zeros"
            return layers.Embedding(self.num_classes, channels, start, dtype=self.dtype_policy, name=name)
        layer = layers.Dense(channels, use_bias=False, dtype=self.dtype_policy, name=name)
        return SpectralNormalization(layer, name=f"{name}_normalized") if self.spectral_normalization else layer

    def call(self, inputs, training=None):
        features, condition = inputs
        condition = self._checked(condition)
        shape = (-1, *[1] * (len(features.shape) - 2), features.shape[-1])
        gamma, beta = (ops.reshape(layer(condition), shape) for layer in (self.gamma, self.beta))
        gamma = gamma if self.num_classes is not None else 1.0 + gamma
        return gamma * self.normalization(features, training=training) + beta

    def _checked(self, condition):
        whole = "int" in keras.backend.standardize_dtype(condition.dtype)
        if whole != (self.num_classes is not None):
            raise TypeError(
                f"The condition of {self.name!r} must be {'labels, whole numbers' if not whole else 'float vectors'}. "
                f"Received: dtype {keras.backend.standardize_dtype(condition.dtype)}, num_classes={self.num_classes}."
            )
        return ops.reshape(condition, (-1,)) if whole else condition

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "spectral_normalization": self.spectral_normalization,
            "synchronized": self.synchronized,
        }
