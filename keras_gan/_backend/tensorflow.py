"""Gradients and the train step on TensorFlow."""

import contextlib

import keras
import tensorflow as tf

# Inside this context every assignment to a Keras variable is forgotten when it ends: judging and penalties
# read the networks and move nothing (batch statistics, spectral-norm vectors, dropout seeds).
frozen = keras.StatelessScope


def substituted(pairs):
    """Returns a context in which variables read as other values, through which gradients flow.

    Args:
        pairs: list of (variable, value).
    """
    return keras.StatelessScope(pairs)


class Step:
    """Mixin that makes Keras call `gan_step(data)` and `gan_test_step(data)`, both written without a backend."""

    def train_step(self, data):
        if tf.inside_function():  # Python runs here while the step is traced, not in each step
            self.note_trace(data)
        return self.gan_step(data)

    def test_step(self, data):
        return self.gan_test_step(data)


def aux_and_gradients(function, variables):
    """Calls `function() -> (loss, aux)` and differentiates `loss` with respect to `variables`. Calls nest.

    A tape watches only its own player's variables, so an update nested inside `function` leaves nothing on it.

    Returns:
        `aux`, and the list of gradients (None where `loss` does not depend on a variable).
    """
    values = [variable.value for variable in variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        loss, aux = function()
        # The optimizer sums gradients over replicas; the mean is wanted.
        loss = loss / tf.distribute.get_strategy().num_replicas_in_sync
    gradients = tape.gradient(loss, values)
    # Those of an Embedding come as slices, a row for each image; Keras's optimizers would square the rows one by one
    # before summing those of one label.
    return aux, [tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g for g in gradients]


def input_gradients(function, inputs):
    """Returns d sum(function(inputs)) / d inputs, itself differentiable. Moves no state."""
    with frozen(), tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(inputs)
        total = tf.reduce_sum(function(inputs))
    return tape.gradient(total, inputs)


def apply(optimizer, gradients, variables):
    """Takes one optimizer step (unscales, and skips non-finite gradients, under a `LossScaleOptimizer`)."""
    optimizer.apply(gradients, variables)


@contextlib.contextmanager
def exact():
    """Computes in full float32 in the block: TensorFloat-32, the default on GPUs, keeps 10 bits of the mantissa."""
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)


def deterministic():
    """Has every kernel compute the same bits each time, from here on in this process; some are slower.

    Not covered: other machines, versions and numbers of threads. TensorFlow then refuses random operations without a
    seed (`keras.utils.set_random_seed` gives one), kernels that have no deterministic form, and `jit_compile=True`.
    """
    tf.config.experimental.enable_op_determinism()
