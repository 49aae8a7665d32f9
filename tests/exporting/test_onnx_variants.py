import logging
import sys

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from keras import layers
from onnx.reference import ReferenceEvaluator

import keras_gan as kg
from keras_gan import exporting
from keras_gan.exporting import onnx_passes
from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.exporting.onnx import converted
from keras_gan.exporting.onnx_variants import LEVEL, Variant
from keras_gan.media import to_uint8

VARIANTS = [
    {"pixels": True},
    {"precision": "float16"},
    {"precision": "int8"},
    {"precision": "float16", "pixels": True, "opset": 9},
    {"precision": "int8", "pixels": True, "opset": 13},
]


def dcgan(shape=(8, 8, 1), **options):
    return kg.networks.DCGANGenerator(shape, **{"latent_dim": 6, "filters": 4, **options})


def opened(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def initializers(path):
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}


@pytest.mark.parametrize("options", VARIANTS)
def test_a_variant_says_what_it_is_and_keeps_names_and_axes(options, lively, tmp_path):
    gan = lively()
    path = exporting.to_onnx(gan, tmp_path / "generator.onnx", about={"license": "CC0"}, **options)
    session, pixels = opened(path), options.get("pixels", False)
    (latent,), (image,) = session.get_inputs(), session.get_outputs()
    assert (latent.name, latent.shape, latent.type) == ("latent", ["batch", 6], "tensor(float)")
    assert (image.name, image.shape) == ("image", ["batch", 8, 8, 1])
    assert image.type == ("tensor(uint8)" if pixels else "tensor(float)")
    found = session.get_modelmeta().custom_metadata_map
    assert found["precision"] == options.get("precision", "float32")
    assert (found["output_type"], found["value_range"]) == (("uint8", "0,255") if pixels else ("float32", "-1,1"))
    assert found["keras_gan_format"] == ("2" if pixels else "1")
    assert found["license"] == "CC0"
    model = onnx.load(path)
    assert (model.producer_name, model.graph.name) == ("keras_gan", "generator")
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", options.get("opset", 18))]
    assert ("mean_difference" in found) == ("largest_difference" in found) == ("precision" in options)
    assert ExportedGenerator(gan).metadata().keys() <= found.keys()


def test_pixels_are_those_of_to_uint8_also_beyond_the_range(lively, tmp_path):
    latent = keras.Input((6,), name="latent")
    generator = keras.Model(latent, layers.Reshape((8, 8, 1))(layers.Dense(64)(latent)))  # no tanh
    gan = lively(generator)
    inputs = gan.fixed_inputs(64, 3)
    (images,) = opened(exporting.to_onnx(gan, tmp_path / "float.onnx")).run(["image"], inputs)
    (pixels,) = opened(exporting.to_onnx(gan, tmp_path / "uint8.onnx", pixels=True)).run(["image"], inputs)
    assert images.min() < -1.5
    assert images.max() > 1.5
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, to_uint8(images))


def test_float16_halves_the_weights(lively, tmp_path):
    gan = lively(dcgan((28, 28, 1), filters=64))
    plain = exporting.to_onnx(gan, tmp_path / "plain.onnx")
    half = exporting.to_onnx(gan, tmp_path / "half.onnx", precision="float16")
    assert half.stat().st_size < 0.52 * plain.stat().st_size
    assert all(value.dtype != "float32" for value in initializers(half).values() if value.size > 64)


def test_float16_normalizes_in_float32():
    gan = kg.GAN(dcgan(normalization="rms"), kg.networks.MLPDiscriminator((8, 8, 1), units=(4,)))
    for weight in gan.ema_generator.weights:  # the squares of what the first layer gives are above 65504, the limit
        weight.assign(weight * {2: 50_000, 4: 5, 1: 1}[weight.ndim])
    generator = ExportedGenerator(gan)
    model = onnx_passes.in_half(converted(generator, 18))
    inputs = gan.fixed_inputs(3, 0)
    with np.errstate(over="raise"):
        (images,) = ReferenceEvaluator(model).run(None, inputs)  # in float16, where ONNX Runtime's CPU has float32
    expected = generator.run(inputs)["image"]
    assert expected.std() > 0.1
    assert np.abs(images - expected).mean() < 2e-3


