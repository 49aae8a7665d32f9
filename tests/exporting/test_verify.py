import re

import numpy as np
import pytest
import tensorflow as tf

from keras_gan import exporting
from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.exporting.litert import to_litert


@pytest.mark.parametrize(
    ("argument", "named", "export"),
    [
        ("saved_model", "SavedModel", exporting.to_saved_model),
        ("onnx", "ONNX file", exporting.to_onnx),
        ("litert", "LiteRT file", to_litert),
    ],
)
def test_other_weights_are_noticed_with_the_difference(argument, named, export, lively, tmp_path):
    gan = lively()
    files = {argument: export(gan, tmp_path / "1")}
    before = ExportedGenerator(gan).run(gan.fixed_inputs(1, 0))["image"]
    bias = gan.ema_generator.weights[-1]
    bias.assign(bias + 0.01)
    expected = np.abs(ExportedGenerator(gan).run(gan.fixed_inputs(1, 0))["image"] - before).max()
    with pytest.raises(ValueError, match=rf"^The {named} must .* within atol=0\.0001.* at batch size 1\.$") as error:
        exporting.verify(gan, **files)
    assert float(re.search(r"difference of (\S+)", str(error.value))[1]) == pytest.approx(expected, rel=0.01)
    assert exporting.verify(gan, **files, atol=0.02)[argument][1] == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("options", "named", "kind"),
    [
        ({"pixels": True}, "ONNX file of pixels", "largest"),
        ({"precision": "float16"}, "float16 ONNX file", "mean"),
        ({"precision": "int8", "pixels": True}, "int8 ONNX file of pixels", "mean"),
    ],
)
def test_a_kind_of_onnx_file_is_held_to_its_own_promise(options, named, kind, lively, tmp_path):
    gan = lively()
    path = exporting.to_onnx(gan, tmp_path / "generator.onnx", **options)
    usual = max(exporting.verify(gan, onnx=path, seed=7)["onnx"].values())
    assert 1e-4 < usual < 0.2 or options == {"pixels": True}
    bias = gan.ema_generator.weights[-1]
    bias.assign(bias + 0.2)
    with pytest.raises(ValueError, match=rf"^The {named} must draw what .* a {kind} difference"):
        exporting.verify(gan, onnx=path)
    assert max(exporting.verify(gan, onnx=path, atol=0.3)["onnx"].values()) > usual


def test_the_newest_version_of_a_folder_is_compared(lively, tmp_path):
    gan = lively()
    exporting.to_saved_model(gan, tmp_path / "9")
    gan.ema_generator.set_weights([weight * 1.1 for weight in gan.ema_generator.get_weights()])
    exporting.to_saved_model(gan, tmp_path)
    assert list(exporting.verify(gan, saved_model=tmp_path)) == ["saved_model"]
    with pytest.raises(ValueError, match="largest difference"):
        exporting.verify(gan, saved_model=tmp_path / "9")


def test_something_must_be_given_and_be_there(lively, tmp_path):
    gan = lively()
    with pytest.raises(ValueError, match="needs a file to compare"):
        exporting.verify(gan)
    with pytest.raises(FileNotFoundError, match="written by to_onnx"):
        exporting.verify(gan, onnx=tmp_path / "generator.onnx")
    with pytest.raises(FileNotFoundError, match="written by to_saved_model"):
        exporting.verify(gan, saved_model=tmp_path)
    with pytest.raises(FileNotFoundError, match="written by to_litert"):
        exporting.verify(gan, litert=tmp_path)
    (tmp_path / "text").write_text("no model")
    for argument, runtime in (("onnx", "ONNX Runtime"), ("litert", "LiteRT")):
        with pytest.raises(ValueError, match=f"^{runtime} must be able to load the"):
            exporting.verify(gan, **{argument: tmp_path / "text"})


@pytest.mark.parametrize("size", [3, 16])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda images: images + 0.5, r"largest difference of 0\.5 at batch size {}"),
        (lambda images: images * np.nan, "largest difference of nan at batch size {}"),
        (lambda images: images[1:], r"instead of .* at batch size {}"),
        (lambda images: images / "x", "an error at batch size {}"),
    ],
)
def test_a_difference_at_one_batch_size_is_enough(size, change, message, lively):
    generator = ExportedGenerator(lively())

    def run(inputs):
        images = generator.run(inputs)["image"]
        return {"image": change(images) if len(images) == size else images}

    with pytest.raises(ValueError, match=message.format(size)):
        generator.differences(run, "copy", atol=1e-4)


def test_comparisons_are_in_full_float32_and_leave_the_setting(lively):
    enabled = tf.config.experimental.tensor_float_32_execution_enabled
    assert enabled()
    generator, seen = ExportedGenerator(lively()), []

    def run(inputs):
        seen.append(enabled())
        return generator.run(inputs)

    generator.differences(run, "copy", atol=1e-4)
    assert seen == [False] * 3
    assert enabled()
