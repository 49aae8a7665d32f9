"""What is exported: a generator's average in float32, with named inputs and outputs; the check of its copies."""

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
from keras_gan.exporting import interface
from keras_gan.exporting.examples import examples
from keras_gan.exporting.float32 import in_float32
from keras_gan.game import Game
from keras_gan.inputs import Input, Label, Latent, NetworkGenerator
from keras_gan.media import Images, Medium
from keras_gan.version import __version__

if TYPE_CHECKING:
    import tensorflow as tf

FORMAT = 1  # of the metadata; raised when a reader of the old ones would go wrong
OTHER_FORMAT = 3  # of generators without a latent or a picture: `inputs` and `outputs` alone describe them
BATCH_SIZES = (1, 3, 16)  # a file may run at 1 and fail, or differ, at more: so does a dynamic grouped convolution
REBUILT = 0.1  # mean difference of outputs: half precision explains 0.02
OWN_NOISE = " Keras itself makes something else at each call: make the generator's noise an input."

Run = Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]


def chosen_generator(gan: Game | NetworkGenerator, name: str | None = None) -> NetworkGenerator:
    """Returns the generator that is meant: of a game the one of this name, or the first.

    Raises:
        TypeError: if `gan` is neither a game nor a `NetworkGenerator`.
        ValueError: for a name that no generator has.
    """
    if isinstance(gan, Game):
        return gan.generator_called(name)
    if not isinstance(gan, NetworkGenerator):
        raise TypeError(f"`gan` must be a keras_gan.GAN, another game, or a NetworkGenerator. Received: gan={gan!r}.")
    if name not in (None, gan.name):
        raise ValueError(f"`generator` must be {gan.name!r} or None. Received: generator={name!r}.")
    return gan


