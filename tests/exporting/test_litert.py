import builtins
import json
import os
import subprocess
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import keras_gan as kg
from keras_gan import exporting
from keras_gan.exporting import litert
from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.exporting.litert import litert_runner, to_litert


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


class Subclassed(keras.Model):
    """Nearest neighbours in a model that cannot be remade with another layer in it."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.inner = [layers.Dense(64), layers.Reshape((4, 4, 4)), layers.UpSampling2D()]
        self.inner += [layers.Conv2D(2, 3, padding="same"), layers.UpSampling2D(), layers.Conv2D(1, 3, padding="same")]

    def build(self, input_shape):
        for layer in self.inner:
            layer.build(input_shape)
            input_shape = layer.compute_output_shape(input_shape)
        self.built = True

    def call(self, x):
        for layer in self.inner:
            x = layer(x)
        return x


def nested():
    inner = keras.Sequential(
        [layers.UpSampling2D((2, 1)), layers.Conv2D(2, 3, padding="same"), layers.UpSampling2D((1, 2))]
    )
    return with_layer(inner)


def dcgan(shape=(8, 8, 1), **options):
    return kg.networks.DCGANGenerator(shape, latent_dim=6, filters=4, **options)


NETWORKS = {
    "transposed": lambda: dcgan((28, 28, 1)),
    "nearest": lambda: dcgan((16, 16, 3), upsampling="nearest", normalization="rms"),
    "bilinear": lambda: dcgan(upsampling="bilinear"),
    "nested": nested,
    "sequential": lambda: keras.Sequential([keras.Input((6,)), layers.Dense(64), layers.Reshape((8, 8, 1))]),
    "gelu": lambda: with_layer(layers.Activation("gelu")),
    "grouped": lambda: with_layer(layers.Conv2D(4, 3, padding="same", groups=2)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_file_draws_what_keras_draws(name, lively, tmp_path):
    gan = lively(NETWORKS[name]())
    path = to_litert(gan, tmp_path / "deep" / "generator.tflite")
    assert path == tmp_path / "deep" / "generator.tflite"
    found = exporting.verify(gan, litert=path, seed=4)
    assert list(found["litert"]) == [1, 3, 16]
    assert max(found["litert"].values()) < 1e-5


def test_signature_and_labels(tmp_path):
    gan = kg.GAN(dcgan(num_classes=3), kg.networks.MLPDiscriminator((8, 8, 1), units=(4,)), num_classes=3)
    interpreter = litert.interpreter_class()(model_path=str(to_litert(gan, tmp_path / "generator.tflite")))
    assert interpreter.get_signature_list() == {
        "serving_default": {"inputs": ["label", "latent"], "outputs": ["image"]}
    }
    signature = interpreter.get_signature_runner("serving_default")
    inputs = signature.get_input_details()
    assert {name: (list(of["shape_signature"]), of["dtype"]) for name, of in inputs.items()} == {
        "latent": ([-1, 6], np.float32),
        "label": ([-1], np.int32),
    }
    assert signature.get_output_details()["image"]["dtype"] == np.float32


def test_what_it_says_of_itself_is_in_an_archive_at_its_end(lively, tmp_path):
    gan = lively()
    path = to_litert(gan, tmp_path / "generator.tflite", about={"license": "CC0"})
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["keras_gan.json"]
        found = json.loads(archive.read("keras_gan.json"))
    assert found == {**ExportedGenerator(gan).metadata(), "license": "CC0"}
    assert path.read_bytes()[4:8] == b"TFL3"  # still a flatbuffer, from the first byte on


def test_the_network_stays_as_it_is(lively, tmp_path):
    gan = lively(dcgan(upsampling="nearest"))
    to_litert(gan, tmp_path / "generator.tflite")
    kinds = [type(layer) for layer in gan.ema_generator._flatten_layers()]
    assert layers.UpSampling2D in kinds
    assert layers.Resizing not in kinds


def test_it_is_compared_with_the_network_as_it_was(lively, monkeypatch, tmp_path):
    def other(network):
        changed = keras.models.clone_model(network)
        changed.set_weights([weight * 1.01 for weight in network.get_weights()])
        return changed

    monkeypatch.setattr(litert, "with_resizing", other)
    with pytest.raises(ValueError, match="LiteRT file must draw what Keras draws"):
        to_litert(lively(), tmp_path / "generator.tflite")


@pytest.mark.parametrize(
    ("generator", "message"),
    [
        (lambda: with_layer(layers.UpSampling2D(2, interpolation="lanczos3")), "ScaleAndTranslate. Use nearest"),
        (lambda: with_layer(Noise(True)), "StatelessRandomNormalV2. Use noise as an input"),
        (lambda: with_layer(Noise(False)), r"LiteRT file must draw .* batch size 1\. .*noise an input"),
        (Subclassed, r"Received: Conv2D. Use keras.layers.Resizing"),
    ],
)
def test_what_cannot_be_converted_is_named_quietly_and_leaves_no_file(generator, message, lively, capfd, tmp_path):
    generator = generator()
    if not generator.built:
        generator.build((None, 6))
    gan = lively(generator)
    capfd.readouterr()
    with pytest.raises(ValueError, match=message) as error:
        to_litert(gan, tmp_path / "generator.tflite")
    assert len(str(error.value)) < 400
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err == ""


def test_an_error_leaves_the_old_file(lively, monkeypatch, tmp_path):
    path = tmp_path / "generator.tflite"
    path.write_bytes(b"old")

    def fails(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(ExportedGenerator, "differences", fails)
    with pytest.raises(OSError, match="disk full"):
        to_litert(lively(), path)
    assert [p.name for p in tmp_path.iterdir()] == ["generator.tflite"]
    assert path.read_bytes() == b"old"


def test_tensorflow_runs_it_where_litert_is_not_installed(lively, monkeypatch, recwarn, tmp_path):
    imported = builtins.__import__

    def missing(name, *arguments, **named):
        if name.startswith("ai_edge_litert"):
            raise ImportError(name)
        return imported(name, *arguments, **named)

    gan = lively()
    monkeypatch.setattr(builtins, "__import__", missing)
    assert litert.interpreter_class() is tf.lite.Interpreter
    path = to_litert(gan, tmp_path / "generator.tflite")
    inputs = gan.fixed_inputs(3, 0)
    np.testing.assert_allclose(
        litert_runner(path)(inputs)["image"], ExportedGenerator(gan).run(inputs)["image"], atol=1e-5
    )
    assert [str(w.message) for w in recwarn if "Interpreter" in str(w.message)] == []


def test_the_standard_error_is_given_back(capfd):
    with litert.nothing_printed():
        os.write(2, b"from below")
        subprocess.run(["sh", "-c", "echo from a child >&2"], check=True)
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"
