"""Generators of other kinds than latent in, picture out: what each format makes of their inputs, outputs and media."""

import json

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from keras import layers, ops
from PIL import Image

import keras_gan as kg
from keras_gan import exporting
from keras_gan.exporting import requests, signatures
from keras_gan.exporting.examples import examples, reference
from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.exporting.litert import to_litert
from keras_gan.inputs import Code, Given, Label, Latent, NetworkGenerator
from keras_gan.media import Images, Labels, Medium, Vectors
from tests.game import proofs


class Waves(Medium):
    """Sounds of one channel, held as 16 bits: as wide and as deep as a grey picture of no height."""

    rank = 2
    held_dtype = "int16"

    def finish_tensor(self, values):
        return ops.cast(ops.round(ops.clip(values, -1.0, 1.0) * 32767.0), "int16")

    def begin_tensor(self, values):
        return values / 32767.0


def dense(taken, shapes):
    """A network from these inputs to outputs of these shapes."""
    flat = [layers.Flatten()(ops.cast(ops.reshape(t, (-1, max(1, t.shape[-1] or 1))), "float32")) for t in taken]
    x = layers.Dense(16, "tanh")(layers.Concatenate()(flat) if len(flat) > 1 else flat[0])
    made = {k: layers.Reshape(shape)(layers.Dense(int(np.prod(shape)), "tanh")(x)) for k, shape in shapes.items()}
    return keras.Model(taken, made if len(made) > 1 else next(iter(made.values())))


def several():
    """Two outputs, the first of them no picture; a latent in two parts, and a code."""
    taken = [keras.Input((4,), name="latent"), keras.Input((2,), name="noise"), keras.Input((3,), name="code")]
    inputs = {"latent": Latent((4,)), "noise": Latent((2,), "uniform", stream=1), "code": Code((2,), 1)}
    outputs = {"features": Vectors(), "picture": Images()}
    return NetworkGenerator("several", inputs, outputs, dense(taken, {"features": (5,), "picture": (6, 4, 3)}))


def sizes_vary():
    """A picture of any size and a class, to a picture of the same name."""
    image, label = keras.Input((None, None, 3), name="image"), keras.Input((), name="label", dtype="int32")
    shift = ops.reshape(ops.cast(label, "float32"), (-1, 1, 1, 1))
    x = layers.Conv2D(3, 3, padding="same", activation="tanh")(layers.Conv2D(4, 3, padding="same")(image) + shift)
    inputs = {"image": Given("image", (None, None, 3)), "label": Label(3)}
    return NetworkGenerator("sizes_vary", inputs, {"image": Images()}, keras.Model([image, label], x))


def waves():
    latent = keras.Input((4,), name="latent")
    return NetworkGenerator("waves", {"latent": Latent((4,))}, {"wave": Waves()}, dense([latent], {"wave": (64, 1)}))


PLAIN, SAMPLE, TRANSLATE = ["serving_default", "uint8", "png"], ["sample", "sample_truncated"], ["translate"]
# Generator -> (what is exported, name of the generator in it, its signatures).
KINDS = {
    "pix2pix": (proofs.pix2pix, None, [*PLAIN, *TRANSLATE, "translate_png"]),
    "cycle_gan": (proofs.cycle_gan, "b_to_a", [*PLAIN, *TRANSLATE, "translate_png"]),
    "encoder": (proofs.bigan, "encoder", ["serving_default", *TRANSLATE, "translate_png"]),
    "several": (several, None, [*PLAIN, *SAMPLE]),
    "sizes_vary": (sizes_vary, None, [*PLAIN, *TRANSLATE, "translate_png"]),
    "waves": (waves, None, ["serving_default", "int16", *SAMPLE]),
}


