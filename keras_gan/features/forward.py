import hashlib

import numpy as np

from keras_gan import _backend
from keras_gan.arguments import check_whole


class Forward:
    """Runs a Keras model on batches of any size, with few compilations.

    Batches above `batch_size` are cut. A smaller one is filled up to the smallest size that was compiled before, so
    that the odd batch at the end of a data set costs no compilation. Full float32, also on GPUs.

    Args:
        model: Keras model with a dict of outputs.
        batch_size: int, the most images in one pass.
        prepare: function from a uint8 array `(count, height, width, channels)` to what the model takes.

    Raises:
        ValueError: if `batch_size` is not a positive integer.

    Example:

    >>> import keras, numpy as np
    >>> image = keras.Input((2, 2, 1))
    >>> model = keras.Model(image, {"features": keras.layers.Flatten()(image)})
    >>> forward = Forward(model, 4, lambda images: images.astype("float32"))
    >>> forward(np.ones((5, 2, 2, 1), "uint8"))["features"].shape
    (5, 4)
    """

    def __init__(self, model, batch_size, prepare):
        check_whole("batch_size", batch_size)
        self.model, self.batch_size, self.prepare = model, batch_size, prepare
        self.sizes = set()

    def __call__(self, images):
        if not len(images):
            return {name: np.zeros((0, output.shape[-1]), "float32") for name, output in self.model.output.items()}
        with _backend.exact():
            parts = [self._part(images[at : at + self.batch_size]) for at in range(0, len(images), self.batch_size)]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _part(self, images):
        count = len(images)
        size = min((size for size in self.sizes if size >= count), default=count)
        self.sizes.add(size)
        if size > count:
            images = np.concatenate([images, np.zeros((size - count, *images.shape[1:]), images.dtype)])
        outputs = self.model.predict_on_batch(self.prepare(images))
        return {name: np.asarray(output[:count], "float32") for name, output in outputs.items()}


def sha256_of_weights(weights):
    """Returns the SHA-256 of weights, as shapes and float32 values in the order given.

    It does not depend on the file they came from, nor on names (Keras counts layers up within a session).
    """
    digest = hashlib.sha256()
    for weight in weights:
        array = np.ascontiguousarray(weight, "<f4")
        digest.update(str(array.shape).encode())
        digest.update(array)
    return digest.hexdigest()
