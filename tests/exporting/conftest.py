import importlib.util
import pathlib

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import exporting

PROJECT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def lively():
    """Function that makes a GAN around a generator and gives it weights that draw pictures of some contrast."""

    def make(generator=None, **arguments):
        generator = generator or kg.networks.DCGANGenerator((8, 8, 1), latent_dim=6, filters=4)
        shape = tuple(generator.compute_output_spec(keras.KerasTensor((None, 6))).shape[1:])
        gan = kg.GAN(generator, kg.networks.MLPDiscriminator(shape, units=(4,)), **arguments)
        random = np.random.default_rng(5)
        for weight in gan.ema_generator.weights:
            values = random.standard_normal(weight.shape)
            if values.ndim > 1:
                weight.assign(values / np.sqrt(values[..., 0].size))
            else:
                weight.assign(np.abs(values) + 0.5 if weight.name in ("gamma", "moving_variance") else values / 5)
        images = keras.ops.convert_to_numpy(gan.generate(gan.fixed_inputs(16, 0), generator=gan.ema_generator))
        assert images.std() > 0.1
        return gan

    return make


@pytest.fixture
def policy():
    """Function that sets the precision of layers for one test."""
    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """An exported generator, as ONNX's protocol buffer."""
    import onnx

    gan = kg.GAN(
        kg.networks.MLPGenerator((8, 8, 1), 6, (8,), num_classes=3),
        kg.networks.MLPDiscriminator((8, 8, 1), (4,), num_classes=3),
    )
    path = exporting.to_onnx(gan, tmp_path_factory.mktemp("exported") / "generator.onnx")
    return onnx.load_model(path)


@pytest.fixture(scope="module")
def program():
    spec = importlib.util.spec_from_file_location("sample", PROJECT / "export" / "onnxruntime" / "sample.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
