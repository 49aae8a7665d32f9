import keras
import numpy as np
from keras import layers

from keras_gan.arguments import check_whole
from keras_gan.features.extractor import check_images
from keras_gan.metrics.label_accuracy import check_labels
from keras_gan.metrics.metric import Estimate, Metric

PREDICT_BATCH = 256


class ClassificationAccuracyScore(Metric):
    """The accuracy, on real images, of a classifier that was trained on labelled fakes alone.

    It falls where fakes have wrong labels, lack variety or look different, even if each looks fine. Read it against the
    same classifier trained on as many reals: pass those in place of the fakes, and test on other reals.

    The classifier is trained anew at each call, with Adam on the cross-entropy, in an order drawn by `seed`. On a CPU
    the result repeats exactly.

    Args:
        network: a `keras.Model` of images in [-1, 1] that returns logits `(batch, classes)`. It is cloned with the
            weights it has, and stays as it is. Defaults to None: 3x3 convolutions of 32, 64 and 128 channels, each with
            batch normalization and ReLU and followed by 2x2 average pooling while a side is 4 or more, the mean over
            the image and a dense layer: for images of 8 to 64 pixels.
        epochs: int >= 1, passes over the fakes. Defaults to 10.
        batch_size: int >= 1. Defaults to 128.
        learning_rate: float. Defaults to 1e-3.
        seed: int, of the order and of the default network's first weights.

    Raises:
        ValueError: if an argument is out of range; by `value`, if images or labels of the two sets do not match.
        TypeError: by `value`, if images are not uint8.

    Reference:
        Ravuri and Vinyals 2019, arXiv:1905.10887. Deviations: the authors train a ResNet-50 on as many fakes as
        ImageNet has images, with its augmentation and schedule; here a small network, neither augmentation nor
        schedule, and the fakes that are given. Top-1 only.

    Example:

    >>> import numpy as np
    >>> labels = np.arange(60) % 2
    >>> images = np.broadcast_to(255 * labels.astype("uint8")[:, None, None, None], (60, 8, 8, 1))
    >>> metric = ClassificationAccuracyScore(epochs=4, batch_size=5)
    >>> real, fake = metric.statistics(), metric.statistics()
    >>> real.update(images, labels)
    >>> fake.update(images, labels)
    >>> metric.value(real, fake)["classification_accuracy_score"].value
    1.0
    """

    name = "classification_accuracy_score"
    columns = ("image", "label")
    results = {"classification_accuracy_score": True}

    def __init__(self, network=None, epochs=10, batch_size=128, learning_rate=1e-3, seed=0):
        for argument, given in (("epochs", epochs), ("batch_size", batch_size)):
            check_whole(argument, given)
        if not learning_rate > 0:
            raise ValueError(f"`learning_rate` must be above 0. Received: learning_rate={learning_rate!r}.")
        self.network, self.epochs, self.batch_size = network, epochs, batch_size
        self.learning_rate, self.seed = learning_rate, seed

    def get_config(self):
        keys = ("network", "epochs", "batch_size", "learning_rate", "seed")
        return {key: getattr(self, key) for key in keys}

    def protocol(self):
        network = "default" if self.network is None else f"{self.network.name}, {self.network.count_params()} weights"
        return {**self.get_config(), "network": network}

    def value(self, real, fake):
        """Trains on the columns of `fake`, tests on those of `real`."""
        accuracy = self.predictions(real, fake) == real.column(1)
        return {"classification_accuracy_score": Estimate(float(accuracy.mean()))}

    def predictions(self, real, fake):
        """Returns int `(reals,)`, the labels that the trained classifier gives to the reals."""
        images, tested = (check_images(kept.column(0)) for kept in (fake, real))
        labels, expected = (check_labels(kept.column(1)) for kept in (fake, real))
        if images.shape[1:] != tested.shape[1:]:
            raise ValueError(
                f"Reals and fakes must be images of one shape. Received: {tested.shape[1:]} and {images.shape[1:]}."
            )
        classes = 1 + max(labels.max(), expected.max())
        network = self._new_network(images.shape[1:], int(classes))
        network.compile(
            keras.optimizers.Adam(self.learning_rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        )
        batches = _Batches(images, labels, self.batch_size, self.seed)
        network.fit(batches, epochs=self.epochs, shuffle=False, verbose=0)
        return network.predict(_Batches(tested, expected, PREDICT_BATCH, seed=None), verbose=0).argmax(axis=1)

    def _new_network(self, image_shape, classes):
        if self.network is None:
            return default_network(image_shape, classes, self.seed)
        outputs = self.network.output_shape[-1]
        if outputs < classes:
            raise ValueError(
                f"`network` must have an output for each of {classes} classes. Received: {outputs} outputs."
            )
        network = keras.models.clone_model(self.network)
        network.set_weights(self.network.get_weights())
        return network


def default_network(image_shape, classes, seed):
    """Returns the small classifier that `ClassificationAccuracyScore` describes."""
    seeds = iter(range(seed, seed + 4))
    x = inputs = keras.Input(image_shape)
    for filters in (32, 64, 128):  # a momentum of 0.99 would leave the running moments behind in so few steps
        initializer = keras.initializers.HeNormal(next(seeds))
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer=initializer)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        if min(x.shape[1:3]) >= 4:
            x = layers.AveragePooling2D(2)(x)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(classes, kernel_initializer=keras.initializers.GlorotUniform(next(seeds)))(x)
    return keras.Model(inputs, outputs, name="classifier")


def _scaled(images):
    return images.astype("float32") / 127.5 - 1


class _Batches(keras.utils.PyDataset):
    """Batches in an order of its own for each epoch, where Keras would draw it from a global generator.

    With `seed=None`, in the order as it is.
    """

    def __init__(self, images, labels, batch_size, seed):
        super().__init__()
        self.images, self.labels, self.batch_size = images, labels, batch_size
        self.order = np.arange(len(images))
        self.random = None if seed is None else np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self):
        return -(-len(self.images) // self.batch_size)

    def __getitem__(self, index):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return _scaled(self.images[chosen]), self.labels[chosen]

    def on_epoch_end(self):
        if self.random is not None:
            self.order = self.random.permutation(len(self.images))
