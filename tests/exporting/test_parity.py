import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_gan as kg
from keras_gan import exporting


class Subclassed(keras.Model):
    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.dense = layers.Dense(64)
        self.shaped = layers.Reshape((8, 8, 1))

    def build(self, input_shape):
        self.dense.build(input_shape)
        self.shaped.build((None, 64))

    def call(self, latent):
        return ops.tanh(self.shaped(self.dense(latent)))


def subclassed():
    model = Subclassed()
    model.build((None, 6))
    return model


def sequential():
    return keras.Sequential(
        [keras.Input((6,)), layers.Dense(64), layers.LayerNormalization(), layers.Reshape((8, 8, 1)), layers.ReLU()]
    )


def functional():
    noise = keras.Input((6,), name="noise")
    x = layers.Reshape((4, 4, 4))(layers.Dense(64)(noise))
    x = layers.LeakyReLU(0.2)(layers.GroupNormalization(2)(layers.Conv2DTranspose(4, 5, 2, padding="same")(x)))
    x = ops.concatenate([x, keras.Sequential([layers.Conv2D(4, 3, padding="same"), layers.Dropout(0.5)])(x)], axis=-1)
    return keras.Model(noise, layers.Conv2D(3, 3, padding="same", activation="tanh")(x))


def dcgan(shape=(8, 8, 1), **arguments):
    return lambda: kg.networks.DCGANGenerator(shape, latent_dim=6, filters=4, **arguments)


NETWORKS = {
    "transposed": dcgan(),
    "28x28": dcgan((28, 28, 1), kernel_size=5),
    "nearest": dcgan(upsampling="nearest"),
    "bilinear RGB": dcgan((16, 16, 3), upsampling="bilinear"),
    "no batch normalization": dcgan(normalization=None),
    "mlp": lambda: kg.networks.MLPGenerator((8, 6, 4), latent_dim=6, units=(8,)),
    "sequential": sequential,
    "functional": functional,
    "subclassed": subclassed,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_files_draw_what_keras_draws(name, lively, tmp_path):
    gan = lively(NETWORKS[name]())
    saved_model = exporting.to_saved_model(gan, tmp_path / "saved_model")
    onnx = exporting.to_onnx(gan, tmp_path / "generator.onnx")
    report = exporting.verify(gan, saved_model, onnx, atol=1e-5, seed=4)
    assert list(report) == ["saved_model", "onnx"]
    assert all(list(found) == [1, 3, 16] and max(found.values()) < 1e-5 for found in report.values())


def test_the_average_is_exported_and_not_the_trained_network(lively, tmp_path):
    gan = lively()
    path = exporting.to_onnx(gan, tmp_path / "generator.onnx")
    gan.generator.set_weights([weight + 1 for weight in gan.generator.get_weights()])
    assert max(exporting.verify(gan, onnx=path)["onnx"].values()) < 1e-5


def test_without_an_average_the_network_itself_is_exported(lively, tmp_path):
    gan = lively(ema_half_life=None)
    path = exporting.to_onnx(gan, tmp_path / "generator.onnx")
    assert max(exporting.verify(gan, onnx=path)["onnx"].values()) < 1e-5


def test_every_input_keeps_its_name_and_type(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    latent, label = keras.Input((6,), name="latent"), keras.Input((), name="label", dtype="int32")
    x = layers.Concatenate()([latent, layers.Embedding(3, 4)(label)])
    generator = keras.Model([latent, label], layers.Reshape((8, 8, 1))(layers.Dense(64, activation="tanh")(x)))
    gan = kg.GAN(generator, kg.networks.MLPDiscriminator((8, 8, 1), units=(4,)), num_classes=3)
    onnx = exporting.to_onnx(gan, tmp_path / "generator.onnx")
    exporting.verify(gan, exporting.to_saved_model(gan, tmp_path / "1"), onnx)
    inputs = {i.name: (i.type, i.shape) for i in onnxruntime.InferenceSession(str(onnx)).get_inputs()}
    assert inputs == {"latent": ("tensor(float)", ["batch", 6]), "label": ("tensor(int32)", ["batch"])}


@pytest.mark.parametrize("export", [exporting.to_onnx, exporting.to_saved_model])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(export, bad, lively, tmp_path):
    gan = lively()
    weight = gan.ema_generator.weights[-1]
    weight.assign(np.full(weight.shape, bad, "float32"))
    with pytest.raises(ValueError, match=f"NaN or infinity in '{weight.path}'"):
        export(gan, tmp_path / "new" / "1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("export", [exporting.to_onnx, exporting.to_saved_model])
def test_only_a_gan_is_exported(export, tmp_path):
    with pytest.raises(TypeError, match=r"must be a keras_gan.GAN"):
        export(dcgan()(), tmp_path / "1")
