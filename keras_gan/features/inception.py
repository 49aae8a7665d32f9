import keras
from keras import layers, ops

from keras_gan.features.extractor import Extractor, check_images
from keras_gan.features.forward import Forward, sha256_of_weights
from keras_gan.features.inception_weights import PUBLISHED, download, read_weights, sha256_of_file
from keras_gan.features.resize import RESIZES

SIZE = 299
CLASSES = 1008
EPSILON = 1e-3
LAYERS = ("64", "192", "768", "2048")
HALVES = (("a", (1, 3)), ("b", (3, 1)))
# Whatever Keras's global settings say: half precision, or the tensor cores' shortened floats, move FID.
FLOAT32 = "float32"
LAST = {"data_format": "channels_last", "dtype": FLOAT32}
KINDS = {"frechet_distance": ("FID", "FD"), "kernel_distance": ("KID", "KD"), "classifier_score": ("IS", "CS")}


class InceptionFeatures(Extractor):
    """Features of the Inception network of 5 December 2015: those of FID, KID and the Inception score.

    Grey images are repeated to three channels. Everything is computed in float32. One forward pass is compiled per
    batch size; a batch smaller than one seen before is filled up and cut again, images of other sizes are resized
    before it.

    Only with a published weights file (told by its SHA-256), the pool layer and `resize="legacy"` are scores called FID
    and KID, and the classifier score IS; with `resize="clean"` FID-clean and so on. With anything else they are called
    "FD (<name>)".

    Args:
        weights: path of `classify_image_graph_def.pb` (needs TensorFlow) or of `pt_inception-2015-12-05-6726825d.pth`
            (needs no PyTorch). Defaults to None: the `.pth` is downloaded (96 MB) at the first use, checked against its
            SHA-256 and kept in the cache folder (see `inception_weights.download`).
        resize: "legacy" (TensorFlow 1's bilinear without antialiasing, that of the published FID numbers) or "clean"
            (Pillow's bicubic with antialiasing on float images). Defaults to "legacy".
        layer: "2048" (the pool layer), "64", "192" or "768" (earlier ones, averaged over space). Defaults to "2048".
        batch_size: int, the most images in one pass; larger batches are cut. Defaults to 32.

    Attributes:
        network: Keras model with all six outputs of `inception_network`.
        weights_sha256: str, hash of the tensors, not of the file: a `.pb` and a `.pth` of one network have the same.

    Raises:
        ValueError: if an argument is none of these; if the weights file is unreadable or is not this network's.
        ImportError: if a `.pb` file is given and TensorFlow is not installed.

    Reference:
        Szegedy et al. 2015, arXiv 1512.00567 (the network); Heusel et al. 2017, arXiv 1706.08500 (FID); Parmar et al.
        2021, arXiv 2104.11222 (the clean resize). The network deviates from its paper as the published graph does:
        average pooling leaves the padding out, the last block pools by maximum, 1008 classes. Logits are without the
        last bias, as in the published Inception score. Agrees with torch-fidelity 0.4.0 with random weights, to 1e-5 of
        the largest value (`scripts/parity/inception.py`). Not shown with the published weights so far: the same script
        with `--weights` and `--cifar` does it.

    Example:

    >>> import numpy as np
    >>> from keras_gan.features.random_network import RandomInceptionFeatures
    >>> extract = RandomInceptionFeatures(seed=0)  # InceptionFeatures() would download
    >>> outputs = extract(np.zeros((1, 28, 28, 1), "uint8"))
    >>> outputs["features"].shape, outputs["logits"].shape, extract.score_name("frechet_distance")
    ((1, 2048), (1, 1008), 'FD (inception-random-0)')
    """

    channels = 3

    def __init__(self, weights=None, resize="legacy", layer="2048", batch_size=32):
        self._set_options(resize, layer)
        path = download() if weights is None else weights
        arrays = read_weights(path)
        network = inception_network()
        assign(network, arrays, path)
        self._set_network(network, batch_size)
        published = sha256_of_file(path) in PUBLISHED
        self._set_names("inception-2015-12-05" if published else f"inception-{self.weights_sha256[:8]}", published)

    def _set_options(self, resize, layer):
        if resize not in RESIZES:
            raise ValueError(f"`resize` must be one of {', '.join(map(repr, RESIZES))}. Received: resize={resize!r}.")
        if layer not in LAYERS:
            raise ValueError(f"`layer` must be one of {', '.join(map(repr, LAYERS))}. Received: layer={layer!r}.")
        self.resize, self.layer = resize, layer

    def _set_network(self, network, batch_size):
        self.network = network
        self.weights_sha256 = sha256_of_weights(variable for _, variable in sorted(tensors(network).items()))
        outputs = {"features": network.output[self.layer], "logits": network.output["logits_unbiased"]}
        self.forward = Forward(keras.Model(network.input, outputs), batch_size, self._prepare)

    def _set_names(self, name, published):
        self.name = name if self.layer == "2048" else f"{name}-{self.layer}"
        ending = "" if self.resize == "legacy" else f"-{self.resize}"
        self.score_names = {
            metric: known + ending if published and self.layer == "2048" else f"{other} ({self.name})"
            for metric, (known, other) in KINDS.items()
        }

    def _prepare(self, images):
        images = RESIZES[self.resize](images, (SIZE, SIZE))
        return ops.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images

    def __call__(self, images):
        return self.forward(check_images(images))

    def protocol(self):
        return {**super().protocol(), "layer": self.layer, "resize": self.resize}


