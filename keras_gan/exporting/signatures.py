"""What a SavedModel can be asked: its signatures for TF Serving."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from keras_gan.exporting.file_kinds import FileKind, file_kind
from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.inputs import Label, Latent
from keras_gan.latents.distributions import cut_off
from keras_gan.media import Medium

if TYPE_CHECKING:
    import tensorflow as tf

    Tensors = dict[str, tf.Tensor]

BYTES = "_bytes"  # TF Serving writes strings into JSON as base64 only if their names end so


class Signature(NamedTuple):
    """One way to ask a SavedModel.

    Attributes:
        function: tensors, in the order of `inputs` -> {output: tensor}, or {output_bytes: tensor} of files.
        inputs: what it takes, by name; the first axis of each is the batch.
    """

    function: "Callable[..., Tensors]"
    inputs: "list[tf.TensorSpec]"


class Way(NamedTuple):
    """How a signature's inputs become those of the network.

    Attributes:
        specs: what the signature takes.
        read: function, {name: tensor} of `specs` -> {name: tensor} of the network's inputs.
    """

    specs: "list[tf.TensorSpec]"
    read: "Callable[[Tensors], Tensors]"


def signatures(generator: ExportedGenerator) -> dict[str, Signature]:
    """Returns the signatures of a generator by name, as `to_saved_model` describes them.

    Every input and output has the batch as its first axis: with batching switched on, TF Serving cuts and joins those
    of all signatures.
    """
    import tensorflow as tf

    network = tf.function(generator.call, input_signature=generator.signature, autograph=False)  # one copy for all

    def signature(way, give):
        def function(*tensors):
            given = {spec.name: tensor for spec, tensor in zip(way.specs, tensors, strict=True)}
            inputs = _guarded(generator, way.read(given))
            return give(generator, network(*(inputs[name] for name in generator.names)))

        return Signature(function, way.specs)

    plain = Way(generator.signature, lambda given: given)
    found = {"serving_default": signature(plain, lambda generator, made: made)}
    outputs = [(medium, file_kind(medium, generator.shapes[name])) for name, medium in generator.outputs.items()]
    if held := next((medium.held_dtype for medium, _ in outputs if held_otherwise(medium)), None):
        found[held] = signature(plain, _held)
    if kind := next((kind for _, kind in outputs if kind), None):
        found[kind.name] = signature(plain, _files)
    if _latents(generator):
        found["sample"] = signature(_seeded(generator, truncation=False), _held)
        found["sample_truncated"] = signature(_seeded(generator, truncation=True), _held)
    if given := translated(generator):
        found["translate"] = signature(_given_held(generator), _held)
        if all(given.values()):
            name = next(iter(given.values())).name
            found[f"translate_{name}"] = signature(_given_files(generator, given), _files if kind else _held)
    return found


def held_otherwise(medium: Medium) -> bool:
    """Tells whether people hold another type of numbers than networks see."""
    return medium.held_dtype != medium.dtype


def _latents(generator: ExportedGenerator) -> dict[str, Latent]:
    return {name: each for name, each in generator.inputs.items() if isinstance(each, Latent)}


def translated(generator: ExportedGenerator) -> dict[str, FileKind | None]:
    """Returns {input: as what files it comes, or None} of the signals that it is given and people hold otherwise."""
    given = {name: each for name, each in generator.inputs.items() if hasattr(each, "medium")}
    return {k: file_kind(v.medium, v.shape) for k, v in given.items() if held_otherwise(v.medium)}


# What a signature gives.


def _held(generator, made):
    """Returns outputs as people hold them."""
    return {name: generator.outputs[name].finish(value) for name, value in made.items()}


def _files(generator, made):
    """Returns those outputs that go as files, as files."""
    kinds = {name: file_kind(medium, generator.shapes[name]) for name, medium in generator.outputs.items()}
    return {
        f"{name}{BYTES}": kinds[name].encode(generator.outputs[name], value)
        for name, value in _held(generator, made).items()
        if kinds[name]
    }


# What a signature takes.


def _seeded(generator, truncation):
    """Takes a seed in place of latents, everything else as the network does."""
    import tensorflow as tf

    latents = _latents(generator)
    others = [spec for spec in generator.signature if spec.name not in latents]
    limits = [tf.TensorSpec((None,), tf.float32, "truncation")] if truncation else []

    def read(given):
        drawn = {name: draw_latents(each, given["seed"]) for name, each in latents.items()}
        if truncation:
            drawn = {k: _truncated(v, given["truncation"], latents[k].distribution) for k, v in drawn.items()}
        return given | drawn

    return Way([tf.TensorSpec((None,), tf.int64, "seed"), *others, *limits], read)


def _given_held(generator):
    """Takes signals as people hold them, everything else as the network does."""
    import tensorflow as tf

    media = {name: generator.inputs[name].medium for name in translated(generator)}

    def read(given):
        return given | {name: medium.begin_tensor(tf.cast(given[name], "float32")) for name, medium in media.items()}

    return Way(
        [
            tf.TensorSpec(spec.shape, media[spec.name].held_dtype, spec.name) if spec.name in media else spec
            for spec in generator.signature
        ],
        read,
    )


def _given_files(generator, kinds):
    """Takes signals as files, everything else as the network does."""
    import tensorflow as tf

    held, inputs = _given_held(generator), generator.inputs

    def read(given):
        decoded = {k: kind.decode(inputs[k].medium, given[k + BYTES], inputs[k].shape) for k, kind in kinds.items()}
        return held.read(given | decoded)

    return Way(
        [
            tf.TensorSpec((None,), tf.string, spec.name + BYTES) if spec.name in kinds else spec
            for spec in generator.signature
        ],
        read,
    )


def draw_latents(latent: Latent, seed: "tf.Tensor") -> "tf.Tensor":
    """Draws one latent for each seed, by the Philox generator: row i depends on seed i alone, on every device.

    Args:
        latent: says its shape, its distribution, and its stream of random numbers.
        seed: int64 `(batch,)`.

    Returns:
        float32 `(batch, *latent_shape)`.
    """
    import tensorflow as tf

    def row(number):
        key = tf.stack([number, tf.fill(tf.shape(number), tf.constant(latent.stream, number.dtype))])
        if latent.distribution == "normal":
            return tf.random.stateless_normal(latent.shape, key, alg="philox")
        return tf.random.stateless_uniform(latent.shape, key, -1.0, 1.0, alg="philox")

    return tf.map_fn(row, seed, fn_output_signature=tf.TensorSpec(latent.shape, tf.float32))


def _guarded(generator, inputs):
    """Returns the network's inputs, with a check of the labels."""
    return {
        name: _known(inputs[name], each.num_classes) if isinstance(each, Label) else inputs[name]
        for name, each in generator.inputs.items()
    }


