import keras
import numpy as np
import pytest
from keras import layers
from sklearn.datasets import load_digits

from keras_gan.metrics.classification_accuracy_score import ClassificationAccuracyScore, _Batches, default_network


def digits():
    bunch = load_digits()
    return (bunch.images * 15).astype("uint8")[..., None], bunch.target


def kept(metric, images, labels):
    statistics = metric.statistics()
    statistics.update(images, labels)
    return statistics


def measure(metric, real, fake):
    return metric.value(kept(metric, *real), kept(metric, *fake))["classification_accuracy_score"].value


def linear(seed=0, classes=10):
    start = keras.initializers.GlorotUniform(seed)
    return keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(classes, kernel_initializer=start)], name="linear"
    )


def test_default_network_learns_in_a_few_steps_and_repeats_exactly():
    images, labels = digits()
    metric = ClassificationAccuracyScore(epochs=3, batch_size=40, learning_rate=3e-3)
    real, fake = kept(metric, images[:500], labels[:500]), kept(metric, images[500:900], labels[500:900])
    predicted = metric.predictions(real, fake)
    assert (predicted == labels[:500]).mean() > 0.7
    np.testing.assert_array_equal(metric.predictions(real, fake), predicted)


def test_good_fakes_score_higher_than_bad_ones():
    images, labels = digits()
    real, images, labels = (images[:500], labels[:500]), images[500:1100], labels[500:1100]
    metric = ClassificationAccuracyScore(linear(), epochs=6, batch_size=50, learning_rate=1e-2)
    value = measure(metric, real, (images, labels))
    assert value > 0.75
    assert measure(metric, real, (images, np.random.default_rng(0).permutation(labels))) < 0.3
    one_image_a_class = np.stack([images[labels == label][0] for label in range(10)])
    assert measure(metric, real, (one_image_a_class[labels], labels)) < value - 0.1


def test_accuracy_is_the_share_of_right_reals():
    images, labels = digits()
    metric = ClassificationAccuracyScore(linear(), epochs=3, batch_size=32, learning_rate=1e-2)
    real = kept(metric, images[:300], labels[:300])
    fake = kept(metric, images[300:], labels[300:])
    predicted = metric.predictions(real, fake)
    assert predicted.shape == (300,)
    value = metric.value(real, fake)["classification_accuracy_score"]
    assert value == ((predicted == labels[:300]).mean(), None)
    assert 0.3 < value.value < 1


def test_given_network_is_cloned_with_its_weights():
    images, labels = digits()
    network = linear()
    network.set_weights([w[::-1] for w in network.get_weights()])  # other than what a clone begins with
    before = [w.copy() for w in network.get_weights()]
    metric = ClassificationAccuracyScore(network, epochs=1, learning_rate=1e-9)
    predicted = metric.predictions(kept(metric, images[:300], labels[:300]), kept(metric, images[:10], labels[:10]))
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    expected = network.predict_on_batch(images[:300].astype("float32") / 127.5 - 1).argmax(axis=1)
    np.testing.assert_array_equal(predicted, expected)
    assert not getattr(network, "compiled", False)


def test_leaves_global_random_numbers_alone():
    images, labels = digits()
    metric = ClassificationAccuracyScore(linear(), epochs=1)
    np.random.seed(5)  # noqa: NPY002
    keras.utils.set_random_seed(5)
    measure(metric, (images[:20], labels[:20]), (images[:20], labels[:20]))
    found = np.random.rand()  # noqa: NPY002
    keras.utils.set_random_seed(5)
    assert found == np.random.rand()  # noqa: NPY002


def test_each_epoch_holds_every_image_once_with_its_label():
    images = np.arange(10, dtype="uint8")[:, None, None, None]
    batches = _Batches(images, np.arange(10), 4, seed=0)
    orders = []
    for _ in range(2):
        assert [len(batches[index][1]) for index in range(len(batches))] == [4, 4, 2]
        x, y = (np.concatenate([batches[index][part] for index in range(3)]) for part in (0, 1))
        np.testing.assert_allclose(x[:, 0, 0, 0], y / 127.5 - 1, rtol=1e-6)
        np.testing.assert_array_equal(np.sort(y), np.arange(10))
        orders.append(y.tolist())
        batches.on_epoch_end()
    assert orders[0] != orders[1]


def test_seed_decides_the_result():
    images, labels = digits()
    real, fake = (images[:300], labels[:300]), (images[300:600], labels[300:600])
    found = []
    for seed in (0, 1):
        metric = ClassificationAccuracyScore(linear(), epochs=1, batch_size=50, learning_rate=1e-2, seed=seed)
        found.append(metric.predictions(kept(metric, *real), kept(metric, *fake)))
    assert (found[0] != found[1]).any()


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 48, 3), (64, 64, 3)])
def test_default_network(shape):
    network = default_network(shape, 10, seed=0)
    assert network.output_shape == (None, 10)
    channels = shape[-1]
    # Kernels, four numbers a channel for batch normalization, the dense layer.
    expected = 9 * (channels * 32 + 32 * 64 + 64 * 128) + 4 * (32 + 64 + 128) + 129 * 10
    assert network.count_params() == expected
    again = default_network(shape, 10, seed=0)
    for one, other in zip(network.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_config_protocol_and_errors():
    metric = ClassificationAccuracyScore(epochs=3, batch_size=4, learning_rate=0.5, seed=6)
    assert metric.get_config() == {"network": None, "epochs": 3, "batch_size": 4, "learning_rate": 0.5, "seed": 6}
    assert metric.protocol()["network"] == "default"
    assert ClassificationAccuracyScore(linear()).protocol()["network"] == "linear, 650 weights"
    with pytest.raises(ValueError, match=r"`epochs` must be a whole number >= 1\. Received: epochs=0"):
        ClassificationAccuracyScore(epochs=0)
    with pytest.raises(ValueError, match=r"`learning_rate` must be above 0\. Received: learning_rate=0"):
        ClassificationAccuracyScore(learning_rate=0)
    images, labels = np.zeros((4, 8, 8, 1), "uint8"), np.arange(4)
    with pytest.raises(ValueError, match=r"images of one shape\. Received: \(8, 8, 1\) and \(6, 8, 1\)"):
        measure(metric, (images, labels), (images[:, :6], labels))
    with pytest.raises(ValueError, match=r"integers \(count,\)\. Received: dtype float64"):
        measure(metric, (images, labels), (images, labels / 1))
    with pytest.raises(TypeError, match="must be uint8"):
        measure(metric, (images, labels), (images / 255, labels))
    with pytest.raises(ValueError, match=r"an output for each of 4 classes\. Received: 3 outputs"):
        measure(ClassificationAccuracyScore(linear(classes=3)), (images, labels), (images, labels))
    with pytest.raises(ValueError, match="At least one sample is needed"):
        measure(metric, (images, labels), (images[:0], labels[:0]))
