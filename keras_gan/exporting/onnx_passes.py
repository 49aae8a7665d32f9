"""Changes of an ONNX model: half precision, eight bits, pixels as output, fewer nodes."""

import contextlib
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.storage import files

if TYPE_CHECKING:
    import numpy as np
    import onnx

CALIBRATION = 512  # latents that the ranges of int8 come from; those of 128 cut off what a small generator draws
SIGNALS = 64  # the same, of signals that a generator is given, which take more memory
CALIBRATION_SEED = 1  # not that of the comparison
QUANTIZED = ("Conv", "ConvTranspose", "MatMul", "Gemm")
OUTPUT_CHANNELS = {"Conv": 0, "ConvTranspose": 1}  # the axis of their weights


def slimmed(model: "onnx.ModelProto") -> "onnx.ModelProto":
    """Returns a model with fewer nodes that computes the same, by onnxslim.

    Raises:
        ImportError: if onnxslim is not installed.
    """
    try:
        import onnxslim
    except ImportError as error:
        raise ImportError("`slim=True` needs onnxslim. Run: pip install 'keras-gan[onnx-slim]'") from error
    return onnxslim.slim(model)


def in_half(model: "onnx.ModelProto") -> "onnx.ModelProto":
    """Returns a model with float16 weights that computes in float16; its inputs and outputs stay float32.

    What normalizes stays in float32: squares overflow float16 from 256 on, and the usual epsilons are below its
    smallest number.
    """
    from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16

    graph = model.graph
    before = {node.name for node in graph.node}
    under_root = {node.input[0] for node in graph.node if node.op_type == "Sqrt"}
    kept = [
        node.name
        for node in graph.node
        if (node.op_type == "Mul" and node.input[0] == node.input[1]) or under_root & set(node.output)
    ]
    model = convert_float_to_float16(
        model,
        keep_io_types=True,
        op_block_list=[*DEFAULT_OP_BLOCK_LIST, "ReduceMean", "ReduceSum", "Pow", "Sqrt", "Reciprocal"],
        node_block_list=kept,
    )
    _drop_round_trips([node for node in model.graph.node if node.name not in before], model.graph)
    _sort(model.graph)  # the converter's casts stand at the end
    return model


def _drop_round_trips(casts: "list[onnx.NodeProto]", graph: "onnx.GraphProto") -> None:
    """Lets float32 nodes read from float32 nodes: the converter's casts round to float16 and back between any two."""
    import onnx

    target = {node.name: next(a.i for a in node.attribute if a.name == "to") for node in casts}
    halved = {node.output[0]: node.input[0] for node in casts if target[node.name] == onnx.TensorProto.FLOAT16}
    back = [n for n in casts if target[n.name] == onnx.TensorProto.FLOAT and n.input[0] in halved]
    instead = {node.output[0]: halved[node.input[0]] for node in back}
    for node in back:
        graph.node.remove(node)
    for node in graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = instead.get(name, name)
    read = {name for node in graph.node for name in _read(node)}
    for node in [node for node in graph.node if node.output[0] in halved and node.output[0] not in read]:
        graph.node.remove(node)


def _sort(graph: "onnx.GraphProto") -> None:
    """Orders the nodes of a graph so that each comes after those it reads from."""
    nodes, ordered, ready = list(graph.node), [], set()
    made = {name for node in nodes for name in node.output}
    while now := [node for node in nodes if not _read(node) & made - ready]:
        ready |= {name for node in now for name in node.output}
        ordered += now
        nodes = [node for node in nodes if node.output[0] not in ready]
    del graph.node[:]
    graph.node.extend(ordered)


def _read(node: "onnx.NodeProto") -> set[str]:
    """Returns the names of the tensors that a node, and the graphs inside it, read."""
    inner = [graph for attribute in node.attribute for graph in (attribute.g, *attribute.graphs)]
    return set(node.input).union(*(_read(other) for graph in inner for other in graph.node))


def quantized(model: "onnx.ModelProto", generator: ExportedGenerator) -> "onnx.ModelProto":
    """Returns a model whose convolutions and matrix products have int8 weights, per channel, between QDQ nodes.

    Ranges come from latents that `gan.fixed_inputs` draws, or made-up signals: no data is needed. In float32 stay
    convolutions that draw the colours, which are small and decide the grey levels; what transposed convolutions give,
    since ONNX Runtime computes them in float32 anyway; products of two activations (attention).
    """
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    colours = {generator.shapes[name][-1] for name in generator.images}
    shapes = {tensor.name: tensor.dims for tensor in model.graph.initializer}
    drawing = [
        node.name
        for node in model.graph.node
        if node.op_type in OUTPUT_CHANNELS and node.input[1] in shapes
        if shapes[node.input[1]][OUTPUT_CHANNELS[node.op_type]] in colours
    ]
    with files.temporary_folder() as folder, _root_logger_untouched():
        quantize_static(
            model,
            f"{folder}/quantized.onnx",
            _Calibration(generator),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(QUANTIZED),
            nodes_to_exclude=drawing,
            per_channel=True,
            reduce_range=True,  # 7 bits: sums of 8 saturate on CPUs without VNNI, and pictures would depend on them
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True, "OpTypesToExcludeOutputQuantization": ["ConvTranspose"]},
        )
        return onnx.load(f"{folder}/quantized.onnx")


class _Calibration:
    """The calibration data of ONNX Runtime: `get_next` gives a batch of inputs, or None at the end."""

    def __init__(self, generator: ExportedGenerator, batch: int = 16):
        given = any(hasattr(each, "medium") for each in generator.inputs.values())
        count = max(SIGNALS if given else CALIBRATION, generator.num_classes or 0)
        inputs = generator.examples(count, CALIBRATION_SEED)
        self.batches = ({k: v[i : i + batch] for k, v in inputs.items()} for i in range(0, count, batch))

    def get_next(self) -> "dict[str, np.ndarray] | None":
        return next(self.batches, None)


@contextlib.contextmanager
def _root_logger_untouched() -> Iterator[None]:
    """Drops what is logged by the root logger itself in the block, which would also give it a handler for good."""
    root, handler = logging.getLogger(), logging.NullHandler()

    def nothing(record):
        return False

    root.addFilter(nothing)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.removeFilter(nothing)


def with_pixels(model: "onnx.ModelProto", outputs: list[str]) -> "onnx.ModelProto":
    """Returns a model whose outputs of these names are uint8, by the formula of `keras_gan.media.to_uint8`."""
    import onnx

    for tensor in model.graph.output:
        if tensor.name in outputs:
            _append_to_uint8(model.graph, tensor.name)
            tensor.type.tensor_type.elem_type = onnx.TensorProto.UINT8
    return model


def _append_to_uint8(graph: "onnx.GraphProto", output: str) -> None:
    import onnx
    from onnx import helper

    before = f"{output}_float"
    for node in graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name == output:
                    names[index] = before
    steps = (("Mul", 127.5), ("Add", 128.0), ("Max", 0.0), ("Min", 255.0))  # Clip differs between opsets
    name = before
    for operation, number in steps:
        constant, result = f"{output}_{operation}_number", f"{output}_{operation}"
        graph.initializer.append(helper.make_tensor(constant, onnx.TensorProto.FLOAT, (), [number]))
        graph.node.append(helper.make_node(operation, [name, constant], [result], name=result))
        name = result
    graph.node.append(helper.make_node("Cast", [name], [output], name=f"{output}_uint8", to=onnx.TensorProto.UINT8))
