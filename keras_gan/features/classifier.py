import hashlib
import io
import pathlib

import keras
import numpy as np
from keras import layers

from keras_gan.features.extractor import Extractor, check_images
from keras_gan.features.forward import Forward
from keras_gan.storage.arrays import read_arrays
from keras_gan.storage.texts import parse_json

FOLDER = pathlib.Path(__file__).with_name("weights")
SIZES = {"digits": 8, "mnist": 28, "fashion_mnist": 28}
SHA256 = {
    "digits": "c77552aad500c9e2b14d41edb9353ba7fe02d9c31e407b60c628b5dbe794807a",
    "mnist": "9acf229206c1edc3b4677641cb4473fb6c4c7e0ff9bef61d4cea9b5651b5a931",
    "fashion_mnist": "281743050978c22ca1ea45ed0e3b414e35143bea95630f3036aca1eefec07bd2",
}
FILTERS, WIDTH, CLASSES = (32, 64, 96), 128, 10


class ClassifierFeatures(Extractor):
    """Features of a small committed classifier of one data set of grey images.

    It is meant for images on which the published Inception means nothing. `scripts/learning/train_extractors.py`
    trained it with seed 0 on training images alone. Its accuracy on the others is 98.3% (digits, every fifth image),
    99.4% (MNIST) and 91.5% (Fashion-MNIST). `about` tells the rest: settings, versions, command.

    The features are the 128 outputs h of the layer before the logits, after ReLU, standardized by constants from the
    training images: `(h - m) U (L + 0.1 l I)^(-1/2) U^T c`, with m and U L U^T the mean and the covariance of h, l the
    mean of the eigenvalues, and c such that the mean variance of a feature is 1. As they come, nine directions, those
    between the classes, hold 84 to 93% of the variance: one class alone is then farther from the real images than
    images with shuffled pixels are, and what varies within a class hardly counts. The 0.1 keeps directions in which
    real images do not vary from deciding everything.

    Fréchet distances in these features are named after them ("FCD-mnist-v1"): they are not FIDs, and compare only with
    distances of the same name.

    Args:
        data_set: "digits" (8x8, scikit-learn's), "mnist" or "fashion_mnist" (28x28).
        weights: path of another .npz file that `scripts/learning/train_extractors.py` wrote, such as one of another
            seed. Defaults to None, the committed file.
        batch_size: int, the most images in one pass; larger batches are cut. Defaults to 250.

    Attributes:
        about: dict, how the weights came to be.

    Raises:
        ValueError: if `data_set` is unknown, or the file is not that of such a network, or not the committed one.

    Example:

    >>> import numpy as np
    >>> extract = ClassifierFeatures("digits")
    >>> outputs = extract(np.zeros((5, 8, 8, 1), "uint8"))
    >>> outputs["features"].shape, outputs["logits"].shape, extract.score_name("frechet_distance")
    ((5, 128), (5, 10), 'FCD-digits-v1')
    """

    channels = 1

    def __init__(self, data_set, weights=None, batch_size=250):
        if data_set not in SIZES:
            raise ValueError(
                f"`data_set` must be one of {', '.join(map(repr, SIZES))}. Received: data_set={data_set!r}. "
                "Use InceptionFeatures or KerasLayerFeatures for other images."
            )
        self.data_set, self.size = data_set, SIZES[data_set]
        path = FOLDER / f"{data_set}-v1.npz" if weights is None else pathlib.Path(weights)
        arrays, self.about, self.weights_sha256 = _read(path, SHA256[data_set] if weights is None else None)
        network = classifier_network(self.size)
        _assign(network, arrays, path)
        self.forward = Forward(network, batch_size, lambda images: images.astype("float32") / np.float32(255))
        self.name = f"{data_set}-v1" if weights is None else f"{data_set}-{self.weights_sha256[:8]}"
        kinds = {"frechet_distance": "FCD", "kernel_distance": "KCD", "classifier_score": "CS"}
        self.score_names = {metric: f"{kind}-{self.name}" for metric, kind in kinds.items()}

    def __call__(self, images):
        """Extracts from one batch.

        Args:
            images: uint8 array `(batch, size, size, 1)`, of the data set's own size.

        Returns:
            {"features": float32 `(batch, 128)`, "logits": float32 `(batch, 10)`}.

        Raises:
            TypeError: if the images are not uint8.
            ValueError: if they are of another size, or not grey.
        """
        images = check_images(images)
        if images.shape[1:] != (self.size, self.size, 1):
            raise ValueError(
                f"Images for {self.name} must be grey and of {self.size} x {self.size} pixels, as its data set's. "
                f"Received: shape {images.shape}. Convert them, or use InceptionFeatures or KerasLayerFeatures."
            )
        return self.forward(images)

    def protocol(self):
        return {**super().protocol(), "image_shape": [self.size, self.size, 1], "resize": None}


