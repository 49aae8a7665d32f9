import keras
from keras import ops

from keras_gan.arguments import check_whole
from keras_gan.layers.kernel_wrapper import KernelWrapper, wide

START = 50  # power iterations at build
FLOOR = 1e-12  # a shorter vector has no direction


@keras.saving.register_keras_serializable("keras_gan")
class SpectralNormalization(KernelWrapper):
    """Runs a layer with its kernel divided by the kernel's largest singular value, so that it stretches nothing.

    The layer computes with W / sigma(W), sigma = u^T W v. Each forward pass starts from the stored u and repeats

        v = W^T u / |W^T u|,  u = W v / |W v|

    `power_iterations` times. Gradients flow through sigma as well, with u and v taken as constant, which at their fixed
    point is the derivative of the largest singular value: for the gradient G with respect to W / sigma, W receives
    (G - <G, W / sigma> u v^T) / sigma.

    W is the matrix (output channels, everything else): of `Dense` and `Embedding` the kernel `(inputs, outputs)`
    transposed, of convolutions the kernel `(*sizes, inputs, outputs)` as `(outputs, sizes * inputs)`, of transposed
    convolutions, whose kernels are `(*sizes, outputs, inputs)`, `(outputs, sizes * inputs)` too. Of a convolution this
    is not the norm of its linear map, which may be up to sqrt(prod(sizes)) times larger.

    The kernel is never assigned to. u is stored when `training=True` and the layer is trainable: in a GAN's step when
    its own player learns, not when the network is judged by or regularized. In inference the same iterations start from
    the stored u and are forgotten. When the layer is built, 50 iterations from a random start put sigma within 2% of
    the largest singular value of a freshly drawn kernel (singular values of such kernels lie close together, so that u
    has not converged, but sigma depends on it in second order only). A kernel of zeros stays as it is.

    A moving average of weights copies u from the live kernel; it fits the averaged one nearly, and the iterations of
    the forward pass bring it closer.

    Args:
        layer: `Dense`, `Conv1D` to `Conv3D`, their transposed forms, `Embedding`, or another layer with one `kernel`
            whose last axis counts the outputs.
        power_iterations: int >= 1, iterations in each forward pass. Defaults to 1, the paper's: kernels move slowly.

    Raises:
        TypeError: if `layer` is not a layer.
        ValueError: if it has no kernel, or several, or `power_iterations` is not a whole number >= 1.

    Example:

    >>> import numpy as np
    >>> from keras import layers
    >>> layer = SpectralNormalization(layers.Dense(8, use_bias=False))
    >>> y = layer(10 * np.eye(4, dtype="float32"))
    >>> round(float(np.linalg.norm(np.array(y), ord=2)), 2)
    10.0

    Reference:
        Miyato et al. 2018, arXiv:1802.05957, sections 2.1 and 2.3 (gradient), appendix A, algorithm 1. Deviations:
        u starts converged; the iterations also run, unstored, in inference.
    """

    def __init__(self, layer, power_iterations=1, **arguments):
        check_whole("power_iterations", power_iterations)
        super().__init__(layer, **arguments)
        self.power_iterations = power_iterations

    def build(self, input_shape=None):
        super().build(input_shape)
        outputs = self.kernel.shape[self.output_axis]
        self.left_vector = self.add_weight(
            shape=(outputs,),
            initializer=self._start,
            trainable=False,
            aggregation="only_first_replica",
            name="left_vector",
        )

    def _start(self, shape, dtype=None):
        # The same start for all: what matters is that it is not orthogonal to the vector looked for.
        start = keras.random.normal(shape, dtype="float32", seed=0)
        return ops.cast(self._iterated(self._matrix(), start, START)[0], dtype)

    def _matrix(self):
        """Returns the transposed W: (everything else, outputs)."""
        kernel = ops.moveaxis(wide(self.kernel), self.output_axis, -1)
        return ops.reshape(kernel, (-1, kernel.shape[-1]))

    def _iterated(self, matrix, left, iterations):
        """Returns u and v after some iterations."""
        matrix, left = ops.stop_gradient(matrix), ops.cast(left, matrix.dtype)
        for _ in range(iterations):
            right = _direction(ops.matmul(matrix, left))
            moved = _direction(ops.matmul(right, matrix))
            left = ops.where(ops.any(moved != 0), moved, left)  # a kernel of zeros does not lose u for good
        return ops.stop_gradient(left), ops.stop_gradient(right)

    def substitutes(self, training):
        matrix = self._matrix()
        left, right = self._iterated(matrix, self.left_vector, self.power_iterations)
        if training and self.trainable:
            self.left_vector.assign(left)
        sigma = ops.sum(left * ops.matmul(right, matrix))
        return [(self.kernel, wide(self.kernel) / ops.where(sigma > FLOOR, sigma, ops.ones_like(sigma)))]

    def get_config(self):
        return {**super().get_config(), "power_iterations": self.power_iterations}


def _direction(vector):
    return vector * ops.rsqrt(ops.maximum(ops.sum(ops.square(vector)), FLOOR**2))
