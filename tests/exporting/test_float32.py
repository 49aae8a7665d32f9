import keras
import numpy as np
import onnx
import pytest
from keras import layers

import keras_gan as kg
from keras_gan import exporting
from keras_gan.exporting.float32 import in_float32, other_precision

HALF = {onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16}


def nested():
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(64), layers.Reshape((8, 8, 1))], name="inner")
    latent = keras.Input((6,), name="latent")
    x = layers.MultiHeadAttention(2, 4)(layers.Reshape((8, 8))(inner(latent)), layers.Reshape((8, 8))(inner(latent)))
    return keras.Model(latent, layers.Activation("tanh")(layers.Reshape((8, 8, 1))(x)))


@pytest.mark.parametrize(
    ("precision", "network"),
    [("mixed_float16", None), ("mixed_bfloat16", None), ("bfloat16", None), ("mixed_float16", nested)],
)
def test_half_precision_is_exported_in_float32(precision, network, lively, policy, tmp_path):
    policy(precision)
    gan = lively(network and network())
    half = other_precision(gan.ema_generator)
    path = exporting.to_onnx(gan, tmp_path / "generator.onnx")
    exporting.verify(gan, exporting.to_saved_model(gan, tmp_path / "1"), path, atol=1e-5)
    model = onnx.load(path)
    assert model.graph.output[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    assert not HALF & {tensor.data_type for tensor in model.graph.initializer}
    assert "Cast" not in {node.op_type for node in model.graph.node}
    assert keras.config.dtype_policy().name == precision
    assert half
    assert other_precision(gan.ema_generator) == half


def test_float32_is_not_copied(lively):
    network = lively().ema_generator
    assert in_float32(network) is network


def test_the_copy_draws_what_the_network_draws(lively, policy):
    policy("mixed_bfloat16")
    gan = lively()
    latents = gan.fixed_inputs(8, 0)["latent"]
    exact = keras.ops.convert_to_numpy(in_float32(gan.ema_generator)(latents))
    rounded = keras.ops.convert_to_numpy(gan.ema_generator(latents))
    assert 0 < np.abs(exact - rounded).max() < 0.1


class Scaled(layers.Layer):
    """A layer that may forget its argument, refuse it, or hold another layer in its own precision."""

    def __init__(self, scale=1.0, fault=None, **arguments):
        super().__init__(**arguments)
        self.scale, self.fault = scale, fault
        self.inner = layers.Activation("linear", dtype="bfloat16" if fault == "fixed" else None)

    def call(self, x):
        return self.inner(self.scale * x)

    def get_config(self):
        scale = {} if self.fault == "forgets" else {"scale": "big" if self.fault == "breaks" else self.scale}
        return {**super().get_config(), **scale, "fault": self.fault}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "scale": float(config.get("scale", 1.0))})


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("forgets", r"must draw the same pictures. Received: a mean difference of"),
        ("breaks", r"could not be rebuilt \(ValueError: could not convert string to float.*\)\. Give its layers"),
        ("fixed", r"must compute in float32. Received: \['activation.*'\] after rebuilding"),
    ],
)
def test_what_cannot_be_rebuilt_is_refused(fault, message, policy, tmp_path):
    policy("mixed_bfloat16")
    generator = keras.Sequential(
        [keras.Input((6,)), layers.Dense(64), Scaled(-3.0, fault), layers.Reshape((8, 8, 1), dtype="float32")]
    )
    gan = kg.GAN(generator, kg.networks.MLPDiscriminator((8, 8, 1), units=(4,)), ema_half_life=None)
    with pytest.raises(ValueError, match=message):
        exporting.to_onnx(gan, tmp_path / "generator.onnx")
    assert list(tmp_path.iterdir()) == []
    assert keras.config.dtype_policy().name == "mixed_bfloat16"


def test_inner_layers_without_a_policy_of_their_own_are_float32(policy):
    policy("mixed_float16")
    generator = keras.Sequential([keras.Input((6,)), Scaled(2.0), layers.Dense(3)])
    assert other_precision(generator)
    assert other_precision(in_float32(generator)) == []


def test_layers_of_nested_models_need_no_registration(policy):
    class Local(layers.Layer):
        def call(self, x):
            return 2.0 * x

    policy("mixed_bfloat16")
    inner = keras.Sequential([keras.Input((6,)), Local(), layers.Dense(3)])
    generator = keras.Sequential([keras.Input((6,)), inner])
    assert other_precision(in_float32(generator)) == []
