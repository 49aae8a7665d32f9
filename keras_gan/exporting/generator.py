"""What is exported: the averaged generator in float32, with named inputs and one output; the check of its copies."""

import contextlib
import json
import logging
import math
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from keras_gan._backend import exact
from keras_gan.exporting import about as descriptions
from keras_gan.exporting.float32 import in_float32
from keras_gan.models.gan import GAN
from keras_gan.version import __version__

if TYPE_CHECKING:
    import tensorflow as tf

OUTPUT = "image"
FORMAT = 1  # of the metadata; raised when a reader of the old ones would go wrong
BATCH_SIZES = (1, 3, 16)  # a file may run at 1 and fail, or differ, at more: so does a dynamic grouped convolution
REBUILT = 0.1  # mean difference of pictures: half precision explains 0.02
OWN_NOISE = " Keras itself draws another picture at each call: make the generator's noise an input."

Run = Callable[[dict[str, np.ndarray]], np.ndarray]


class ExportedGenerator:
    """The averaged generator of a GAN as a function of named tensors.

    Inputs are those of `gan.fixed_inputs`, by name (`"latent"`), with a batch axis of any size; the output is
    `"image"`, float32 `(batch, height, width, channels)` in [-1, 1].

    Args:
        gan: a `keras_gan.GAN`.
        about: dict, what the file says of itself, or None; see `keras_gan.exporting.about`.

    Raises:
        TypeError: if `gan` is not a GAN.
        ValueError: if a weight is not finite, the network cannot be had in float32, or `about` is not as expected.
    """

    def __init__(self, gan: GAN, about: Mapping[str, Any] | None = None):
        if not isinstance(gan, GAN):
            raise TypeError(f"`gan` must be a keras_gan.GAN. Received: gan={gan!r}.")
        self.about = descriptions.checked(about, gan.num_classes)
        check_finite(gan.ema_generator)
        if not int(gan.images_seen.numpy()):
            warnings.warn("The GAN has not been trained: it has seen no images.", stacklevel=3)
        self.gan = gan
        self.network = in_float32(gan.ema_generator)
        examples = gan.fixed_inputs(3, seed=0)
        self.names = list(examples)
        self.shapes = {name: (v.shape[1:], v.dtype) for name, v in examples.items()}
        images = self.run(examples)
        self.image_shape = images.shape[1:]
        if self.network is not gan.ema_generator:
            trained = ops.convert_to_numpy(gan.generate(examples, generator=gan.ema_generator))
            if not (difference := np.mean(np.abs(images - trained))) < REBUILT:
                raise ValueError(
                    "The generator rebuilt in float32 must draw the same pictures. Received: a mean difference of "
                    f"{difference:.3g}. Give its layers a complete get_config."
                )

    def run(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        """Draws images with Keras: what every exported file is compared with."""
        with exact():
            return ops.convert_to_numpy(self.gan.generate(inputs, generator=self.network))

    @property
    def signature(self) -> "list[tf.TensorSpec]":
        """What the exported function takes."""
        import tensorflow as tf

        return [tf.TensorSpec((None, *shape), dtype, name=name) for name, (shape, dtype) in self.shapes.items()]

    def images(self, *tensors: "tf.Tensor") -> "dict[str, tf.Tensor]":
        """Draws float32 images in [-1, 1]: the function that is exported.

        Runtimes take -1 for the last class: a label below 0 becomes one that is out of range, which they refuse.
        """
        inputs = dict(zip(self.names, tensors, strict=True))
        if "label" in inputs and self.gan.num_classes is not None:
            inputs["label"] = ops.where(inputs["label"] < 0, self.gan.num_classes, inputs["label"])
        return {OUTPUT: self.gan.generate(inputs, generator=self.network)}

    def metadata(self) -> dict[str, str]:
        """Returns what a program needs to know to draw from the file, besides the names of its tensors."""
        return {
            "keras_gan_format": str(FORMAT),
            "keras_gan_version": __version__,
            "latent_shape": json.dumps(self.gan.latent_shape),
            "latent_dim": str(math.prod(self.gan.latent_shape)),
            "latent_distribution": self.gan.latent,
            "image_shape": json.dumps(self.image_shape),
            **({} if self.gan.num_classes is None else {"num_classes": str(self.gan.num_classes)}),
            "value_range": "-1,1",
            "layout": "NHWC",
            **descriptions.as_metadata(self.about),
        }

    def differences(self, run: Run, what: str, atol: float, seed: int = 0) -> dict[int, float]:
        """Compares an exported copy with Keras at batch sizes 1, 3 and 16.

        Args:
            run: draws images from inputs as `gan.fixed_inputs` gives them.
            what: str, what the copy is called in errors.
            atol: float, largest absolute difference allowed (images span 2).
            seed: int, seed of the inputs.

        Returns:
            {batch size: largest absolute difference}

        Raises:
            ValueError: if the copy fails to run, or draws other pictures.
        """
        found = {}
        for size in BATCH_SIZES:
            inputs = self.gan.fixed_inputs(size, seed)
            expected = self.run(inputs)
            try:
                with exact():
                    received = np.asarray(run(inputs))
            except Exception as error:  # each runtime has its own kinds
                raise ValueError(
                    f"The {what} must run at every batch size. Received: an error at batch size {size}: {error}"
                ) from error
            if received.shape != expected.shape:
                raise ValueError(
                    f"The {what} must draw what Keras draws. "
                    f"Received: images {received.shape} instead of {expected.shape} at batch size {size}."
                )
            found[size] = float(np.max(np.abs(received - expected)))
            if not found[size] <= atol:  # so that NaN fails too
                raise ValueError(
                    f"The {what} must draw what Keras draws within atol={atol:g}. Received: a largest difference of "
                    f"{found[size]:.3g} at batch size {size}."
                    + ("" if np.array_equal(self.run(inputs), expected) else OWN_NOISE)
                )
        return found


def check_finite(network: keras.Model) -> None:
    """Raises ValueError if a weight of the network holds NaN or infinity."""
    for weight in network.weights:
        if not np.isfinite(ops.convert_to_numpy(ops.cast(weight, "float32"))).all():
            raise ValueError(
                f"Only finite weights can be exported. Received: NaN or infinity in {weight.path!r}. "
                "Export an earlier checkpoint, from before the training diverged."
            )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silences the converters in the block: what they log, the checks that follow report as errors."""
    loggers = [logging.getLogger(name) for name in ("tensorflow", "tf2onnx")]
    levels = [logger.level for logger in loggers]
    variable = os.environ.get("TF_CPP_MIN_LOG_LEVEL")  # overwritten by importing tf2onnx
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        os.environ.pop("TF_CPP_MIN_LOG_LEVEL", None)
        if variable is not None:
            os.environ["TF_CPP_MIN_LOG_LEVEL"] = variable
