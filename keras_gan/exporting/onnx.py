import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gan.exporting import process
from keras_gan.exporting.generator import OUTPUT, ExportedGenerator, Run, quiet
from keras_gan.files import replacing
from keras_gan.models.gan import GAN
from keras_gan.version import __version__

if TYPE_CHECKING:
    import onnx

OPSETS = range(9, 19)  # tf2onnx 1.17 needs 9 for convolutions of dynamic batch, and knows none beyond 18

# TensorFlow operations that ONNX lacks, by what brings them in and what does the same.
MENDS = {
    "Erfc": "gelu with approximate=True",
    "Expm1": "elu, selu or silu instead of celu",
    "Bitcast": "ops.top_k(x, 1)[1] instead of argmax",
    "ScaleAndTranslate": "nearest, bilinear or bicubic resizing without antialiasing",
    "PartitionedCall": "convolutions without groups",
    "StatefulPartitionedCall": "convolutions without groups",
    "ResizeBilinear": "opset 11 or higher",
    "StatelessRandomNormalV2": "noise as an input of the generator",
    "StatelessRandomUniformV2": "noise as an input of the generator",
}


def to_onnx(
    gan: GAN,
    path: str | os.PathLike,
    opset: int = 18,
    atol: float = 1e-4,
    about: Mapping[str, Any] | None = None,
) -> Path:
    """Writes the averaged generator as one ONNX file that says in its metadata how to draw from it.

    Inputs are those of `gan.fixed_inputs` by name (`latent`: float32 `(batch, *latent_shape)`), the output is `image`:
    float32 `(batch, height, width, channels)` in [-1, 1]; the first axis of each is called `batch` and has any size.

    The file appears in one step, in place of an older one, after ONNX's checker passed it and ONNX Runtime drew the
    same pictures as Keras at batch sizes 1, 3 and 16. On the JAX backend a TensorFlow process converts.

    Metadata (strings): `keras_gan_format` (1), `keras_gan_version`, `latent_shape` and `image_shape` (JSON lists),
    `latent_dim`, `latent_distribution` (`normal` or `uniform`), `value_range` (`-1,1`), `layout` (`NHWC`), and of a GAN
    with labels `num_classes`; then `label`, int32 `(batch,)`, is a second input.

    Args:
        gan: a `keras_gan.GAN`.
        path: the file to write, usually `*.onnx`.
        opset: int from 9 to 18, version of ONNX's operations. Defaults to 18, the newest that tf2onnx writes.
        atol: float, largest difference from Keras allowed (images span 2). Defaults to 1e-4, an eightieth of a grey
            level; convolutions in another order differ by 1e-6.
        about: dict, what else the metadata says, or None: any of `class_names` (list of str), `training_data`,
            `recipe`, `license`, `intended_use` (str each), `metrics` (list of dicts); what is no text is written as JSON.

    Returns:
        The path written.

    Raises:
        FileExistsError: if `path` is a folder.
        ValueError: if `opset` is out of range, `about` is not as described, a weight is not finite, an operation has no
            counterpart in ONNX (named), or the file would not run or draw other pictures than Keras. Nothing is
            written then.

    Example:

    >>> import tempfile, keras_gan as kg
    >>> from keras_gan.exporting import to_onnx
    >>> gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(to_onnx(gan, folder + "/generator.onnx").name)
    generator.onnx
    """
    if not isinstance(opset, int) or opset not in OPSETS:
        raise ValueError(f"`opset` must be a whole number from 9 to 18. Received: opset={opset!r}.")
    if process.elsewhere():
        return Path(process.in_tensorflow(to_onnx, gan, path=Path(path), opset=opset, atol=atol, about=about))
    generator = ExportedGenerator(gan, about)
    with quiet(), replacing(path) as written:
        model = converted(generator, opset)
        written.write_bytes(model.SerializeToString())
        generator.differences(onnx_runner(written), "ONNX file", atol)
    return Path(path)


def converted(generator: ExportedGenerator, opset: int) -> "onnx.ModelProto":
    """Converts a generator; returns the model, named, described and passed by ONNX's checker."""
    import onnx
    import tensorflow as tf
    import tf2onnx.convert

    function = tf.function(generator.images, input_signature=generator.signature, autograph=False)
    try:
        model, _ = tf2onnx.convert.from_function(function, input_signature=generator.signature, opset=opset)
    except Exception as error:  # tf2onnx raises what its handlers happen to raise
        raise ValueError(f"The generator could not be converted to ONNX opset {opset}: {error}") from error
    check_operations(model, opset)
    tidy(model, generator.image_shape)
    model.producer_name, model.producer_version, model.model_version = "keras_gan", __version__, 1
    model.graph.name = "generator"
    onnx.helper.set_model_props(model, generator.metadata())
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:
        raise ValueError(f"The generator could not be converted to valid ONNX of opset {opset}: {error}") from error
    return model


def check_operations(model: "onnx.ModelProto", opset: int) -> None:
    """Raises ValueError naming the operations of the model that ONNX lacks: tf2onnx leaves them in without an error."""
    import onnx

    unknown = {
        node.op_type
        for node in nodes(model.graph)
        if node.domain in ("", "ai.onnx") and not onnx.defs.has(node.op_type, opset, "")
    }
    if unknown:
        mends = dict.fromkeys(MENDS[name] for name in sorted(unknown) if name in MENDS)
        raise ValueError(
            f"Every operation of the generator must exist in ONNX opset {opset}. "
            f"Received: {', '.join(sorted(unknown))}." + (f" Use {'; '.join(mends)}." if mends else "")
        )


def nodes(graph: "onnx.GraphProto") -> Iterator["onnx.NodeProto"]:
    """Yields the nodes of a graph and of the graphs inside them (loops, conditions)."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from nodes(inner)


def tidy(model: "onnx.ModelProto", image_shape: tuple[int, ...]) -> None:
    """Names the batch axes and drops what the conversion leaves behind."""
    for tensor in (*model.graph.input, *model.graph.output):
        tensor.type.tensor_type.shape.dim[0].dim_param = "batch"
    for axis, size in zip(model.graph.output[0].type.tensor_type.shape.dim[1:], image_shape, strict=True):
        axis.dim_value = size
    del model.graph.value_info[:]  # shapes in terms of the axis that was renamed
    used = {node.domain for node in nodes(model.graph)} | {""}
    kept = [entry for entry in model.opset_import if entry.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)


def onnx_runner(path: str | os.PathLike) -> Run:
    """Opens an ONNX file; returns the function that draws float32 images with it.

    Raises:
        FileNotFoundError: if there is no file.
        ValueError: if ONNX Runtime refuses it.
    """
    import onnxruntime

    if not Path(path).is_file():
        raise FileNotFoundError(f"`onnx` must be a file written by to_onnx. Received: onnx={str(path)!r}.")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads would burn a shared CPU
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors share no base class
        raise ValueError(f"ONNX Runtime must be able to load the ONNX file. Received: {error}") from error

    def run(inputs: dict[str, np.ndarray]) -> np.ndarray:
        return session.run([OUTPUT], inputs)[0]

    return run
