"""The one place that knows the backend: thirteen names, one file per Keras backend (see CONTRIBUTING.md).

`accelerators` tells which GPUs or TPUs there are; the docstrings of both files describe the others.
"""

import keras

if keras.backend.backend() == "tensorflow":
    from keras_gan._backend.tensorflow import (
        Step,
        accelerators,
        apply,
        aux_and_gradients,
        deterministic,
        exact,
        frozen,
        infer,
        input_gradients,
        replica_mean,
        replicas,
        sharing,
        substituted,
    )
elif keras.backend.backend() == "jax":
    from keras_gan._backend.jax import (
        Step,
        accelerators,
        apply,
        aux_and_gradients,
        deterministic,
        exact,
        frozen,
        infer,
        input_gradients,
        replica_mean,
        replicas,
        sharing,
        substituted,
    )
else:
    raise ImportError(
        "keras_gan runs on the TensorFlow and JAX backends of Keras. "
        f"Received: KERAS_BACKEND={keras.backend.backend()!r}. Set KERAS_BACKEND=tensorflow before importing keras."
    )

__all__ = [
    "Step",
    "accelerators",
    "apply",
    "aux_and_gradients",
    "deterministic",
    "exact",
    "frozen",
    "infer",
    "input_gradients",
    "replica_mean",
    "replicas",
    "sharing",
    "substituted",
]
