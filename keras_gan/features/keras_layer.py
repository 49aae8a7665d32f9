import os

import keras
import numpy as np
from keras import layers, ops

from keras_gan.features.extractor import Extractor, check_images
from keras_gan.features.forward import Forward, sha256_of_weights
from keras_gan.features.resize import RESIZES
from keras_gan.storage.models import load_model


class KerasLayerFeatures(Extractor):
    """Features from a layer of any Keras model, for domains in which the published Inception means nothing.

    What the model is fed is declared, not guessed: a network fed with 0 to 255 that was trained on [-1, 1] gives
    features too, and numbers without meaning. Scores are called "FD (<name>)", never FID.

    Args:
        model: Keras model with one input and a static graph (functional, or a built `Sequential`), or the path of one
            saved as `.keras`.
        layer: str, the name of a layer of it, whose output is the features.
        input_range: (low, high), what pixels 0 and 255 become: (-1, 1), (0, 1), (0, 255) ...
        image_shape: (height, width, channels) the model takes. Defaults to the model's own; must be given where that
            leaves a side open.
        average: bool, whether outputs `(batch, height, width, channels)` are averaged over space; else all numbers of a
            sample are laid in a row. Defaults to True.
        logits: str, the name of the layer with the class logits, or None. Defaults to None: no logits.
        resize: "legacy" or "clean", how images of another size are brought to `image_shape` (see `InceptionFeatures`),
            or None: they are refused. Defaults to None.
        name: str, identifies the network in scores. Defaults to "<layer>-<first 8 digits of the weights' hash>".
        batch_size: int, the most images in one pass; larger batches are cut. Defaults to 128.

    Raises:
        ValueError: if there is no such layer, an argument is none of these, or the file is damaged or refused
            (`Lambda` layers, and classes that are not registered).

    Example:

    >>> import keras, numpy as np
    >>> image = keras.Input((8, 8, 1))
    >>> x = keras.layers.Conv2D(5, 3, name="codes")(image)
    >>> model = keras.Model(image, keras.layers.Dense(2)(keras.layers.Flatten()(x)))
    >>> extract = KerasLayerFeatures(model, "codes", input_range=(-1, 1), name="small")
    >>> extract(np.zeros((3, 8, 8, 1), "uint8"))["features"].shape, extract.score_name("frechet_distance")
    ((3, 5), 'FD (small)')
    """

    def __init__(
        self,
        model,
        layer,
        input_range,
        image_shape=None,
        average=True,
        logits=None,
        resize=None,
        name=None,
        batch_size=128,
    ):
        if isinstance(model, str | os.PathLike):
            model = _loaded(model)
        if resize is not None and resize not in RESIZES:
            allowed = ", ".join(map(repr, RESIZES))
            raise ValueError(f"`resize` must be None or one of {allowed}. Received: resize={resize!r}.")
        low, high = input_range
        if not low < high:
            raise ValueError(f"`input_range` must be (low, high), low < high. Received: input_range={input_range!r}.")
        self.input_range, self.average, self.resize = (float(low), float(high)), average, resize
        self.image_shape = _image_shape(model, image_shape)
        self.channels = self.image_shape[-1]
        outputs = {"features": _flat(_output(model, layer), average)}
        if logits is not None:
            outputs["logits"] = _flat(_output(model, logits), average)
        self.forward = Forward(keras.Model(model.inputs[0], outputs), batch_size, self._prepare)
        self.weights_sha256 = sha256_of_weights(model.weights)
        self.layer = layer
        self.name = name or f"{layer}-{self.weights_sha256[:8]}"  # a model's own name may count up within a session
        self.score_names = {
            "frechet_distance": f"FD ({self.name})",
            "kernel_distance": f"KD ({self.name})",
            "classifier_score": f"CS ({self.name})",
        }

    def _prepare(self, images):
        images = RESIZES[self.resize](images, self.image_shape[:2]) if self.resize else np.asarray(images, "float32")
        low, high = self.input_range
        images = low + images * ((high - low) / 255)
        return ops.repeat(images, 3, axis=-1) if images.shape[-1] < self.channels else images

    def __call__(self, images):
        images = check_images(images)
        if not self.resize and images.shape[1:3] != self.image_shape[:2]:
            raise ValueError(
                f"Images must be of {self.image_shape[0]} x {self.image_shape[1]} pixels. "
                f"Received: shape {images.shape}. Set `resize` to have them resized."
            )
        if images.shape[-1] > self.channels:
            raise ValueError(f"Images must be grey, as the model takes them. Received: shape {images.shape}.")
        return self.forward(images)

    def protocol(self):
        declared = {"layer": self.layer, "image_shape": list(self.image_shape), "input_range": list(self.input_range)}
        return {**super().protocol(), **declared, "averaged": self.average, "resize": self.resize}


def _loaded(path):
    try:
        return load_model(path)
    except FileNotFoundError:
        raise
    except Exception as error:  # Keras and the layers' own code raise all kinds of errors
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ValueError(f"`model` must be a readable .keras file. Received: {path}: {reason[:300]}") from error


def _image_shape(model, image_shape):
    if len(getattr(model, "inputs", None) or ()) != 1:
        raise ValueError(
            f"A model with one input and a static graph is needed. Received: {model!r}. "
            "Build it first, or wrap it in a functional model."
        )
    own = tuple(model.inputs[0].shape[1:])
    shape = own if image_shape is None else tuple(image_shape)
    fits = len(shape) == len(own) == 3 and all(o in (None, side) for o, side in zip(own, shape, strict=True))
    if not fits or None in shape or shape[-1] not in (1, 3):
        raise ValueError(
            f"`image_shape` must be (height, width, 1 or 3) and fit the model's input {own}. "
            f"Received: image_shape={image_shape}."
        )
    return shape


def _output(model, name):
    for layer in model.layers:
        if layer.name == name:
            return layer.output
    raise ValueError(f"The model has no layer {name!r}. Received: layers {[layer.name for layer in model.layers]}.")


def _flat(output, average):
    if average and len(output.shape) == 4:
        output = ops.mean(output, axis=(1, 2))
    # A name that the model does not have: Keras's own would clash with a loaded layer "flatten".
    return layers.Flatten(dtype="float32", name=f"keras_gan_flat_{output.name}")(output)
