"""The layers in the game: what a step may move, what a checkpoint keeps, what exports."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_gan as kg
from keras_gan import exporting
from keras_gan import layers as gan_layers
from keras_gan.game import step
from keras_gan.layers import (
    EqualizedLearningRate,
    InstanceNoise,
    MinibatchStandardDeviation,
    ModulatedConv2D,
    PixelNormalization,
    SelfAttention,
    SpectralNormalization,
)
from tests import run_gan_test, worker
from tests.layers.check_layer import TENSORFLOW


def test_public_names():
    assert gan_layers.__all__ == sorted(gan_layers.__all__)
    for name in gan_layers.__all__:
        assert keras.saving.get_registered_object(f"keras_gan>{name}") is getattr(gan_layers, name)


def generator():
    """Latents -> mapping -> styles of two modulated convolutions, with attention between them."""
    latent = keras.Input((6,), name="latent")
    w = PixelNormalization()(latent)
    w = layers.LeakyReLU(0.2)(EqualizedLearningRate(layers.Dense(8), learning_rate_multiplier=0.1)(w))
    x = layers.Reshape((4, 4, 6))(SpectralNormalization(layers.Dense(96))(latent))
    x = SelfAttention(pool_size=2, spectral_normalization=True)(x)
    styles = EqualizedLearningRate(layers.Dense(6, bias_initializer="ones"), gain=1.0)(w)
    x = EqualizedLearningRate(ModulatedConv2D(5, upsampling=True), gain=1.0)([x, styles])
    x = PixelNormalization()(layers.LeakyReLU(0.2)(x))
    x = SpectralNormalization(layers.Conv2DTranspose(4, 3, padding="same"))(x)
    styles = EqualizedLearningRate(layers.Dense(4, bias_initializer="ones"), gain=1.0)(w)
    x = ModulatedConv2D(1, 1, demodulate=False)([x, styles])
    return keras.Model(latent, layers.Activation("tanh", dtype="float32")(x))


def small_generator():
    latent = keras.Input((6,), name="latent")
    x = layers.Reshape((4, 4, 4))(SpectralNormalization(layers.Dense(64))(latent))
    x = SpectralNormalization(layers.Conv2DTranspose(1, 4, strides=2, padding="same"))(layers.LeakyReLU(0.2)(x))
    return keras.Model(latent, layers.Activation("tanh", dtype="float32")(x))


def mlp():
    return kg.networks.MLPGenerator((8, 8, 1), latent_dim=6, units=(4,))


def discriminator(noise, attention):
    image = keras.Input((8, 8, 1), name="image")
    x = InstanceNoise(0.1, seed=1)(image) if noise else image
    x = layers.LeakyReLU(0.2)(SpectralNormalization(layers.Conv2D(4, 4, strides=4, padding="same"))(x))
    x = SelfAttention(key_channels=2, spectral_normalization=noise)(x) if attention else x
    x = layers.Flatten()(MinibatchStandardDeviation()(x))
    return keras.Model(image, EqualizedLearningRate(layers.Dense(1, dtype="float32"))(x))


def vectors_of(network):
    """The vectors of spectral normalization that can move: one number is always 1 or -1."""
    return [v for v in network.variables if v.name == "left_vector" and v.shape[0] > 1]


@pytest.fixture
def make(make_gan):
    def make(noise=False, attention=True, generator=small_generator, interval=2, **arguments):
        keras.utils.set_random_seed(5)
        networks = {"generator": generator(), "discriminator": discriminator(noise, attention)}
        for layer in (layer for network in networks.values() for layer in network.layers):
            if isinstance(layer, SelfAttention):
                layer.gamma.assign(0.5)  # at 0 nothing moves its convolutions
        return make_gan(penalties=[kg.penalties.R1(gamma=0.1, interval=interval)], **networks, **arguments)

    return make


def test_a_players_step_leaves_the_other_bit_identical(make, images):
    gan = make(noise=True)
    batch = {"image": keras.ops.convert_to_tensor(images)}
    before = run_gan_test.values(gan.discriminator.variables)
    step.update(gan, "generator", batch)
    assert run_gan_test.same(before, run_gan_test.values(gan.discriminator.variables))
    vectors = vectors_of(gan.generator)
    before, theirs = run_gan_test.values(gan.generator.variables), run_gan_test.values(vectors)
    step.update(gan, "discriminator", batch)
    assert run_gan_test.same(before, run_gan_test.values(gan.generator.variables))
    step.update(gan, "generator", batch)
    assert not any(np.array_equal(a, b) for a, b in zip(theirs, run_gan_test.values(vectors), strict=True))


def test_the_discriminators_step_moves_its_vectors(make, images):
    gan = make(noise=True)
    vectors = vectors_of(gan.discriminator)
    for vector in vectors:
        vector.assign(np.arange(vector.shape[0]))  # far from where they would stay
    before = run_gan_test.values(vectors)
    step.update(gan, "discriminator", {"image": keras.ops.convert_to_tensor(images)})
    assert len(vectors) == 5
    assert not any(np.array_equal(a, b) for a, b in zip(before, run_gan_test.values(vectors), strict=True))


def test_saved_and_resumed(make, images, tmp_path):
    gan, batch = make(noise=True), {"image": keras.ops.convert_to_tensor(images)}
    step.update(gan, "discriminator", batch)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    for player in gan.players():
        for one in (gan, loaded):
            step.update(one, player, batch)
    assert run_gan_test.same(run_gan_test.values(gan.variables), run_gan_test.values(loaded.variables))


@pytest.mark.slow
def test_compiled_by_xla(make, images):
    gan = make(generator=mlp)
    gan.compile(jit_compile=True)  # without the penalty, which takes most of the time
    vectors = vectors_of(gan.discriminator)
    before = run_gan_test.values(vectors)
    assert np.isfinite(list(run_gan_test.fit(gan, {"image": images}, 1)[0].values())).all()
    assert not run_gan_test.same(before, run_gan_test.values(vectors))


def test_half_precision(make, images):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        gan = make(noise=True, interval=1)
    finally:
        keras.config.set_dtype_policy("float32")
    before = run_gan_test.values(gan.trainable_variables)
    for player in gan.players():
        step.update(gan, player, {"image": keras.ops.convert_to_tensor(images)})
    after = run_gan_test.values(gan.trainable_variables)
    assert all(np.isfinite(value).all() for value in run_gan_test.values(gan.variables))
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.skipif(not TENSORFLOW, reason="tests/exporting/test_process.py exports from other backends")
def test_a_generator_trained_in_half_precision_exports(make, tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        gan = make(generator=generator)
    finally:
        keras.config.set_dtype_policy("float32")
    saved_model = exporting.to_saved_model(gan, tmp_path / "saved_model")
    onnx = exporting.to_onnx(gan, tmp_path / "generator.onnx")
    exporting.verify(gan, saved_model=saved_model, onnx=onnx, atol=1e-5)


@pytest.mark.skipif(not (TENSORFLOW and worker.JAX), reason="needs TensorFlow here and JAX beside it")
@pytest.mark.slow
def test_backends_agree(make, images, tmp_path):
    small = lambda: make(attention=False, interval=1)  # noqa: E731
    run_gan_test.check_backends_agree(small, {"image": images}, tmp_path, steps=5)
