"""Exports of a generator of sounds: int16 samples, WAV files, and nothing of a picture."""

import io
import wave

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import keras_gan as kg
from keras_gan import exporting
from keras_gan.exporting.file_kinds import file_kind

SHAPE = (64, 1)
RATE = 8000


@pytest.fixture(scope="module")
def gan():
    keras.utils.set_random_seed(3)
    generator = keras.Sequential([keras.Input((4,), name="latent"), layers.Dense(64, "tanh"), layers.Reshape(SHAPE)])
    judge = keras.Sequential([keras.Input(SHAPE, name="sound"), layers.Flatten(), layers.Dense(1)])
    made = kg.GAN(generator, judge, medium=kg.media.Sounds(RATE))
    made.images_seen.assign(1)
    return made


@pytest.fixture(scope="module")
def signatures(gan, tmp_path_factory):
    path = exporting.to_saved_model(gan, tmp_path_factory.mktemp("sounds") / "saved_model")
    return tf.saved_model.load(str(path)).signatures


def test_signatures_are_of_sounds(signatures):
    assert {"serving_default", "int16", "wav", "sample", "sample_truncated"} == set(signatures)


def test_wav_files_hold_what_keras_makes(gan, signatures):
    inputs = gan.fixed_inputs(3, seed=1)
    (files,) = signatures["wav"](**{name: tf.constant(value) for name, value in inputs.items()}).values()
    held = gan.sample(inputs=inputs)
    for file, sound in zip(files.numpy(), held, strict=True):
        with wave.open(io.BytesIO(file)) as opened:
            assert (opened.getframerate(), opened.getnchannels(), opened.getsampwidth()) == (RATE, 1, 2)
            samples = np.frombuffer(opened.readframes(64), "<i2")
        assert np.abs(samples.astype(int) - sound[:, 0]).max() <= 1


def test_samples_come_back_from_files_as_they_were():
    held = np.array([-32767, -1, 0, 1, 32767, 12345], "int16")[None, :, None] * np.ones((2, 1, 1), "int16")
    medium = kg.media.Sounds(RATE)
    kind = file_kind(medium, (6, 1))
    files = kind.encode(medium, tf.constant(held))
    np.testing.assert_array_equal(kind.decode(medium, files, (6, 1)), held)


def test_a_file_of_another_rate_is_refused():
    kind = file_kind(kg.media.Sounds(RATE), (6, 1))
    files = kind.encode(kg.media.Sounds(16_000), tf.zeros((1, 6, 1), tf.int16))
    with pytest.raises(tf.errors.InvalidArgumentError, match="must have 8000 samples in a second"):
        kind.decode(kg.media.Sounds(RATE), files, (6, 1))


def test_the_onnx_file_opens_as_a_generator_of_sounds(gan, tmp_path):
    opened = exporting.open_generator(exporting.to_onnx(gan, tmp_path / "generator.onnx"))
    assert opened.medium == kg.media.Sounds(RATE)
    difference = opened.sample(4, seed=0).astype(int) - gan.sample(4, seed=0)
    assert np.abs(difference).max() <= 1


def test_a_page_of_sounds_is_refused_in_one_line(gan, tmp_path):
    with pytest.raises(ValueError, match=r"^The page"):
        exporting.to_web(gan, tmp_path / "web")
    assert not (tmp_path / "web").exists()
