import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gan.exporting import onnx_passes, process
from keras_gan.exporting.generator import ExportedGenerator, Run, quiet
from keras_gan.exporting.onnx_variants import PROMISES, Variant
from keras_gan.game import Game
from keras_gan.inputs import NetworkGenerator
from keras_gan.storage.files import replacing
from keras_gan.version import __version__

if TYPE_CHECKING:
    import onnx
    import onnxruntime

MADE = "_made"  # added to outputs that are called like an input: in ONNX all names differ
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
    gan: Game | NetworkGenerator,
    path: str | os.PathLike,
    opset: int = 18,
    atol: float | None = None,
    about: Mapping[str, Any] | None = None,
    pixels: bool = False,
    precision: str = "float32",
    slim: bool = False,
    generator: str | None = None,
) -> Path:
    """Writes the averaged network of a generator as one ONNX file that says in its metadata how to use it.

    Inputs and outputs are those of the generator by name (`latent`: float32 `(batch, *latent_shape)`; `image`: float32
    `(batch, height, width, channels)` in [-1, 1], or with `pixels` uint8); an output that is called like an input has
    `_made` added to its name. The first axis of each is called `batch` and has any size.

    The file appears in one step, in place of an older one, after ONNX's checker passed it and ONNX Runtime drew the
    same pictures as Keras at batch sizes 1, 3 and 16. On the JAX backend a TensorFlow process converts.

    `precision` decides what the same means (images span 2, a grey level is 2/255):

    - `"float32"`: the largest difference is at most 1e-4, an eightieth of a grey level; convolutions in another order
      differ by 1e-6. With `pixels` it is a grey level: a value between two of them may fall to either side.
    - `"float16"`: the mean difference of each picture is at most 2e-3, a quarter of a grey level. Half the bytes;
      inputs and outputs stay float32, and so does what normalizes.
    - `"int8"`: the mean difference of each picture is at most 0.05, six grey levels. About a quarter of the bytes.
      Weights of convolutions and dense layers are integers per channel, with ranges from latents that
      `gan.fixed_inputs` draws, or from made-up smooth signals where the generator is given some: compare the file on
      real ones then. Faster where upsampling is resizing and convolution, not where it is transposed.

    Metadata (strings): `keras_gan_format`, `keras_gan_version`, `inputs` and `outputs` (JSON: of every input its kind
    and what that needs, of every output its medium and shape), `precision`, `output_type` (`float32` or `uint8`),
    `value_range` (`-1,1` or `0,255`) and `layout` (`NHWC`) of pictures; of a GAN with labels `num_classes`: then
    `label`, int32 `(batch,)`, is a second input; of float16 and int8 `mean_difference` and `largest_difference`,
    measured on 16 outputs. Generators with an input `latent` and pictures as output `image` have the format 1, with
    `pixels` 2, and say the same as `latent_shape` and `image_shape` (JSON lists), `latent_dim`, `latent_distribution`
    (`normal` or `uniform`). All others have the format 3.

    Args:
        gan: a game, such as a `keras_gan.GAN`, or a `keras_gan.inputs.NetworkGenerator`.
        path: the file to write, usually `*.onnx`.
        opset: int from 9 to 18, version of ONNX's operations; from 13 on with int8. Defaults to 18, the newest that
            tf2onnx writes.
        atol: float, the difference from Keras to allow, or None for that of the precision.
        about: dict, what else the metadata says, or None: any of `class_names` (list of str), `training_data`,
            `recipe`, `license`, `intended_use` (str each), `metrics` (list of dicts). What is no text becomes JSON.
        pixels: bool, whether pictures are uint8 by the formula of `keras_gan.media.to_uint8`. Defaults to False.
        precision: `"float32"`, `"float16"` or `"int8"`. Defaults to `"float32"`.
        slim: bool, let onnxslim merge nodes: nearest-neighbour upsampling takes half as many, batch normalization none.
            For runtimes that do not do so themselves; ONNX Runtime does. Defaults to False.
        generator: str, which generator of the game. Defaults to the first.

    Returns:
        The path written.

    Raises:
        FileExistsError: if `path` is a folder.
        ImportError: if `slim` is asked for and onnxslim is not installed.
        ValueError: if `opset` or `precision` is out of range, `about` is not as described, a weight is not finite,
            there are no pictures to give as `pixels`, an operation has no counterpart in ONNX (named), or the file
            would not run or draw other pictures than Keras. Nothing is written then.

    Example:

    >>> import tempfile, keras_gan as kg
    >>> from keras_gan.exporting import to_onnx
    >>> gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(to_onnx(gan, folder + "/generator.onnx").name)
    generator.onnx
    """
    variant = Variant(precision, bool(pixels)).checked()
    check_opset(opset, precision)
    if process.elsewhere():
        options = {"opset": opset, "atol": atol, "about": about, "pixels": pixels, "precision": precision, "slim": slim}
        return Path(process.in_tensorflow(to_onnx, gan, generator, path=Path(path), **options))
    exported = ExportedGenerator(gan, about, generator)
    if pixels and not exported.images:
        raise ValueError(f"`pixels` is for generators of pictures. Received: pixels=True, outputs {exported.outputs}.")
    with quiet(), replacing(path) as written:
        model = converted(exported, opset)
        written.write_bytes(model.SerializeToString())
        if slim or variant != Variant():
            # What the conversion does wrong is told as such, and not as a matter of precision.
            exported.differences(onnx_runner(written), "ONNX file", max(PROMISES["float32"], atol or 0))
            model = changed(model, exported, variant, slim)
            written.write_bytes(model.SerializeToString())
        if precision != "float32":
            found = variant.measured(exported, onnx_runner(written))
            finished(model, variant.metadata(exported) | found)
            written.write_bytes(model.SerializeToString())
        variant.differences(exported, onnx_runner(written), atol)
    return Path(path)


