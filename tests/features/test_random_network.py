import keras
import numpy as np
from keras import layers

from keras_gan.features import inception
from keras_gan.features.classifier import classifier_network
from keras_gan.features.keras_layer import KerasLayerFeatures
from keras_gan.features.random_network import RandomNetworkFeatures, random_tensors, randomized

# What the golden file's network was made of; another hash means that golden numbers no longer belong to the seed.
SEED_0 = "543dfca777b4a25341e51751e1f0e08afdec4456d68fc8428c974b745cc41d3e"


def noise(count=4):
    return np.random.default_rng(0).integers(0, 256, (count, 8, 8, 1), dtype="uint8")


def model():
    keras.utils.set_random_seed(0)
    image = keras.Input((8, 8, 1))
    x = layers.Conv2D(64, 3, activation="relu", name="first")(image)
    x = layers.BatchNormalization(name="normalization")(x)
    x = layers.Flatten()(x)
    return keras.Model(image, layers.Dense(32, name="codes")(x), name="small")


def test_random_inception_is_pinned(random_inception):
    assert random_inception.weights_sha256 == SEED_0
    assert random_inception.score_name("frechet_distance") == "FD (inception-random-0)"
    assert random_inception.score_name("classifier_score") == "CS (inception-random-0)"


def test_random_tensors_are_as_documented(random_inception):
    arrays = random_tensors(random_inception.network, 1)
    own = inception.tensors(random_inception.network)
    assert not np.allclose(arrays["fc.bias"], own["fc.bias"])  # seed 0's
    kernel = arrays["Mixed_7c.branch3x3_1.conv.weight"]
    assert kernel.dtype == np.float32
    np.testing.assert_allclose(kernel.std(), np.sqrt(2 / 2048), rtol=0.01)  # 0.8 million draws
    np.testing.assert_allclose(arrays["fc.weight"].std(), np.sqrt(1 / 2048), rtol=0.01)
    for name in ("weight", "running_var"):
        scale = arrays[f"Mixed_6a.branch3x3.bn.{name}"]
        assert 0.5 <= scale.min() < 0.6
        assert 1.4 < scale.max() <= 1.5
    np.testing.assert_allclose(arrays["Mixed_6a.branch3x3.bn.running_mean"].std(), 0.1, rtol=0.2)


def test_activations_keep_their_size(random_inception):
    images = np.random.default_rng(0).integers(0, 256, (1, 40, 40, 3), dtype="uint8")
    outputs = random_inception(images)
    assert 0.01 < outputs["features"].std() < 100


def test_random_network_differs_by_seed_only():
    extracts = [RandomNetworkFeatures(model(), "codes", (-1, 1), seed=seed) for seed in (1, 1, 2)]
    first, again, other = (extract(noise())["features"] for extract in extracts)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1
    assert extracts[0].weights_sha256 == extracts[1].weights_sha256 != extracts[2].weights_sha256
    assert extracts[0].score_name("frechet_distance") == "FD (codes-random-1)"


def test_the_model_is_left_as_it_is():
    trained = model()
    before = trained.get_weights()
    copy = randomized(trained, 0)
    for a, b in zip(trained.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert [w.shape for w in copy.weights] == [w.shape for w in trained.weights]


def test_random_weights_are_as_documented():
    copy = randomized(model(), 0)
    kernel = copy.get_layer("codes").kernel.numpy()
    np.testing.assert_allclose(kernel.std(), np.sqrt(2 / kernel.shape[0]), rtol=0.02)  # 74 thousand draws
    np.testing.assert_array_equal(copy.get_layer("codes").bias, np.zeros(32))
    np.testing.assert_array_equal(copy.get_layer("normalization").gamma, np.ones(64))


def test_shape_of_a_committed_classifier():
    extract = RandomNetworkFeatures(classifier_network(8), "penultimate", (0, 1), logits="logits")
    outputs = extract(noise())
    assert (outputs["features"].shape, outputs["logits"].shape) == ((4, 128), (4, 10))
    assert outputs["features"].std() > 0.1


def test_options_reach_the_layer_features():
    extract = RandomNetworkFeatures(model(), "first", (0, 1), average=False, name="mine")
    assert isinstance(extract, KerasLayerFeatures)
    assert extract.name == "mine-random-0"
    assert extract(noise())["features"].shape == (4, 6 * 6 * 64)
