"""Gradients and the train step on JAX."""

import contextlib
import math
import os

import jax
import keras
from keras import ops

XLA_FLAG = "--xla_gpu_deterministic_ops"


class Scope(keras.StatelessScope):
    """Lets code that assigns to Keras variables run inside JAX's pure functions.

    Reads go through to the scope around it (Keras's own falls back to the variable's stale value), and what was written
    is remembered, so that exactly that can be carried out: no list of state is passed anywhere.
    """

    def __init__(self, state_mapping=None):
        super().__init__(state_mapping)
        self.written = {}

    def get_current_value(self, variable):
        value = super().get_current_value(variable)
        if value is None and self.original_scope is not None:
            value = self.original_scope.get_current_value(variable)
        return value

    def add_update(self, update):
        variable, value = update
        if not variable.trainable:  # as in TensorFlow: no gradient through an assigned statistic
            value = jax.lax.stop_gradient(value)
        self.written[id(variable)] = variable
        super().add_update((variable, value))


# Inside this context every assignment to a Keras variable is forgotten when it ends.
frozen = Scope


def substituted(pairs):
    """Returns a context in which variables read as other values, through which gradients flow.

    Args:
        pairs: list of (variable, value).
    """
    return Scope(pairs)


def devices(model):
    """Returns the number of devices that have a part of every batch each."""
    distribution = keras.distribution.distribution()
    return 1 if distribution is None else math.prod(distribution.device_mesh.shape)


def check_compile(model, steps_per_execution, jit_compile):
    """Does nothing: JAX runs in every way on several devices."""


def train_step(model, function, state, data):
    """What `keras.Model.train_step` is to do: calls `function(model, data) -> logs`, written without a backend."""
    if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(data)):  # not when run eagerly
        model.note_trace(data)
    lists = (model.trainable_variables, model.non_trainable_variables, model.optimizer.variables)
    return _run(lambda data: function(model, data), data, (*lists, model.metrics_variables), state)


def test_step(model, function, state, data):
    """What `keras.Model.test_step` is to do; as `train_step`."""
    lists = (model.trainable_variables, model.non_trainable_variables, model.metrics_variables)
    return _run(lambda data: function(model, data), data, lists, state)


def _run(function, data, lists, state):
    """Calls `function(data)` on the given state; returns its result and the new state."""
    given = [
        pair for variables, values in zip(lists, state, strict=True) for pair in zip(variables, values, strict=True)
    ]
    with Scope(given) as scope:
        logs = function(data)
        state = tuple([scope.get_current_value(variable) for variable in variables] for variables in lists)
    known = {id(variable) for variable, _ in given}
    if lost := [variable.path for key, variable in scope.written.items() if key not in known]:
        raise ValueError(
            f"Every variable that a step writes must be tracked by the GAN. Received: {lost}. "
            "Keep its layer, or its seed generator, as an attribute of the GAN or of one of its networks."
        )
    return logs, state


def aux_and_gradients(function, variables):
    """Calls `function() -> (loss, aux)` and differentiates `loss` with respect to `variables`. Calls nest.

    Returns:
        `aux`, and the list of gradients (zeros where `loss` does not depend on a variable).
    """
    written = {}

    def pure(values):
        with Scope(list(zip(variables, values, strict=True))) as scope:
            loss, aux = function()
        written.update(scope.written)
        return loss, (aux, [scope.get_current_value(variable) for variable in written.values()])

    (_, (aux, new)), gradients = jax.value_and_grad(pure, has_aux=True)([variable.value for variable in variables])
    for variable, value in zip(written.values(), new, strict=True):
        variable.assign(value)
    return aux, gradients


def input_gradients(function, inputs):
    """Returns d sum(function(inputs)) / d inputs, itself differentiable. Moves no state."""

    def total(inputs):
        with frozen():
            return ops.sum(function(inputs))

    return jax.grad(total)(inputs)


def apply(optimizer, gradients, variables):
    """Takes one optimizer step (unscales, and skips non-finite gradients, under a `LossScaleOptimizer`)."""
    # `optimizer.apply` would assign inside a `lax.cond` when it scales losses.
    slots = optimizer.variables
    values, state = optimizer.stateless_apply(
        [slot.value for slot in slots], gradients, [variable.value for variable in variables]
    )
    for variable, value in zip([*variables, *slots], [*values, *state], strict=True):
        variable.assign(value)


def replicas():
    """Returns 1: under a `keras.distribution` the step is written for the whole batch, and JAX divides it."""
    return 1


def replica_mean(value):
    """Returns the value, which is that of the whole batch."""
    return value


def infer(network, inputs):
    """Runs a network in inference mode; returns numpy arrays."""
    return network.predict_on_batch(inputs)


def accelerators():
    """Returns the names of the GPUs or TPUs that there are, in order; an empty list where the CPU computes."""
    return [device.device_kind for device in jax.devices() if device.platform != "cpu"]


def sharing(count):
    """Returns a context in which the GANs that are made train on `count` devices: GPUs, or without any a divided CPU.

    Keras knows one distribution in a process: it stays when the block ends.

    Raises:
        ValueError: if there are fewer.
    """
    if count > 1:
        with contextlib.suppress(RuntimeError):  # JAX has been used: the devices are what they are
            jax.config.update("jax_num_cpu_devices", count)
        found = keras.distribution.list_devices()
        if len(found) < count:
            raise ValueError(
                f"There must be as many devices as asked for. Received: {count}, with {found}. Ask for fewer."
            )
        keras.distribution.set_distribution(keras.distribution.DataParallel(devices=found[:count]))
    return contextlib.nullcontext()


def exact():
    """Computes in full float32 in the block: GPUs otherwise keep 10 bits of the mantissa in matrix products."""
    return jax.default_matmul_precision("highest")


def deterministic():
    """Makes sure that XLA computes the same bits each time: it does on CPUs; for GPUs it must be told when it starts.

    Not covered: other machines, versions and numbers of threads.

    Raises:
        RuntimeError: on a GPU, if XLA was not told.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if jax.default_backend() == "gpu" and f"{XLA_FLAG}=true" not in flags.split():
        raise RuntimeError(
            f"JAX is deterministic on a GPU only if XLA is told before it starts. Received: XLA_FLAGS={flags!r}. "
            f"Set XLA_FLAGS={XLA_FLAG}=true."
        )
