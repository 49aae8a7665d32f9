import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
import tensorflow as tf
from keras import layers

import keras_gan as kg
from keras_gan import exporting
from keras_gan.exporting.generator import ExportedGenerator


def with_layer(layer):
    """A generator with one layer in its middle, on a map of 8x8x4."""
    latent = keras.Input((6,), name="latent")
    x = layer(layers.Reshape((8, 8, 4))(layers.Dense(256)(latent)))
    return keras.Model(latent, layers.Conv2D(1, 1, activation="tanh")(x))


class Noise(layers.Layer):
    def __init__(self, keras_random, **arguments):
        super().__init__(**arguments)
        self.keras_random = keras_random
        self.seed = keras.random.SeedGenerator(0)

    def call(self, x):
        if self.keras_random:
            return x + keras.random.normal(keras.ops.shape(x), seed=self.seed)
        return x + tf.random.normal(tf.shape(x))

    def get_config(self):
        return {**super().get_config(), "keras_random": self.keras_random}


def shape_of(tensor):
    return [axis.dim_param or axis.dim_value for axis in tensor.type.tensor_type.shape.dim]


def test_names_axes_and_origin(lively, tmp_path):
    path = exporting.to_onnx(lively(), tmp_path / "deep" / "generator.onnx")
    assert path == tmp_path / "deep" / "generator.onnx"
    model = onnx.load(path)
    (latent,), (image,) = model.graph.input, model.graph.output
    assert (latent.name, shape_of(latent)) == ("latent", ["batch", 6])
    assert (image.name, shape_of(image)) == ("image", ["batch", 8, 8, 1])
    assert image.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    assert (model.producer_name, model.producer_version, model.model_version) == ("keras_gan", kg.__version__, 1)


def test_tidy_drops_shapes_in_terms_of_the_unnamed_axis():
    from keras_gan.exporting.onnx import tidy

    tensors = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["unk__7", size])
        for name, size in (("latent", 6), ("image", "unk__8"), ("between", 3))
    ]
    node = onnx.helper.make_node("Relu", ["latent"], ["image"])
    graph = onnx.helper.make_graph([node], "graph", tensors[:1], tensors[1:2], value_info=tensors[2:])
    model = onnx.helper.make_model(graph)
    tidy(model, {"image": (4,)})
    assert shape_of(model.graph.input[0]) == ["batch", 6]
    assert shape_of(model.graph.output[0]) == ["batch", 4]
    assert "unk__" not in str(model)


@pytest.mark.parametrize("latent", ["normal", "uniform"])
def test_metadata_say_how_to_draw(latent, lively, tmp_path):
    gan = lively(kg.networks.MLPGenerator((8, 6, 3), latent_dim=6, units=(8,)), latent=latent)
    session = onnxruntime.InferenceSession(str(exporting.to_onnx(gan, tmp_path / "generator.onnx")))
    found = session.get_modelmeta().custom_metadata_map
    assert json.loads(found.pop("latent_shape")) == [6]
    assert json.loads(found.pop("image_shape")) == [8, 6, 3]
    described = {"kind": "Latent", "shape": [6], "distribution": latent, "stream": 0}
    assert json.loads(found.pop("inputs")) == {"latent": described}
    assert json.loads(found.pop("outputs")) == {"image": {"medium": {"kind": "Images"}, "shape": [8, 6, 3]}}
    assert found == {
        "keras_gan_format": "1",
        "keras_gan_version": kg.__version__,
        "latent_dim": "6",
        "latent_distribution": latent,
        "precision": "float32",
        "output_type": "float32",
        "value_range": "-1,1",
        "layout": "NHWC",
    }


@pytest.mark.parametrize("opset", [9, 13, 17, 18])
def test_opset(opset, lively, tmp_path):
    path = exporting.to_onnx(lively(), tmp_path / "generator.onnx", opset=opset)
    assert [(entry.domain, entry.version) for entry in onnx.load(path).opset_import] == [("", opset)]