def _known(label, classes):
    """Returns the labels; one out of range is an error. Unchecked, -1 is the last class, and a GPU draws something."""
    import tensorflow as tf

    inside = tf.reduce_all((label >= 0) & (label < classes))
    return _asserted(label, inside, f"label must lie from 0 to {classes - 1}. Received:")


def _asserted(tensor, condition, message):
    import tensorflow as tf

    with tf.control_dependencies([tf.debugging.Assert(condition, [message, tensor], summarize=16)]):
        return tf.identity(tensor)


def _truncated(latents, threshold, distribution):
    """Returns the latents with a threshold for each row, as `keras_gan.latents.truncated`."""
    import tensorflow as tf

    threshold = _asserted(threshold, tf.reduce_all(threshold > 0), "truncation must be positive. Received:")
    threshold = tf.reshape(threshold, (-1, *[1] * (len(latents.shape) - 1)))
    if distribution == "uniform":
        return latents * tf.minimum(threshold, 1.0)

    def below(value):
        return 0.5 * tf.math.erfc(-value / math.sqrt(2.0))

    functions = (below, tf.math.ndtri, tf.sign, tf.clip_by_value)
    return tf.cast(cut_off(tf.cast(latents, "float64"), tf.cast(threshold, "float64"), *functions), "float32")
