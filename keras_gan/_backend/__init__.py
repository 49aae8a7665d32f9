"""The only code that depends on the backend: sixteen names, in one file per Keras backend (see CONTRIBUTING.md).

`accelerators` tells which GPUs or TPUs there are; the docstrings of both files describe the others.
"""

import keras

if keras.backend.backend() == "tensorflow":
    from keras_gan._backend.tensorflow import (
        accelerators,
        apply,
        aux_and_gradients,
        check_compile,
        deterministic,
        devices,
        exact,
        frozen,
        infer,
        input_gradients,
        replica_mean,
        replicas,
        sharing,
        substituted,
        test_step,
        train_step,
    )
elif keras.backend.backend() == "jax":
    from keras_gan._backend.jax import (
        accelerators,
        apply,
        aux_and_gradients,
        check_compile,
        deterministic,
        devices,
        exact,
        frozen,
        infer,
        input_gradients,
        replica_mean,
        replicas,
        sharing,
        substituted,
        test_step,
        train_step,
    )
else:
    raise ImportError(
        "keras_gan runs on the TensorFlow and JAX backends of Keras. "
        f"Received: KERAS_BACKEND={keras.backend.backend()!r}. Set KERAS_BACKEND=tensorflow before importing keras."
    )

__all__ = [
    "accelerators",
    "apply",
    "aux_and_gradients",
    "check_compile",
    "deterministic",
    "devices",
    "exact",
    "frozen",
    "infer",
    "input_gradients",
    "replica_mean",
    "replicas",
    "sharing",
    "substituted",
    "test_step",
    "train_step",
]
