"""The one place that takes gradients: five names, one file per Keras backend (see CONTRIBUTING.md)."""

import keras

if keras.backend.backend() == "tensorflow":
    from keras_gan._backend.tensorflow import Step, apply, aux_and_gradients, frozen, input_gradients
else:
    raise ImportError(
        "keras_gan runs on the TensorFlow backend of Keras. "
        f"Received: KERAS_BACKEND={keras.backend.backend()!r}. Set KERAS_BACKEND=tensorflow before importing keras."
    )

__all__ = ["Step", "apply", "aux_and_gradients", "frozen", "input_gradients"]
