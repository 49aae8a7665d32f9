"""Networks trained in half precision, rebuilt in float32."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
from keras import ops

OTHERS = ("float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")


def in_float32(network: keras.Model) -> keras.Model:
    """Returns the network itself if it computes in float32, else a float32 copy of it with the same weights.

    Servers and ONNX Runtime have no bfloat16 and few float16 kernels on CPUs; the weights are float32 anyway.

    Args:
        network: a built `keras.Model` whose layers can be made again from their configs.

    Raises:
        ValueError: if the network cannot be rebuilt, or holds layers that are not float32 whatever their config says.
    """
    if not other_precision(network):
        return network
    try:
        with default_policy("float32"):
            copy = _rebuild(network)
        copy.set_weights([ops.convert_to_numpy(ops.cast(weight, "float32")) for weight in network.weights])
    except Exception as error:  # whatever the user's layers raise
        raise ValueError(
            "A generator that computes in half precision is exported in float32, rebuilt from its layers' configs. "
            f"Received: {network.name!r}, which could not be rebuilt ({type(error).__name__}: {error}). "
            "Give its layers a complete get_config, or load it under the float32 policy."
        ) from error
    if left := other_precision(copy):
        raise ValueError(
            f"Every layer of an exported generator must compute in float32. Received: {left} after rebuilding. "
            "Pass `dtype` on to the layers that these layers make."
        )
    return copy


def other_precision(network: keras.Model) -> list[str]:
    """Returns the names of the layers (nested ones included) that compute in another float type than float32."""
    return [layer.name for layer in network._flatten_layers() if layer.compute_dtype in OTHERS]


@contextlib.contextmanager
def default_policy(name: str) -> Iterator[None]:
    """Sets the policy of layers made in the block: a custom layer may make others without passing its own on."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _rebuild(network):
    def remade(layer):
        return type(layer).from_config(_rewritten(layer.get_config()))

    if isinstance(network, keras.Sequential) or hasattr(network, "operations"):  # clone_model refuses any other model
        return keras.models.clone_model(network, clone_function=remade, recursive=True)
    copy = remade(network)
    copy.build_from_config(network.get_build_config())
    return copy


def _rewritten(config: Any, policy: bool = False) -> Any:
    """Returns a config with the names of other float policies replaced: each `dtype`, each `name` of a policy."""
    if isinstance(config, dict):
        inside = config.get("class_name") == "DTypePolicy"
        return {
            key: "float32"
            if key == ("name" if policy else "dtype") and isinstance(value, str) and value in OTHERS
            else _rewritten(value, policy=inside and key == "config")
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return (tuple if isinstance(config, tuple) else list)(map(_rewritten, config))
    return config
