"""What a SavedModel can be asked: its signatures for TF Serving, each compared with Keras."""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from keras_gan._backend import exact
from keras_gan.exporting.generator import OUTPUT, ExportedGenerator
from keras_gan.latents.distributions import truncated
from keras_gan.media import to_uint8

if TYPE_CHECKING:
    import tensorflow as tf

PNG_OUTPUT = f"{OUTPUT}_bytes"  # TF Serving writes strings into JSON as base64 only if they are named like this
PNG_CHANNELS = (1, 3, 4)  # grey, RGB, RGBA
SIZES = (1, 3)  # batches in which signatures are compared
GREY_LEVELS = 127.5  # in a difference of 1 between images in [-1, 1]


class Signature(NamedTuple):
    """One way to ask a SavedModel for images.

    Attributes:
        function: tensors, in the order of `inputs` -> {"image": tensor} or {"image_bytes": tensor}.
        inputs: what it takes, by name; the first axis of each is the batch.
    """

    function: "Callable[..., dict[str, tf.Tensor]]"
    inputs: "list[tf.TensorSpec]"


def signatures(generator: ExportedGenerator) -> dict[str, Signature]:
    """Returns the signatures of a generator by name, as `to_saved_model` describes them.

    Every input and output has the batch as its first axis: with batching switched on, TF Serving cuts and joins those
    of all signatures.
    """
    import tensorflow as tf

    images = tf.function(generator.images, input_signature=generator.signature, autograph=False)  # one copy for all

    def pixels(*tensors):
        levels = images(*tensors)[OUTPUT] * 127.5 + 128.0  # as `keras_gan.media.to_uint8`
        return {OUTPUT: tf.cast(tf.clip_by_value(levels, 0.0, 255.0), tf.uint8)}

    def files(*tensors):
        return {PNG_OUTPUT: tf.io.encode_png(pixels(*tensors)[OUTPUT])}

    functions = {"serving_default": images, "uint8": pixels}
    if generator.image_shape[-1] in PNG_CHANNELS:
        functions["png"] = files
    found = {n: Signature(_guarded(generator, function), generator.signature) for n, function in functions.items()}
    if set(generator.names) <= {"latent", "label"}:  # of other inputs nothing here says how they are distributed
        found["sample"] = _sample(generator, pixels, truncation=False)
        found["sample_truncated"] = _sample(generator, pixels, truncation=True)
    return found


def draw_latents(generator: ExportedGenerator, seed: "tf.Tensor") -> "tf.Tensor":
    """Draws one latent for each seed, by the Philox generator: row i depends on seed i alone, on every device.

    Args:
        generator: says the shape and the distribution of a latent.
        seed: int64 `(batch,)`.

    Returns:
        float32 `(batch, *latent_shape)`.
    """
    import tensorflow as tf

    shape = generator.shapes["latent"][0]

    def row(number):
        key = tf.stack([number, tf.zeros_like(number)])
        if generator.gan.latent == "normal":
            return tf.random.stateless_normal(shape, key, alg="philox")
        return tf.random.stateless_uniform(shape, key, -1.0, 1.0, alg="philox")

    return tf.map_fn(row, seed, fn_output_signature=tf.TensorSpec(shape, tf.float32))