class ExportedGenerator:
    """The network of a generator, its average if there is one, as a function of named tensors.

    Inputs and outputs are those of the generator, by name, with a batch axis of any size. Outputs are as networks make
    them: float32, pictures in [-1, 1].

    Args:
        gan: a game, such as a `keras_gan.GAN`, or a `keras_gan.inputs.NetworkGenerator`.
        about: dict, what the file says of itself, or None; see `keras_gan.exporting.about`.
        generator: str, which generator of the game. Defaults to the first.

    Raises:
        TypeError: if `gan` is neither.
        ValueError: if a weight is not finite, the network cannot be had in float32, or `about` is not as expected.
    """

    def __init__(
        self, gan: Game | NetworkGenerator, about: Mapping[str, Any] | None = None, generator: str | None = None
    ):
        trained = chosen_generator(gan, generator)
        self.inputs: dict[str, Input] = trained.inputs
        self.outputs: dict[str, Medium] = trained.outputs
        self.names = list(self.inputs)
        self.num_classes: int | None = trained.num_classes
        self.about = descriptions.checked(about, self.num_classes)
        check_finite(trained.used)
        if isinstance(gan, Game) and not int(gan.images_seen.numpy()):
            warnings.warn("The GAN has not been trained: it has seen no images.", stacklevel=3)
        self.network = in_float32(trained.used)
        self.generator = NetworkGenerator(trained.name, self.inputs, self.outputs, self.network)
        values = self.examples(3)
        made = self.run(values)
        vary = any(None in each.shape for each in self.inputs.values())
        self.shapes = self.generator.output_shapes() if vary else {name: v.shape[1:] for name, v in made.items()}
        if self.network is not trained.used:
            self._check_rebuilt(made, trained(values, network=trained.used))

    def _check_rebuilt(self, made, expected):
        for name, values in made.items():
            if not (difference := np.mean(np.abs(values - ops.convert_to_numpy(expected[name])))) < REBUILT:
                raise ValueError(
                    "The generator rebuilt in float32 must draw the same pictures. Received: a mean difference of "
                    f"{difference:.3g} in {name!r}. Give its layers a complete get_config."
                )

    def examples(self, count: int, seed: int = 0) -> dict[str, np.ndarray]:
        """Returns good inputs; signals that it is given are made up."""
        return examples(self.generator, count, seed)

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Makes outputs with Keras: what every exported file is compared with."""
        with exact():
            return {name: ops.convert_to_numpy(value) for name, value in self.generator(inputs).items()}

    @property
    def signature(self) -> "list[tf.TensorSpec]":
        """What the exported function takes."""
        import tensorflow as tf

        return [tf.TensorSpec((None, *each.shape), each.dtype, name=name) for name, each in self.inputs.items()]

    def call(self, *tensors: "tf.Tensor") -> "dict[str, tf.Tensor]":
        """Makes float32 outputs: the function that is exported.

        Runtimes take -1 for the last class: a label below 0 becomes one that is out of range, which they refuse.
        """
        inputs = dict(zip(self.names, tensors, strict=True))
        for name, each in self.inputs.items():
            if isinstance(each, Label):
                inputs[name] = ops.where(inputs[name] < 0, each.num_classes, inputs[name])
        return self.generator(inputs, network=self.network)

    def metadata(self) -> dict[str, str]:
        """Returns what a program needs to know to use the file, besides the types of its tensors."""
        latent, medium = self.inputs.get("latent"), self.outputs.get("image")
        pictured = isinstance(latent, Latent) and isinstance(medium, Images)
        shape = latent.shape if pictured else ()
        return {
            "keras_gan_format": str(FORMAT if pictured else OTHER_FORMAT),
            "keras_gan_version": __version__,
            **interface.described(self.inputs, self.outputs, self.shapes),
            **({"latent_shape": json.dumps(shape), "latent_dim": str(math.prod(shape))} if pictured else {}),
            **({"latent_distribution": latent.distribution} if pictured else {}),
            **({"image_shape": json.dumps(self.shapes["image"])} if pictured else {}),
            **({} if self.num_classes is None else {"num_classes": str(self.num_classes)}),
            **({"value_range": "-1,1", "layout": "NHWC"} if self.images else {}),
            **descriptions.as_metadata(self.about),
        }

    @property
    def images(self) -> list[str]:
        """Names of the outputs that are pictures."""
        return [name for name, medium in self.outputs.items() if isinstance(medium, Images)]

    def differences(self, run: Run, what: str, atol: float, seed: int = 0) -> dict[int, float]:
        """Compares an exported copy with Keras at batch sizes 1, 3 and 16.

        Args:
            run: makes outputs from inputs, {name: array} both.
            what: str, what the copy is called in errors.
            atol: float, largest absolute difference allowed (images span 2).
            seed: int, seed of the inputs.

        Returns:
            {batch size: largest absolute difference}

        Raises:
            ValueError: if the copy fails to run, or makes other outputs.
        """
        return {size: self._difference(run, what, atol, self.examples(size, seed), size) for size in BATCH_SIZES}

    def _difference(self, run, what, atol, inputs, size):
        expected = self.run(inputs)
        try:
            with exact():
                received = {name: np.asarray(value) for name, value in run(inputs).items()}
        except Exception as error:  # each runtime has its own kinds
            raise ValueError(
                f"The {what} must run at every batch size. Received: an error at batch size {size}: {error}"
            ) from error
        shapes = [{name: value.shape for name, value in made.items()} for made in (received, expected)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"The {what} must draw what Keras draws. "
                f"Received: {shapes[0]} instead of {shapes[1]} at batch size {size}."
            )
        found = float(np.max([np.max(np.abs(received[name] - expected[name])) for name in expected]))
        if not found <= atol:  # so that NaN fails too
            again = self.run(inputs)
            raise ValueError(
                f"The {what} must draw what Keras draws within atol={atol:g}. Received: a largest difference of "
                f"{found:.3g} at batch size {size}."
                + ("" if all(np.array_equal(again[name], expected[name]) for name in expected) else OWN_NOISE)
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