def classifier_network(size):
    """Makes the network, untrained: three 3x3 convolutions without padding, a dense layer, the logits.

    Images of 28 pixels are halved by 2x2 max pooling after the first and the second convolution. ReLU, no
    normalization, float32 whatever the global policy.

    Args:
        size: int, height and width of the images, 8 or 28.

    Returns:
        `keras.Model` from float32 `(batch, size, size, 1)` in [0, 1] to {"features": `(batch, 128)`,
        "logits": `(batch, 10)`}. The layer "penultimate" is the one before the logits; "features" standardizes it.

    Example:

    >>> classifier_network(28).count_params()
    202730
    """
    image = keras.Input((size, size, 1), dtype="float32", name="image")
    spatial = {"data_format": "channels_last", "dtype": "float32"}
    x = image
    for index, filters in enumerate(FILTERS):
        x = layers.Conv2D(filters, 3, activation="relu", name=f"convolution_{index + 1}", **spatial)(x)
        if size >= 28 and index < 2:
            x = layers.MaxPooling2D(2, **spatial)(x)
    x = layers.Flatten(**spatial)(x)
    penultimate = layers.Dense(WIDTH, activation="relu", dtype="float32", name="penultimate")(x)
    features = layers.Dense(WIDTH, dtype="float32", name="features")(penultimate)
    logits = layers.Dense(CLASSES, dtype="float32", name="logits")(penultimate)
    return keras.Model(image, {"features": features, "logits": logits})


def weight_names(network):
    """Returns the names of the network's weights, "<layer>/<weight>", in the order of `network.weights`."""
    return [f"{layer.name}/{weight.name}" for layer in network.layers for weight in layer.weights]


def _read(path, sha256):
    """Returns ({name: array}, the story that is kept with them, the file's hash)."""
    mend = "Write it with scripts/learning/train_extractors.py." if sha256 is None else "Install keras-gan again."
    if not path.is_file():
        raise ValueError(f"A file of classifier weights was expected. Received: {path}, which does not exist. {mend}")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if sha256 not in (None, found):
        raise ValueError(f"{path} must have the SHA-256 {sha256}. Received: {found}. The file was changed. {mend}")
    try:
        arrays = read_arrays(io.BytesIO(content))
        return arrays, parse_json(str(arrays.pop("about"))), found
    except (KeyError, ValueError) as error:
        raise ValueError(f"A file of classifier weights was expected. Received: {path}: {error}. {mend}") from error


def _assign(network, arrays, path):
    expected = {name: tuple(weight.shape) for name, weight in zip(weight_names(network), network.weights, strict=True)}
    if {name: array.shape for name, array in arrays.items()} != expected:
        size = network.input_shape[1]
        raise ValueError(
            f"Weights of a classifier of {size} x {size} pixels were expected. Received: {path}, which holds others. "
            "Write it with scripts/learning/train_extractors.py."
        )
    network.set_weights([arrays[name] for name in expected])