def examples(generator: ExportedGenerator, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Returns a good value, `count` rows, for every input that a signature may have."""
    return {
        **generator.gan.fixed_inputs(count, seed),
        "seed": np.arange(seed, seed + count, dtype="int64"),
        "truncation": np.linspace(0.4, 1.6, count, dtype="float32"),
    }


def compare(
    generator: ExportedGenerator,
    run: Callable[[str, Mapping[str, np.ndarray]], Mapping[str, np.ndarray]],
    atol: float,
) -> None:
    """Compares the signatures that give pixels with Keras.

    Args:
        generator: what the file was made from.
        run: (name of a signature, its inputs) -> its outputs.
        atol: float, largest difference of float images allowed; pixels may differ by a grey level more, since a value
            may lie just on either side of a limit.

    Raises:
        ValueError: if a signature fails to run, or draws other pictures.
    """
    for name, signature in signatures(generator).items():
        if name == "serving_default":  # `ExportedGenerator.differences` does it
            continue
        for size in SIZES:
            values = examples(generator, size)
            inputs = {spec.name: values[spec.name] for spec in signature.inputs}
            what = f"signature {name!r} of the SavedModel"
            try:
                with exact():
                    (received,) = run(name, inputs).values()
            except Exception as error:  # whatever TensorFlow raises
                raise ValueError(f"The {what} must run. Received: an error at batch size {size}: {error}") from error
            received = decoded(received) if name == "png" else np.asarray(received)
            expected = to_uint8(generator.run(as_keras_takes(generator, inputs)))
            difference = np.max(np.abs(received.astype(int) - expected)) if received.shape == expected.shape else np.inf
            if difference > 1 + math.floor(GREY_LEVELS * atol):
                raise ValueError(
                    f"The {what} must draw what Keras draws, to a grey level. Received: images {received.shape} that "
                    f"differ by up to {difference:g} levels at batch size {size}."
                )


def as_keras_takes(generator: ExportedGenerator, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the inputs of the network for those of a signature: latents for seeds, truncated by NumPy."""
    inputs = dict(inputs)
    if "seed" in inputs:
        latents = np.stack([draw_latents(generator, seed[None])[0].numpy() for seed in inputs.pop("seed")])
        rows = zip(latents, inputs.pop("truncation", [math.inf] * len(latents)), strict=True)
        inputs["latent"] = np.stack([truncated(row, float(limit), generator.gan.latent) for row, limit in rows])
    return inputs


def decoded(files: np.ndarray) -> np.ndarray:
    """Returns the uint8 images `(batch, height, width, channels)` of PNG files."""
    import tensorflow as tf

    return np.stack([tf.io.decode_png(file).numpy() for file in files])


def _guarded(generator, function):
    """Returns the function of the generator's inputs with a check of labels in front."""

    def guarded(*tensors):
        pairs = zip(generator.names, tensors, strict=True)
        return function(*(_known(t, generator.gan.num_classes) if n == "label" else t for n, t in pairs))

    return guarded


def _known(label, classes):
    """Returns the labels; one out of range is an error. Unchecked, -1 is the last class, and a GPU draws something."""
    import tensorflow as tf

    inside = tf.reduce_all((label >= 0) & (label < classes))
    return _asserted(label, inside, f"label must lie from 0 to {classes - 1}. Received:")


def _asserted(tensor, condition, message):
    import tensorflow as tf

    with tf.control_dependencies([tf.debugging.Assert(condition, [message, tensor], summarize=16)]):
        return tf.identity(tensor)


def _sample(generator, pixels, truncation):
    import tensorflow as tf

    others = [spec for spec in generator.signature if spec.name != "latent"]
    specs = [tf.TensorSpec((None,), tf.int64, "seed"), *others]
    if truncation:
        specs.append(tf.TensorSpec((None,), tf.float32, "truncation"))
    draw = _guarded(generator, pixels)

    def sample(*tensors):
        given = {spec.name: tensor for spec, tensor in zip(specs, tensors, strict=True)}
        given["latent"] = draw_latents(generator, given["seed"])
        if truncation:
            given["latent"] = _truncated(given["latent"], given["truncation"], generator.gan.latent)
        return draw(*(given[name] for name in generator.names))

    return Signature(sample, specs)


def _truncated(latents, threshold, distribution):
    """Returns the latents with a threshold for each row, by the formula of `keras_gan.latents.truncated`."""
    import tensorflow as tf

    threshold = _asserted(threshold, tf.reduce_all(threshold > 0), "truncation must be positive. Received:")
    threshold = tf.reshape(threshold, (-1, *[1] * (len(latents.shape) - 1)))
    if distribution == "uniform":
        return latents * tf.minimum(threshold, 1.0)
    limit, drawn = tf.cast(threshold, "float64"), tf.cast(latents, "float64")
    lowest = _below(-limit)
    quantile = _below(-tf.abs(drawn)) * (1.0 - 2.0 * lowest) + lowest
    return tf.cast(tf.clip_by_value(-tf.sign(drawn) * tf.math.ndtri(quantile), -limit, limit), "float32")


def _below(value):
    """Returns the share of the normal distribution below a value."""
    import tensorflow as tf

    return 0.5 * tf.math.erfc(-value / math.sqrt(2.0))
