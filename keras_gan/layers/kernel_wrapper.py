import math

import keras
from keras import layers, ops

from keras_gan import _backend

TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
# Their kernels have no single axis of output channels.
REFUSED = (layers.DepthwiseConv1D, layers.DepthwiseConv2D, layers.EinsumDense, layers.Wrapper)


class KernelWrapper(layers.Wrapper):
    """Base of layers that run another layer with a function of its kernel in the kernel's place.

    The kernel itself is never assigned to: it is read, and for the time of the call it reads as another value, through
    which gradients flow. A subclass overrides `substitutes`.

    The wrapper computes in float32; the wrapped layer in its own precision, which also decides the output's.

    Args:
        layer: the layer to wrap, with one kernel: `Dense`, a convolution, a transposed convolution, `Embedding`, or
            another with an attribute `kernel` whose last axis counts the outputs.

    Raises:
        TypeError: if `layer` is not a layer.
        ValueError: if it has no kernel, or several; for a `dtype` other than float32.
    """

    def __init__(self, layer, **arguments):
        if not isinstance(layer, layers.Layer):
            raise TypeError(f"`layer` must be a keras.layers.Layer. Received: layer={layer!r}.")
        self._check_kernel(layer, hasattr(layer, _name(layer) + "_initializer"))
        policy = keras.dtype_policies.get(arguments.pop("dtype", "float32"))
        if policy.name != "float32":
            raise ValueError(
                f"A {type(self).__name__} computes in float32. Received: dtype={policy.name!r}. "
                "Give `dtype` to the wrapped layer."
            )
        # Without autocasting it hands inputs on as they are and reads kernels as they are stored.
        super().__init__(layer, dtype="float32", autocast=False, **arguments)

    def _check_kernel(self, layer, has_kernel):
        if not has_kernel or isinstance(layer, REFUSED):
            raise ValueError(
                "`layer` must have one kernel: Dense, a convolution, a transposed convolution, Embedding. "
                f"Received: layer={layer!r}. Wrap the layers in it one by one."
            )

    def build(self, input_shape=None):
        super().build(input_shape)
        kernel = getattr(self.layer, _name(self.layer), None)
        matrices = [variable for variable in self.layer.trainable_variables if len(variable.shape) > 1]
        self._check_kernel(
            self.layer, isinstance(kernel, keras.Variable) and all(variable is kernel for variable in matrices)
        )

    @property
    def kernel(self):
        """The variable that holds the wrapped layer's kernel (the table of an `Embedding`)."""
        return getattr(self.layer, _name(self.layer))

    @property
    def output_axis(self):
        """The axis of the kernel that counts the output channels: the last but one of transposed convolutions."""
        return -2 if isinstance(self.layer, TRANSPOSED) else -1

    @property
    def fan_in(self):
        """Number of inputs that one output sums: the entries of the kernel per output channel; 1 in an `Embedding`."""
        if isinstance(self.layer, layers.Embedding):
            return 1
        shape = tuple(self.kernel.shape)
        return math.prod(shape) // shape[self.output_axis]

    def substitutes(self, training):
        """Returns [(variable of the wrapped layer, the value that it has in this call)].

        Args:
            training: bool or None, as in `call`.
        """
        raise NotImplementedError

    def call(self, inputs, training=None):
        with _backend.substituted(self.substitutes(training)):
            return self.layer(inputs)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def compute_output_spec(self, inputs, training=None):
        return self.layer.compute_output_spec(inputs)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return super().from_config(dict(config), custom_objects)  # Keras's takes the layer out of the dict it is given


def wide(variable):
    """Returns the value of a variable in float32, or in its own type where that is wider."""
    return ops.cast(variable, keras.backend.result_type(variable.dtype, "float32"))


def _name(layer):
    return "embeddings" if isinstance(layer, layers.Embedding) else "kernel"