def test_int8_has_a_scale_per_channel_and_leaves_out_what_draws_the_colours(lively, tmp_path):
    gan = lively(dcgan(filters=16, upsampling="nearest"))
    path = exporting.to_onnx(gan, tmp_path / "generator.onnx", precision="int8")
    values = initializers(path)
    weights = {name: value for name, value in values.items() if value.dtype == np.int8 and value.ndim > 1}
    assert [value.ndim for value in weights.values()] == [2]  # dense; the only convolution draws the image
    (name,) = weights
    assert np.abs(weights[name]).max() <= 64  # 7 bits
    scales = values[name.replace("_quantized", "_scale")]
    assert scales.shape == weights[name].shape[1:]
    assert len(np.unique(scales)) > 1
    convolution = next(node for node in onnx.load(path).graph.node if node.op_type == "Conv")
    assert values[convolution.input[1]].dtype == np.float32


def test_int8_takes_a_quarter_of_the_bytes_and_tells_its_error(lively, tmp_path):
    gan = lively(dcgan((28, 28, 1), filters=64))
    plain = exporting.to_onnx(gan, tmp_path / "plain.onnx")
    path = exporting.to_onnx(gan, tmp_path / "int8.onnx", precision="int8")
    assert path.stat().st_size < 0.35 * plain.stat().st_size
    inputs = gan.fixed_inputs(16, seed=0)
    difference = np.abs(opened(path).run(["image"], inputs)[0] - ExportedGenerator(gan).run(inputs)["image"])
    found = opened(path).get_modelmeta().custom_metadata_map
    assert float(found["mean_difference"]) == pytest.approx(difference.mean(), rel=0.01)
    assert float(found["largest_difference"]) == pytest.approx(difference.max(), rel=0.01)


@pytest.mark.parametrize("options", VARIANTS[:3])
def test_labels_and_attention(options, tmp_path):
    keras.utils.set_random_seed(0)
    latent, label = keras.Input((6,), name="latent"), keras.Input((), name="label", dtype="int32")
    x = layers.Concatenate()([latent, layers.Embedding(3, 4)(label)])
    x = kg.layers.SelfAttention(key_channels=2)(layers.Reshape((4, 4, 8))(layers.Dense(128)(x)))
    generator = keras.Model(
        {"latent": latent, "label": label}, layers.Conv2DTranspose(1, 4, 2, "same", activation="tanh")(x)
    )
    gan = kg.GAN(generator, kg.networks.MLPDiscriminator((8, 8, 1), units=(4,)), num_classes=3)
    gan.ema_generator.set_weights([weight * 2 + 0.1 for weight in gan.ema_generator.get_weights()])
    path = exporting.to_onnx(gan, tmp_path / "generator.onnx", **options)
    session = opened(path)
    assert {i.name: i.type for i in session.get_inputs()} == {"latent": "tensor(float)", "label": "tensor(int32)"}
    images = [session.run(["image"], {**gan.fixed_inputs(1, 0), "label": np.array([k], "int32")})[0] for k in range(3)]
    assert len({image.tobytes() for image in images}) == 3


@pytest.mark.parametrize("precision", ["float16", "int8"])
def test_a_broken_file_does_not_appear(precision, lively, monkeypatch, tmp_path):
    change = onnx_passes.in_half if precision == "float16" else onnx_passes.quantized

    def broken(model, *arguments):
        model = change(model, *arguments)
        (tanh,) = [node for node in model.graph.node if node.op_type == "Tanh"]
        tanh.op_type = "Sigmoid"
        return model

    monkeypatch.setattr(onnx_passes, change.__name__, broken)
    with pytest.raises(ValueError, match=f"^The {precision} ONNX file must draw .* a mean difference of one picture"):
        exporting.to_onnx(lively(), tmp_path / "generator.onnx", precision=precision)
    assert list(tmp_path.iterdir()) == []


def test_what_the_tools_raise_becomes_one_line(lively, monkeypatch, tmp_path):
    def fails(*arguments, **named):
        raise AssertionError("no such axis")

    monkeypatch.setattr("onnxruntime.quantization.quantize_static", fails)
    with pytest.raises(ValueError, match=r"^The ONNX file could not be brought to int8: no such axis$"):
        exporting.to_onnx(lively(), tmp_path / "generator.onnx", precision="int8")


