"""Attacks by exported files and files of weights: see test_untrusted.py."""

import json
import os
import pathlib
import pickle
import re
import shutil
import struct
import zipfile

import numpy as np
import onnx
import pytest

import keras_gan as kg
from keras_gan import evaluation
from keras_gan.exporting import opening
from keras_gan.features import inception_weights, torch_file, torch_pickle
from tests.exporting.strangers import drawn, with_metadata

PROJECT = pathlib.Path(__file__).parents[2]
GOLDEN = PROJECT / "tests" / "golden"


BEFORE = {"inputs": None, "outputs": None}  # files of format 1 as they were first written say neither
METADATA = [
    ({"latent_shape": "[1000000000000]"}, "latent"),
    ({"latent_shape": "[65536, 65536]"}, "16,777,216 numbers"),
    ({"latent_shape": "[-6]"}, r"latent_shape.*\[-6\]"),
    ({"latent_shape": "[6.0]"}, "latent_shape"),
    ({"latent_shape": "[true]"}, "latent_shape"),
    ({"latent_shape": "6"}, "latent_shape"),
    ({"latent_shape": "six"}, "Expecting value"),
    ({"latent_shape": '{"a": 6}'}, "latent_shape"),
    ({"latent_shape": "[" * 100_000}, "levels|recursion"),
    ({"latent_shape": "[7]"}, "invalid dimensions"),
    ({"latent_shape": None}, "'latent_shape'"),
    ({"latent_distribution": None}, "'latent_distribution'"),
    ({"latent_distribution": "cauchy"}, "latent_distribution"),
    ({"num_classes": "many"}, "invalid literal"),
    ({"num_classes": "1" * 30}, "num_classes"),
    ({"num_classes": "-3"}, "num_classes"),
]


@pytest.mark.parametrize(("changes", "text"), METADATA)
def test_metadata_of_strangers_is_refused_by_the_package(changes, text, model, tmp_path):
    path = with_metadata(model, tmp_path / "generator.onnx", BEFORE | changes)
    with pytest.raises(ValueError, match=rf"exported generator must .*Received: .*generator.onnx(?s:.*){text}"):
        drawn(path)


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("[8, 8]", r"without image_shape \(8, 8\)"),
        ("[8, 8, 3]", r"with float32 \(2, 8, 8, 1\)"),
        ("[0, 8, 1]", r"without image_shape \[0, 8, 1\]"),
        ("[1000000, 1000000, 1]", "at most 16,777,216 numbers"),
        ("[[8], 8, 1]", "without image_shape"),
        ("null", "without image_shape None"),
    ],
)
def test_images_of_another_shape_than_announced_are_refused(shape, text, model, tmp_path):
    path = with_metadata(model, tmp_path / "generator.onnx", BEFORE | {"image_shape": shape})
    with pytest.raises(ValueError, match=rf"exported generator must .*Received: .*{text}"):
        drawn(path)


