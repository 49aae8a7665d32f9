import math

import keras
import numpy as np

from keras_gan.features.inception import InceptionFeatures, assign, inception_network, tensors
from keras_gan.features.keras_layer import KerasLayerFeatures


class RandomInceptionFeatures(InceptionFeatures):
    """Features of the Inception network with fixed random weights.

    Needs no download. Random convolutions still see colour, edges and texture, not objects: good for tests and for
    asking whether a ranking hangs on the extractor; not for comparison with published numbers.

    Args:
        seed: int, decides the weights. Defaults to 0.
        resize: see `InceptionFeatures`. Defaults to "legacy".
        layer: see `InceptionFeatures`. Defaults to "2048".
        batch_size: see `InceptionFeatures`. Defaults to 32.

    Raises:
        ValueError: if an argument is none of these.

    Example:

    >>> RandomInceptionFeatures(seed=3).score_name("frechet_distance")
    'FD (inception-random-3)'
    """

    def __init__(self, seed=0, resize="legacy", layer="2048", batch_size=32):
        self._set_options(resize, layer)
        network = inception_network()
        assign(network, random_tensors(network, seed), f"seed {seed}")
        self._set_network(network, batch_size)
        self._set_names(f"inception-random-{seed}", published=False)


class RandomNetworkFeatures(KerasLayerFeatures):
    """Features of a Keras model's architecture with fixed random weights: a check on a trained extractor.

    Where a ranking of generators is the same in a trained classifier and in an untrained network of the same shape, it
    does not hang on what the classifier learned. For a committed classifier: `RandomNetworkFeatures(
    ClassifierFeatures("mnist").forward.model, "penultimate", (0, 1))`.

    Args:
        model: as in `KerasLayerFeatures`; it is left as it is.
        layer: as in `KerasLayerFeatures`.
        input_range: as in `KerasLayerFeatures`.
        seed: int, decides the weights. Defaults to 0.
        **options: the further arguments of `KerasLayerFeatures`; `-random-<seed>` is added to `name`.

    Raises:
        ValueError: as `KerasLayerFeatures`.

    Example:

    >>> import keras
    >>> image = keras.Input((8, 8, 1))
    >>> model = keras.Model(image, keras.layers.Conv2D(5, 3, name="codes")(image))
    >>> RandomNetworkFeatures(model, "codes", (-1, 1), seed=2).score_name("frechet_distance")
    'FD (codes-random-2)'
    """

    def __init__(self, model, layer, input_range, seed=0, **options):
        name = options.pop("name", layer)
        super().__init__(randomized(model, seed), layer, input_range, name=f"{name}-random-{seed}", **options)


def random_tensors(network, seed):
    """Returns random weights for the Inception network, in the form in which `read_weights` returns the published ones.

    Kernels N(0, 2 / fan in), which keeps the activations' size from layer to layer; scales and running variances
    U(0.5, 1.5), shifts and running means N(0, 0.1^2), so that nothing that normalization does is left unseen; the last
    kernel N(0, 1 / 2048), its bias N(0, 0.1^2).
    """
    # NumPy keeps the stream of RandomState for good, not that of its Generator.
    random = np.random.RandomState(seed)
    arrays = {}
    shapes = {name: tuple(variable.shape) for name, variable in tensors(network).items()}
    for name, shape in sorted(shapes.items()):
        if name == "fc.weight":
            values = random.randn(*shape) / math.sqrt(shape[0])
        elif len(shape) == 4:
            values = random.randn(*shape) * math.sqrt(2 / math.prod(shape[:-1]))
        elif name.endswith(("bn.weight", "running_var")):
            values = random.uniform(0.5, 1.5, shape)
        else:
            values = 0.1 * random.randn(*shape)
        arrays[name] = values.astype("float32")
    return arrays


def randomized(model, seed):
    """Returns a copy of a Keras model with random weights.

    Kernels (weights of two and more dimensions) N(0, 2 / fan in); all others as the layers initialise them: zero for
    biases, one for scales.
    """
    copy = keras.models.clone_model(model)
    random = np.random.RandomState(seed)
    for weight in copy.weights:
        shape = tuple(weight.shape)
        if len(shape) > 1:
            weight.assign(random.randn(*shape) * math.sqrt(2 / math.prod(shape[:-1])))
    return copy