def inception_network():
    """Makes the network, with zero weights: 94 convolutions, 23,885,392 parameters.

    Input: float32 `(batch, 299, 299, 3)`, 0 to 255. Output: {name: float32 `(batch, width)`} for "64", "192", "768" and
    "2048" (averaged over space; after the first and second maximum pooling, after Mixed_6e, after Mixed_7c),
    "logits_unbiased" and "logits" (1008 classes). Layers are named as in PyTorch's state dicts.
    """
    inputs = keras.Input((SIZE, SIZE, 3), dtype=FLOAT32)
    outputs = {}
    x = layers.Rescaling(1 / 128, -1, dtype=FLOAT32)(inputs)
    x = _unit(x, "Conv2d_1a_3x3", 32, 3, 2, "valid")
    x = _unit(x, "Conv2d_2a_3x3", 32, 3, 1, "valid")
    x = _unit(x, "Conv2d_2b_3x3", 64, 3)
    x = _maximum_pool(x)
    outputs["64"] = _average(x)
    x = _unit(x, "Conv2d_3b_1x1", 80, 1)
    x = _unit(x, "Conv2d_4a_3x3", 192, 3, 1, "valid")
    x = _maximum_pool(x)
    outputs["192"] = _average(x)
    for name, pool_filters in (("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)):
        x = _mixed_5(x, name, pool_filters)
    x = _mixed_6a(x, "Mixed_6a")
    for name, filters in (("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)):
        x = _mixed_6(x, name, filters)
    outputs["768"] = _average(x)
    x = _mixed_7a(x, "Mixed_7a")
    x = _mixed_7(x, "Mixed_7b", _average_pool(x))
    x = _mixed_7(x, "Mixed_7c", _maximum_pool(x, 1, "same"))
    outputs["2048"] = x = _average(x)
    outputs["logits_unbiased"] = x = layers.Dense(
        CLASSES, use_bias=False, kernel_initializer="zeros", name="fc", dtype=FLOAT32
    )(x)
    outputs["logits"] = Bias(name="fc.bias", dtype=FLOAT32)(x)
    return keras.Model(inputs, outputs, name="inception_2015_12_05")


def _mixed_5(x, name, pool_filters):
    return _concatenate(
        _unit(x, f"{name}.branch1x1", 64, 1),
        _branch(x, f"{name}.branch5x5", (48, 1), (64, 5)),
        _branch(x, f"{name}.branch3x3dbl", (64, 1), (96, 3), (96, 3)),
        _unit(_average_pool(x), f"{name}.branch_pool", pool_filters, 1),
    )


def _mixed_6a(x, name):
    return _concatenate(
        _unit(x, f"{name}.branch3x3", 384, 3, 2, "valid"),
        _branch(x, f"{name}.branch3x3dbl", (64, 1), (96, 3), (96, 3, 2, "valid")),
        _maximum_pool(x),
    )


def _mixed_6(x, name, filters):
    row, column = (filters, (1, 7)), (filters, (7, 1))
    return _concatenate(
        _unit(x, f"{name}.branch1x1", 192, 1),
        _branch(x, f"{name}.branch7x7", (filters, 1), row, (192, (7, 1))),
        _branch(x, f"{name}.branch7x7dbl", (filters, 1), column, row, column, (192, (1, 7))),
        _unit(_average_pool(x), f"{name}.branch_pool", 192, 1),
    )


def _mixed_7a(x, name):
    return _concatenate(
        _branch(x, f"{name}.branch3x3", (192, 1), (320, 3, 2, "valid")),
        _branch(x, f"{name}.branch7x7x3", (192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2, "valid")),
        _maximum_pool(x),
    )


def _mixed_7(x, name, pooled):
    single = _branch(x, f"{name}.branch3x3", (384, 1))
    double = _branch(x, f"{name}.branch3x3dbl", (448, 1), (384, 3))
    return _concatenate(
        _unit(x, f"{name}.branch1x1", 320, 1),
        *(_unit(single, f"{name}.branch3x3_2{half}", 384, kernel) for half, kernel in HALVES),
        *(_unit(double, f"{name}.branch3x3dbl_3{half}", 384, kernel) for half, kernel in HALVES),
        _unit(pooled, f"{name}.branch_pool", 192, 1),
    )


def _unit(x, name, filters, kernel, strides=1, padding="same"):
    x = layers.Conv2D(
        filters, kernel, strides, padding, use_bias=False, kernel_initializer="zeros", name=f"{name}.conv", **LAST
    )(x)
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}.bn", dtype=FLOAT32)(x)
    return layers.ReLU(dtype=FLOAT32)(x)


def _branch(x, name, *steps):
    for number, step in enumerate(steps, 1):
        x = _unit(x, f"{name}_{number}", *step)
    return x


def _concatenate(*branches):
    return layers.Concatenate(dtype=FLOAT32)(branches)


def _average_pool(x):
    return layers.AveragePooling2D(3, 1, "same", **LAST)(x)


def _maximum_pool(x, strides=2, padding="valid"):
    return layers.MaxPooling2D(3, strides, padding, **LAST)(x)


def _average(x):
    # One side at a time: TensorFlow sums in order, and 73 x 73 equal numbers in a row lose two digits of float32.
    return ops.mean(ops.mean(x, axis=2), axis=1)


@keras.saving.register_keras_serializable("keras_gan")
class Bias(layers.Layer):
    """Adds one trained value per class: the part of a dense layer that the published Inception score leaves out."""

    def build(self, input_shape):
        self.bias = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="bias")

    def call(self, inputs):
        return inputs + self.bias


def tensors(network):
    """Returns {name in PyTorch's state dict: Keras variable} of all 472 tensors."""
    kinds = {
        layers.Conv2D: {"weight": "kernel"},
        layers.BatchNormalization: {
            "weight": "gamma",
            "bias": "beta",
            "running_mean": "moving_mean",
            "running_var": "moving_variance",
        },
        layers.Dense: {"weight": "kernel"},
    }
    found = {
        f"{layer.name}.{name}": getattr(layer, attribute)
        for layer in network.layers
        for name, attribute in kinds.get(type(layer), {}).items()
    }
    return {**found, "fc.bias": network.get_layer("fc.bias").bias}


def assign(network, arrays, source):
    """Gives the network its weights.

    Args:
        network: from `inception_network`.
        arrays: {name in PyTorch's state dict: array in Keras's layout}, as `read_weights` returns.
        source: str or path, named in errors.

    Raises:
        ValueError: if tensors are missing, unknown or of another shape.
    """
    variables = tensors(network)
    missing, unknown = [n for n in variables if n not in arrays], [n for n in arrays if n not in variables]
    for what, names in (("lacks", missing), ("has unknown", unknown)):
        if names:
            listed = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
            raise ValueError(
                f"Weights must be the 472 tensors of Inception-2015-12-05. Received: {source}, "
                f"which {what} {len(names)}: {listed}."
            )
    for name, variable in variables.items():
        if arrays[name].shape != tuple(variable.shape):
            raise ValueError(
                f"Tensor {name} must be of shape {tuple(variable.shape)}. Received: {source}, "
                f"with shape {arrays[name].shape}. Use the weights of Inception-2015-12-05, not another Inception's."
            )
    for name, variable in variables.items():
        variable.assign(arrays[name])