@pytest.fixture(scope="module", params=KINDS)
def exports(request, tmp_path_factory):
    """(what is exported, name of the generator, folder with `saved_model`, `generator.onnx` and `.tflite`)."""
    make, name, _ = KINDS[request.param]
    keras.utils.set_random_seed(3)
    made, folder = make(), tmp_path_factory.mktemp(request.param)
    exporting.to_saved_model(made, folder / "saved_model", warmup_batch_sizes=(2,), generator=name)
    exporting.to_onnx(made, folder / "generator.onnx", generator=name)
    to_litert(made, folder / "generator.tflite", generator=name)
    return made, name, folder


def test_every_format_makes_what_keras_makes(exports):
    made, name, folder = exports
    files = {"saved_model": folder / "saved_model", "onnx": folder / "generator.onnx"}
    found = exporting.verify(made, **files, litert=folder / "generator.tflite", seed=4, generator=name)
    assert [list(sizes) for sizes in found.values()] == [[1, 3, 16]] * 3
    assert max(max(sizes.values()) for sizes in found.values()) < 1e-5


def test_signatures_follow_from_inputs_and_media(exports, request):
    made, name, folder = exports
    loaded = tf.saved_model.load(str(folder / "saved_model" / "1"))
    expected = KINDS[request.node.callspec.params["exports"]][2]
    generator = ExportedGenerator(made, generator=name)
    assert list(signatures.signatures(generator)) == expected
    assert set(loaded.signatures) == set(expected)
    held = requests.examples(generator, 3)
    for given, each in generator.inputs.items():
        if hasattr(each, "medium"):
            assert loaded.signatures["translate"].structured_input_signature[1][given].dtype == tf.uint8
            assert held[f"{given}_bytes"].shape == (3,)


def test_what_an_opened_file_makes_is_what_keras_makes(exports):
    made, name, folder = exports
    trained = made if isinstance(made, NetworkGenerator) else made.generators()[name or "generator"]
    inputs = examples(trained, 5, seed=2)
    expected = trained.made(inputs=inputs)
    for path in (folder / "saved_model", folder / "generator.onnx"):
        if isinstance(trained.medium, Waves):
            with pytest.raises(
                ValueError, match=r"must say what it takes and makes\. .*'Waves'.* none of Images, Labels"
            ):
                exporting.open_generator(path)
            continue
        opened = exporting.open_generator(path)
        assert opened.outputs == trained.outputs
        assert {k: v.get_config() for k, v in opened.inputs.items()} == {
            k: v.get_config() for k, v in trained.inputs.items()
        }
        assert opened.output_shapes() == trained.output_shapes()
        found = opened.made(inputs=inputs)
        for output, values in expected.items():
            assert found[output].dtype == values.dtype
            np.testing.assert_allclose(found[output].astype(float), values, atol=1 if values.dtype == "uint8" else 1e-5)


def test_one_channel_of_sound_is_no_grey_picture():
    generator = ExportedGenerator(waves())
    assert generator.shapes == {"wave": (64, 1)}
    assert not any("png" in name for name in signatures.signatures(generator))
    assert "value_range" not in generator.metadata()
    with pytest.raises(ValueError, match=r"`pixels` is for generators of pictures\. Received: pixels=True, .*Waves"):
        exporting.to_onnx(waves(), "never.onnx", pixels=True)