@pytest.mark.parametrize("opset", [8, 19, "18", 17.0, None])
def test_an_opset_out_of_range_is_refused(opset, lively, tmp_path):
    with pytest.raises(ValueError, match=f"from 9 to 18. Received: opset={opset!r}"):
        exporting.to_onnx(lively(), tmp_path / "generator.onnx", opset=opset)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda: layers.Activation("gelu"), r"Received: Erfc. Use gelu with approximate=True\."),
        (lambda: layers.Activation("celu"), r"Received: Expm1. Use elu"),
        (lambda: layers.Conv2D(4, 3, padding="same", groups=2), r"PartitionedCall. Use convolutions without groups"),
        (lambda: layers.UpSampling2D(2, interpolation="lanczos3"), r"ScaleAndTranslate. Use nearest"),
        (lambda: Noise(keras_random=True), r"StatelessRandomNormalV2. Use noise as an input"),
        (lambda: Noise(keras_random=False), r"ONNX file must draw what .* batch size 1\. .*noise an input"),
    ],
)
def test_what_cannot_be_converted_is_named_and_leaves_no_file(layer, message, lively, tmp_path):
    gan = lively(with_layer(layer()))
    with pytest.raises(ValueError, match=message):
        exporting.to_onnx(gan, tmp_path / "generator.onnx")
    assert list(tmp_path.iterdir()) == []


def test_what_needs_a_higher_opset_says_so(lively, tmp_path):
    gan = lively(kg.networks.DCGANGenerator((8, 8, 1), latent_dim=6, filters=4, upsampling="bilinear"))
    with pytest.raises(ValueError, match=r"in ONNX opset 10. Received: ResizeBilinear. Use opset 11 or higher"):
        exporting.to_onnx(gan, tmp_path / "generator.onnx", opset=10)


def test_operations_inside_loops_are_found():
    from keras_gan.exporting.onnx import check_operations

    inner = onnx.helper.make_graph([onnx.helper.make_node("Erfc", ["x"], ["y"])], "inner", [], [])
    loop = onnx.helper.make_node("Loop", ["n", "c"], ["y"], body=inner)
    with pytest.raises(ValueError, match="Received: Erfc"):
        check_operations(onnx.helper.make_model(onnx.helper.make_graph([loop], "outer", [], [])), 18)


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("disk full")])
@pytest.mark.parametrize("moment", ["writing", "checking"])
def test_an_interruption_leaves_the_old_file(error, moment, lively, monkeypatch, tmp_path):
    def fails(self, *arguments, **named):
        if moment == "writing":
            with open(self, "wb") as file:
                file.write(arguments[0][:100])
        raise error

    target = (pathlib.Path, "write_bytes") if moment == "writing" else (ExportedGenerator, "differences")
    path = tmp_path / "generator.onnx"
    path.write_bytes(b"old")
    monkeypatch.setattr(*target, fails)
    with pytest.raises(error if isinstance(error, type) else type(error)):
        exporting.to_onnx(lively(), path)
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == ["generator.onnx"]
    assert path.read_bytes() == b"old"


def test_an_older_file_is_replaced_and_a_folder_is_not(lively, tmp_path):
    gan, path = lively(), tmp_path / "generator.onnx"
    path.write_bytes(b"old")
    exporting.verify(gan, onnx=exporting.to_onnx(gan, path))
    with pytest.raises(FileExistsError, match="folder"):
        exporting.to_onnx(gan, tmp_path)


QUIET = """
import sys, keras_gan.exporting
assert not {"onnx", "onnxruntime", "tf2onnx"} & set(sys.modules), "imported too early"
import os, keras, keras_gan as kg
gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
kg.exporting.to_onnx(gan, "generator.onnx")
kg.exporting.to_saved_model(gan, "saved_model")
noise = keras.layers.Activation("gelu")
try:
    kg.exporting.to_onnx(kg.GAN(keras.Sequential([gan.generator, noise]), gan.discriminator), "gelu.onnx")
except ValueError:
    print(os.environ.get("TF_CPP_MIN_LOG_LEVEL"))
"""


def test_converters_load_late_log_nothing_and_leave_the_environment(tmp_path):
    root = pathlib.Path(kg.__file__).parents[1]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", QUIET], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "2\n"
    assert [line for line in done.stderr.splitlines() if "tf2onnx" in line or "not supported" in line] == []
    assert "INFO" not in done.stderr
    assert {p.name for p in tmp_path.iterdir()} == {"generator.onnx", "saved_model"}


def test_one_row_does_not_depend_on_the_others(lively, tmp_path):
    gan = lively()
    session = onnxruntime.InferenceSession(str(exporting.to_onnx(gan, tmp_path / "generator.onnx")))
    latents = gan.fixed_inputs(5, 1)["latent"]
    (together,) = session.run(["image"], {"latent": latents})
    alone = np.concatenate([session.run(["image"], {"latent": row[None]})[0] for row in latents])
    np.testing.assert_allclose(together, alone, atol=1e-6)
