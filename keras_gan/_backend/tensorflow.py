"""Gradients and the train step on TensorFlow."""

import contextlib
import functools

import keras
import tensorflow as tf

# Inside this context every assignment to a Keras variable is forgotten when it ends: judging and penalties
# read the networks and move nothing (batch statistics, spectral-norm vectors, dropout seeds).
frozen = keras.StatelessScope

# What the seeds of two replicas differ by: more than the seeds that Keras makes (1 to 10**9) differ from each other.
SEEDS = 10**9 + 7


def substituted(pairs):
    """Returns a context in which variables read as other values, through which gradients flow.

    Args:
        pairs: list of (variable, value).
    """
    return keras.StatelessScope(pairs)


def devices(model):
    """Returns the number of devices that have a part of every batch each."""
    return model.distribute_strategy.num_replicas_in_sync


def check_compile(model, steps_per_execution, jit_compile):
    """Raises ValueError for ways of running that TensorFlow does not have on several devices."""
    if devices(model) > 1 and (steps_per_execution != 1 or jit_compile is True):
        raise ValueError(
            "On several devices TensorFlow runs neither several steps in one call nor XLA. "
            f"Received: steps_per_execution={steps_per_execution}, jit_compile={jit_compile}, with {devices(model)} "
            "devices. Leave them out, or train on JAX."
        )


def train_step(model, function, data):
    """What `keras.Model.train_step` is to do: calls `function(model, data) -> logs`, written without a backend."""
    if tf.inside_function():  # Python runs here while the step is traced, not in each step
        model.note_trace(data)
    with _playing_together(model):
        return _as_keras_reduces(function(model, data))


def test_step(model, function, data):
    """What `keras.Model.test_step` is to do; as `train_step`."""
    with _playing_together(model):
        return _as_keras_reduces(function(model, data))


def _as_keras_reduces(logs):
    """Gives the logs the axis over which Keras means those of several workers."""
    strategy = tf.distribute.get_strategy()
    workers = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy) and strategy.extended._num_workers > 1
    return {name: value[tf.newaxis] for name, value in logs.items()} if workers else logs


@contextlib.contextmanager
def _playing_together(model):
    """Lets the replicas of a `tf.distribute` strategy do what one device would do with the whole batch.

    Keras would have every replica draw the same noise, and normalize by its own part of the batch.
    """
    if replicas() == 1:
        yield
        return
    number = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, "int64")
    own = tf.stack([number * SEEDS, tf.zeros_like(number)])
    seeds = model.seed_states()
    norms = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]
    kept = [layer.synchronized for layer in norms]
    for seed in seeds:
        seed.assign(seed.value + own)
    for layer in norms:
        layer.synchronized = True
    try:
        yield
    finally:
        for layer, before in zip(norms, kept, strict=True):
            layer.synchronized = before
    for seed in seeds:
        seed.assign(seed.value - own)


def replicas():
    """Returns how many replicas share a batch."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def replica_mean(value):
    """Returns the mean of a tensor over the replicas, the same on each; gradients flow through it to all of them."""
    if replicas() == 1:
        return value
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, value)


def infer(network, inputs):
    """Runs a network in inference mode, on one device; returns numpy arrays."""
    if network.distribute_strategy.num_replicas_in_sync == 1:
        return network.predict_on_batch(inputs)
    # Every replica would draw all of the batch, and Keras return the copies one after the other.
    return keras.tree.map_structure(keras.ops.convert_to_numpy, network(inputs, training=False))


def accelerators():
    """Returns the names of the GPUs that there are, in order; an empty list where the CPU computes."""
    found = tf.config.list_physical_devices("GPU")
    return [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in found]


def sharing(count):
    """Returns a context in which the GANs that are made train on `count` devices: GPUs, or without any a divided CPU.

    Raises:
        ValueError: if there are fewer.
    """
    return contextlib.nullcontext() if count == 1 else _mirrored(count).scope()


@functools.cache  # two strategies of one process would take each other's numbers for those of their reductions
def _mirrored(count):
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    if kind == "CPU":
        processor, *_ = tf.config.list_physical_devices("CPU")
        with contextlib.suppress(RuntimeError):  # TensorFlow has been used: the devices are what they are
            tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * count)
    found = [device.name for device in tf.config.list_logical_devices(kind)]
    if len(found) < count:
        raise ValueError(f"There must be as many devices as asked for. Received: {count}, with {found}. Ask for fewer.")
    return tf.distribute.MirroredStrategy(found[:count])


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
        loss = loss / replicas()
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