def test_pictures_and_files_are_translated_as_by_the_game(tmp_path):
    game = proofs.cycle_gan()
    kernel = game.average_b_to_a.weights[2]
    kernel.assign(4 * kernel)
    loaded = tf.saved_model.load(str(exporting.to_saved_model(game, tmp_path, generator="b_to_a")))
    pictures = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1), "uint8")
    expected = game.translate(pictures, generator="b_to_a").astype(int)
    assert expected.std() > 10
    made = loaded.signatures["translate"](b=tf.constant(pictures))["a"].numpy()
    assert made.dtype == np.uint8
    assert np.abs(made - expected).max() <= 1
    smooth = (np.arange(8, dtype="uint8")[:, None] * 20 + 40).repeat(8, 1)  # decoders of JPEG files round differently
    for suffix, picture in (("png", pictures[0, ..., 0]), ("jpg", smooth)):
        Image.fromarray(picture).save(tmp_path / f"one.{suffix}", quality=100)
    pixels = np.asarray(Image.open(tmp_path / "one.jpg"))[None, ..., None]
    ask = loaded.signatures["translate_png"]
    files = tf.constant([(tmp_path / f"one.{suffix}").read_bytes() for suffix in ("png", "jpg")])
    found = [tf.io.decode_png(file).numpy() for file in ask(b_bytes=files)["a_bytes"].numpy()]
    assert np.abs(found[0].astype(int) - expected[0]).max() <= 1
    assert np.abs(found[1].astype(int) - game.translate(pixels, generator="b_to_a")[0]).max() <= 8
    Image.new("L", (9, 8)).save(tmp_path / "wide.png")
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"\[8,9,1\] is not compatible with expected shape \[8,8,1\]"
    ):
        ask(b_bytes=tf.constant([(tmp_path / "wide.png").read_bytes()]))


@pytest.mark.parametrize("name", ["uint8", "png", "translate", "translate_png"])
def test_a_signature_that_translates_otherwise_is_told(name):
    generator = ExportedGenerator(proofs.pix2pix())
    found = signatures.signatures(generator)

    def run(asked, inputs):
        specs = found[asked].inputs
        function = tf.function(found[asked].function, input_signature=specs, autograph=False)
        made = {k: v.numpy() for k, v in function(*(inputs[spec.name] for spec in specs)).items()}
        return {k: v[::-1] if asked == name else v for k, v in made.items()}

    with pytest.raises(ValueError, match=rf"signature '{name}' of the SavedModel must draw .* 'target' .* size 3"):
        requests.compare(generator, run, atol=1e-4)


def test_latents_of_several_inputs_come_from_one_seed():
    generator = ExportedGenerator(several())
    found = signatures.signatures(generator)["sample_truncated"]
    assert [spec.name for spec in found.inputs] == ["seed", "code", "truncation"]
    inputs = requests.as_keras_takes(generator, requests.asked(generator, found.inputs, 3))
    assert list(inputs) == ["latent", "noise", "code"]
    first, second = (signatures.draw_latents(Latent((2,), stream=stream), np.arange(3)) for stream in (0, 1))
    assert np.abs(first - second).min() > 0


def test_onnx_names_differ_where_inputs_and_outputs_are_called_the_same(tmp_path):
    made = sizes_vary()
    for options in ({}, {"pixels": True}):
        session = onnxruntime.InferenceSession(str(exporting.to_onnx(made, tmp_path / "g.onnx", **options)))
        (output,) = session.get_outputs()
        assert (output.name, output.shape) == ("image_made", ["batch", "image_made_1", "image_made_2", 3])
        assert session.get_inputs()[0].shape == ["batch", "image_1", "image_2", 3]
    opened = exporting.open_generator(tmp_path / "g.onnx")  # of pixels
    pictures = np.random.default_rng(0).integers(0, 256, (2, 12, 20, 3), "uint8")
    assert np.abs(opened.translate(pictures).astype(int) - made.translate(pictures)).max() <= 1


def test_fewer_bits_also_where_a_picture_is_given(tmp_path):
    game = proofs.pix2pix()
    for precision in ("float16", "int8"):
        path = exporting.to_onnx(game, tmp_path / "g.onnx", precision=precision)
        metadata = onnxruntime.InferenceSession(str(path)).get_modelmeta().custom_metadata_map
        assert metadata["keras_gan_format"] == "3"
        assert float(metadata["mean_difference"]) < 0.05