def test_a_file_that_does_not_run_does_not_appear(lively, monkeypatch, tmp_path):
    def unsorted(model):
        model = in_half(model)
        first = model.graph.node[0]
        model.graph.node.remove(first)
        model.graph.node.append(first)
        return model

    in_half = onnx_passes.in_half
    monkeypatch.setattr(onnx_passes, "in_half", unsorted)
    with pytest.raises(ValueError, match="could not be converted to valid ONNX of opset 18"):
        exporting.to_onnx(lively(), tmp_path / "generator.onnx", precision="float16")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": "bfloat16"}, "'float32', 'float16' or 'int8'. Received: precision='bfloat16'"),
        ({"precision": "int8", "opset": 12}, "13 or higher with precision='int8'. Received: opset=12"),
    ],
)
def test_what_cannot_be_had_is_refused_before_converting(options, message, lively, tmp_path):
    with pytest.raises(ValueError, match=message):
        exporting.to_onnx(lively(), tmp_path / "generator.onnx", **options)


def test_slim_has_fewer_nodes(lively, tmp_path):
    pytest.importorskip("onnxslim", reason="onnxslim is not installed")
    gan = lively(dcgan(upsampling="nearest"))
    plain = exporting.to_onnx(gan, tmp_path / "plain.onnx")
    slim = exporting.to_onnx(gan, tmp_path / "slim.onnx", slim=True)
    assert len(onnx.load(slim).graph.node) <= 0.6 * len(onnx.load(plain).graph.node)
    assert max(exporting.verify(gan, onnx=slim)["onnx"].values()) < 1e-5
    metadata = [opened(path).get_modelmeta().custom_metadata_map for path in (plain, slim)]
    assert metadata[0] == metadata[1]


def test_without_onnxslim_it_says_what_to_install(lively, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnxslim", None)
    with pytest.raises(ImportError, match=r"Run: pip install 'keras-gan\[onnx-slim\]'"):
        exporting.to_onnx(lively(), tmp_path / "generator.onnx", slim=True)
    assert list(tmp_path.iterdir()) == []


def test_quantizing_prints_nothing_and_leaves_logging_alone(lively, capfd, monkeypatch, tmp_path):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    exporting.to_onnx(lively(), tmp_path / "generator.onnx", precision="int8")
    assert logging.getLogger().handlers == []
    assert logging.getLogger().filters == []
    assert capfd.readouterr() == ("", "")


def test_sorting_looks_into_loops():
    helper, number = onnx.helper, onnx.TensorProto.FLOAT
    inner = helper.make_graph([helper.make_node("Relu", ["late"], ["y"])], "inner", [], [])
    nodes = [
        helper.make_node("If", ["condition"], ["image"], then_branch=inner, else_branch=inner),
        helper.make_node("Neg", ["early"], ["late"]),
        helper.make_node("Neg", ["latent"], ["early"]),
    ]
    graph = helper.make_graph(nodes, "outer", [helper.make_tensor_value_info("latent", number, [1])], [])
    onnx_passes._sort(graph)
    assert [node.output[0] for node in graph.node] == ["early", "late", "image"]


def test_a_pixel_may_be_one_level_off_and_no_more(lively):
    generator = ExportedGenerator(lively())
    variant = Variant(pixels=True)

    def off_by(levels):
        def run(inputs):
            pixels = to_uint8(generator.run(inputs)["image"]).astype("int")
            return {"image": (pixels + levels).clip(0, 255).astype("uint8")}

        return run

    found = variant.differences(generator, off_by(1))
    assert found == pytest.approx(dict.fromkeys((1, 3, 16), LEVEL))
    with pytest.raises(ValueError, match=r"and a grey level\. Received: a largest difference of 0\.01"):
        variant.differences(generator, off_by(2))


def test_one_wrong_picture_of_a_batch_is_enough(lively):
    generator = ExportedGenerator(lively())

    def last_one_wrong(inputs):
        images = generator.run(inputs)["image"].copy()
        images[3:4] += 0.1  # of 16: a mean of 0.006 over the batch
        return {"image": images}

    variant = Variant("int8")
    with pytest.raises(ValueError, match=r"within atol=0\.05\. .* of one picture of 0\.1 at batch size 16"):
        variant.differences(generator, last_one_wrong)
    with pytest.raises(ValueError, match="must be 'float32', 'float16' or 'int8'"):
        Variant.of({"precision": "int4"})