def check_opset(opset: int, precision: str) -> None:
    """Raises ValueError for an opset that cannot be written in this precision."""
    if not isinstance(opset, int) or opset not in OPSETS:
        raise ValueError(f"`opset` must be a whole number from 9 to 18. Received: opset={opset!r}.")
    if precision == "int8" and opset < 13:  # which brought scales per channel
        raise ValueError(f"`opset` must be 13 or higher with precision='int8'. Received: opset={opset}.")


def converted(generator: ExportedGenerator, opset: int) -> "onnx.ModelProto":
    """Converts a generator; returns the model in float32, named, described and passed by ONNX's checker."""
    import tensorflow as tf
    import tf2onnx.convert

    names = output_names(generator)

    def named(*tensors):
        return {names[output]: value for output, value in generator.call(*tensors).items()}

    function = tf.function(named, input_signature=generator.signature, autograph=False)
    try:
        model, _ = tf2onnx.convert.from_function(function, input_signature=generator.signature, opset=opset)
    except Exception as error:  # tf2onnx raises what its handlers happen to raise
        raise ValueError(f"The generator could not be converted to ONNX opset {opset}: {error}") from error
    check_operations(model, opset)
    tidy(model, {names[output]: shape for output, shape in generator.shapes.items()})
    return finished(model, Variant().metadata(generator))


def output_names(generator: ExportedGenerator) -> dict[str, str]:
    """Returns {output: its name in the file}."""
    return {output: output + MADE if output in generator.names else output for output in generator.outputs}


def changed(model: "onnx.ModelProto", generator: ExportedGenerator, variant: Variant, slim: bool) -> "onnx.ModelProto":
    """Returns what was asked for, made from the float32 model; described and passed by ONNX's checker."""
    model = onnx_passes.slimmed(model) if slim else model
    try:
        if variant.precision == "float16":
            model = onnx_passes.in_half(model)
        elif variant.precision == "int8":
            model = onnx_passes.quantized(model, generator)
    except Exception as error:  # ONNX Runtime's tools raise what they happen to raise
        raise ValueError(f"The ONNX file could not be brought to {variant.precision}: {error}") from error
    if variant.pixels:
        names = output_names(generator)
        model = onnx_passes.with_pixels(model, [names[output] for output in generator.images])
    return finished(model, variant.metadata(generator))


def finished(model: "onnx.ModelProto", metadata: Mapping[str, str]) -> "onnx.ModelProto":
    """Names and describes a model, and has it checked.

    Raises:
        ValueError: if ONNX's checker refuses it.
    """
    import onnx

    del model.graph.value_info[:]  # shapes that need not hold any more
    model.producer_name, model.producer_version, model.model_version = "keras_gan", __version__, 1
    model.graph.name = "generator"
    onnx.helper.set_model_props(model, metadata)
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:
        opset = model.opset_import[0].version
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


def tidy(model: "onnx.ModelProto", shapes: Mapping[str, tuple]) -> None:
    """Names the axes whose sizes vary, and drops what the conversion leaves behind."""
    for tensor in (*model.graph.input, *model.graph.output):
        batch, *others = tensor.type.tensor_type.shape.dim
        batch.dim_param = "batch"
        sizes = shapes.get(tensor.name, [axis.dim_value or None for axis in others])
        for number, (axis, size) in enumerate(zip(others, sizes, strict=True), 1):
            if size is None:
                axis.dim_param = f"{tensor.name}_{number}"
            else:
                axis.dim_value = size
    del model.graph.value_info[:]  # shapes in terms of the axis that was renamed
    used = {node.domain for node in nodes(model.graph)} | {""}
    kept = [entry for entry in model.opset_import if entry.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)


def onnx_runner(path: str | os.PathLike) -> Run:
    """Opens an ONNX file; returns the function that makes its outputs: float32, pictures uint8 if that is their type.

    Raises:
        FileNotFoundError: if there is no file.
        ValueError: if ONNX Runtime refuses it.
    """
    session = onnx_session(path)

    taken, made = ([tensor.name for tensor in tensors] for tensors in (session.get_inputs(), session.get_outputs()))
    names = [name.removesuffix(MADE) if name.removesuffix(MADE) in taken else name for name in made]

    def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(zip(names, session.run(made, inputs), strict=True))

    return run


def onnx_variant(path: str | os.PathLike) -> Variant:
    """Reads from a file's metadata what kind it is. Raises as `onnx_runner`."""
    return Variant.of(onnx_session(path).get_modelmeta().custom_metadata_map)


def onnx_session(path: str | os.PathLike, threads: int = 0) -> "onnxruntime.InferenceSession":
    """Opens an ONNX file on the CPU, with so many threads (0: ONNX Runtime's choice). Raises as `onnx_runner`."""
    import onnxruntime

    if not Path(path).is_file():
        raise FileNotFoundError(f"`onnx` must be a file written by to_onnx. Received: onnx={str(path)!r}.")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads would burn a shared CPU
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors share no base class
        raise ValueError(f"ONNX Runtime must be able to load the ONNX file. Received: {error}") from error