def test_metadata_of_what_has_no_latent_name_none(tmp_path):
    found = ExportedGenerator(proofs.cycle_gan(), generator="a_to_b").metadata()
    assert found["keras_gan_format"] == "3"
    assert not {"latent_shape", "latent_dim", "latent_distribution", "image_shape"} & set(found)
    medium = {"kind": "Images"}
    assert json.loads(found["inputs"]) == {"a": {"kind": "Given", "column": "a", "shape": [8, 8, 1], "medium": medium}}
    assert json.loads(found["outputs"]) == {"b": {"medium": medium, "shape": [8, 8, 1]}}


def test_references_are_smooth_and_do_not_depend_on_the_count():
    inputs = {"a": Given("a", (16, 16, 3)), "b": Given("b", (None,), Vectors()), "label": Given("c", (), Labels(3))}
    generator = NetworkGenerator("g", inputs, {"image": Images()}, None)
    few, many = reference(generator, 2, seed=1), reference(generator, 5, seed=1)
    assert {name: value.shape for name, value in many.items()} == {"a": (5, 16, 16, 3), "b": (5, 32), "c": (5,)}
    assert many["c"].tolist() == [0, 1, 2, 0, 1]
    for name, value in few.items():
        np.testing.assert_array_equal(value, many[name][:2])
    assert np.abs(many["a"]).max() <= 1
    assert many["a"].std() > 0.3
    assert np.abs(np.diff(many["a"], axis=1)).max() < 1.5
    assert np.abs(many["a"] - reference(generator, 5, seed=2)["a"]).max() > 0.5


def test_which_generator_is_meant(tmp_path):
    game = proofs.cycle_gan()
    made = game.generators()["b_to_a"]
    assert ExportedGenerator(game).names == ["a"]
    assert ExportedGenerator(game, generator="b_to_a").names == ExportedGenerator(made).names == ["b"]
    with pytest.raises(
        ValueError, match=r"`generator` must be one of \['a_to_b', 'b_to_a'\]\. Received: generator='c'"
    ):
        exporting.to_onnx(game, tmp_path / "g.onnx", generator="c")
    with pytest.raises(ValueError, match=r"`generator` must be 'b_to_a' or None\. Received: generator='a_to_b'"):
        exporting.to_onnx(made, tmp_path / "g.onnx", generator="a_to_b")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_second_output_is_noticed():
    generator = ExportedGenerator(several())

    def run(inputs):
        made = generator.run(inputs)
        return {**made, "picture": made["picture"] + np.float32(0.5)}

    with pytest.raises(ValueError, match=r"copy must draw what Keras draws .* a largest difference of 0\.5 at batch"):
        generator.differences(run, "copy", atol=1e-4)
    with pytest.raises(ValueError, match="largest difference of nan"):
        generator.differences(lambda i: {**generator.run(i), "features": np.full((len(i["code"]), 5), np.nan)}, "x", 1)
    with pytest.raises(ValueError, match=r"instead of .*picture"):
        generator.differences(lambda inputs: {"features": generator.run(inputs)["features"]}, "copy", atol=1e-4)


@pytest.mark.parametrize("make", [sizes_vary, proofs.bigan])
def test_another_process_exports_generators_of_all_kinds(make, tmp_path):
    from keras_gan.exporting import process

    made, name = make(), "encoder" if make is proofs.bigan else None
    path = process.in_tensorflow(exporting.to_onnx, made, name, path=tmp_path / "g.onnx", atol=1e-4)
    assert max(exporting.verify(made, onnx=path, generator=name)["onnx"].values()) < 1e-4


def test_the_waveform_network_is_a_gan_of_another_medium(tmp_path):
    """A `GAN` with a medium says so by itself: nothing about it is a picture."""
    latent = keras.Input((4,), name="latent")
    judge = keras.Sequential([keras.Input((64, 1)), layers.Flatten(), layers.Dense(1)])
    gan = kg.GAN(dense([latent], {"signal": (64, 1)}), judge, medium=Waves())
    assert list(signatures.signatures(ExportedGenerator(gan))) == KINDS["waves"][2]