@pytest.mark.parametrize(("changes", "text"), METADATA)
def test_metadata_of_strangers_is_one_line_of_the_program(changes, text, model, program, tmp_path, capsys):
    path = with_metadata(model, tmp_path / "generator.onnx", BEFORE | changes)
    assert program.main([str(path), "--out", str(tmp_path / "grid.png")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def drawing(path, output, kind):
    """Writes a model that gives its latents, or what `output` makes of them, for images."""
    nodes = [onnx.helper.make_node(*output)]
    graph = onnx.helper.make_graph(
        nodes,
        "g",
        [onnx.helper.make_tensor_value_info("latent", 1, ["batch", 4])],
        [onnx.helper.make_tensor_value_info("image", kind, None)],
    )
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    made.ir_version = 8
    about = {
        "keras_gan_format": "1",
        "latent_shape": "[4]",
        "latent_distribution": "normal",
        "image_shape": "[8, 8, 1]",
    }
    onnx.helper.set_model_props(made, about)
    path.write_bytes(made.SerializeToString())
    return path


@pytest.mark.parametrize(("operation", "kind"), [("Identity", 1), ("Shape", 7)])
def test_what_is_no_picture_is_refused(operation, kind, program, tmp_path, capsys):
    path = drawing(tmp_path / "other.onnx", (operation, ["latent"], ["image"]), kind)
    assert program.main([str(path), "--out", str(tmp_path / "grid.png")]) == 2
    assert "which are no pictures" in capsys.readouterr().err
    with pytest.raises(ValueError, match=r"must make 'image' of shape \(2, 8, 8, 1\), float32 or uint8. Received: "):
        drawn(path)


@pytest.mark.parametrize("text", ["[]", "{", "[" * 100_000, '"a"', '{"latent_shape": [6]}', "{}"])
def test_the_description_of_a_saved_model_of_strangers_is_refused(text, tmp_path, monkeypatch):
    folder = tmp_path / "1"
    (folder / "assets.extra").mkdir(parents=True)
    (folder / "saved_model.pb").touch()
    (folder / "assets.extra" / "keras_gan.json").write_text(text)
    monkeypatch.setattr(opening, "saved_model_runner", lambda path: None)
    expected = "must say what latents it takes" if "}" in text else "description must be readable"
    with pytest.raises(ValueError, match=rf"{expected}\. Received: "):
        evaluation.open_generator(folder)


def written(path, pickled, storage=bytes(16)):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", pickled)
        archive.writestr("x/data/0", storage)
    return path


def nested_keys(levels):
    """A pickle of a dict whose last key is twice a tuple of twice a tuple ... : hashing it takes 2^levels steps."""
    return b"\x80\2}(K\1q\0" + b"h\0h\0\x86q\0" * levels + b"K\1u."


PICKLES = [
    (pickle.dumps({"a": os.system}, 2), "it asks for posix.system, which is refused"),
    (b"\x80\4X\2\0\0\0osX\6\0\0\0system\x93.", "STACK_GLOBAL, which is refused"),
    (b"\x80\2]r\xff\xff\xff\xff.", "a list, no dict of tensors"),  # a place in the memory of the unpickler: 34 GB
    (b"\x80\2(ios\nsystem\n.", "INST, which is refused"),
    (b"\x80\2(cos\nsystem\no.", "it asks for os.system"),
    (b"\x80\2}\x82\1.", "EXT1, which is refused"),
    (b"\x80\5}\x96" + struct.pack("<Q", 2**50) + b"a.", "."),  # a bytearray of a petabyte
    (b"\x80\2ccollections\nOrderedDict\n(K\1tR.", "it makes what is no tensor"),
    (nested_keys(60), "the keys of its dicts are not texts"),
    (b"N" * 2**20 + b".", "it has more than 1,048,576 instructions"),
    (b"\x80\2}", "pickle exhausted|cut short"),
]


@pytest.mark.parametrize(("content", "text"), PICKLES)
def test_pickles_of_strangers_are_refused_and_not_run(content, text, tmp_path):
    with pytest.raises(ValueError, match=rf"state dict was expected. Received: .*unreadable: .*({text})"):
        torch_file.read_state_dict(written(tmp_path / "a.pth", content))


def test_one_storage_cannot_be_shown_again_and_again(tmp_path):
    view = (
        "ctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI250000\ntQI0\n(I250000\n"
    )
    view += "t(I1\ntI00\nNtR"
    many = "".join(f"S'{number}'\n{view}" for number in range(50))
    path = written(tmp_path / "a.pth", f"({many}d.", bytes(10**6))
    with pytest.raises(ValueError, match="its tensors are larger than the file"):
        torch_file.read_state_dict(path)


def test_a_storage_that_says_too_much_is_refused(tmp_path):
    whole = (GOLDEN / "state_dict_legacy.pth").read_bytes()
    count = struct.pack("<q", 12)
    assert count in whole
    (tmp_path / "a.pth").write_bytes(whole.replace(count, struct.pack("<q", 2**60)))
    with pytest.raises(ValueError, match="a storage is cut short"):
        torch_file.read_state_dict(tmp_path / "a.pth")


def test_the_unpickler_of_python_is_not_used():
    assert not any(hasattr(module, "pickle") for module in (torch_file, torch_pickle))
    for path in (PROJECT / "keras_gan").rglob("*.py"):
        assert "import pickle\n" not in path.read_text(), path


def test_a_graph_that_says_more_than_it_holds_is_refused(tmp_path):
    tf = pytest.importorskip("tensorflow")
    graph = tf.compat.v1.GraphDef()
    node = graph.node.add(op="Const", name=next(iter(inception_weights.scopes())))
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.float32(1), shape=(1,)))
    node.attr["value"].tensor.tensor_shape.dim[0].size = 10**12
    (tmp_path / "a.pb").write_bytes(graph.SerializeToString())
    with pytest.raises(ValueError, match=r"GraphDef was expected. Received: .*says that it holds more than the file"):
        inception_weights.read_weights(tmp_path / "a.pb")


def test_an_onnx_file_may_not_read_other_files(model, program, tmp_path, capsys):
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    (tmp_path / "secret").write_bytes(bytes(10**4))
    (tmp_path / "folder").mkdir()
    tensor = max(copy.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    tensor.ClearField("raw_data")
    tensor.ClearField("float_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../secret")
    path = tmp_path / "folder" / "generator.onnx"
    path.write_bytes(copy.SerializeToString())
    assert program.main([str(path), "--out", str(tmp_path / "grid.png")]) == 2
    assert re.search("escapes (both )?model directory", capsys.readouterr().err)
    with pytest.raises(ValueError, match=r"escapes (both )?model directory"):
        evaluation.open_generator(path)


def test_scores_of_strangers_are_refused(tmp_path):
    for text in ("[" * 100_000, '{"name": 1}', json.dumps([1])):
        with pytest.raises(ValueError, match=r"A score's JSON was expected\. Received: "):
            kg.metrics.Score.from_json(text)
    shutil.rmtree(tmp_path)
