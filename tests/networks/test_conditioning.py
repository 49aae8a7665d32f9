import keras
import numpy as np
import pytest

from keras_gan import networks

WAYS = ["projection", "concatenation", "classifier", "semi_supervised"]
LABELS = np.array([0, 2, 1, 2, 0], "int32")


@pytest.fixture
def pictures():
    return np.random.default_rng(0).uniform(-1, 1, (5, 8, 8, 1)).astype("float32")


def discriminators(conditioning, num_classes=3):
    return [
        networks.DCGANDiscriminator((8, 8, 1), 4, num_classes=num_classes, conditioning=conditioning),
        networks.MLPDiscriminator((8, 8, 1), (7,), num_classes=num_classes, conditioning=conditioning),
    ]


def shown(network, pictures, labels=LABELS):
    names = [tensor.name for tensor in network.inputs]
    inputs = {"image": pictures, "label": labels}
    return network({name: inputs[name] for name in names} if len(names) > 1 else pictures)


def before_logits(network, pictures, labels=LABELS):
    """The features that heads read, float64: a DCGAN's flattened map, an MLP's last hidden layer."""
    last = [x for x in network.layers if isinstance(x, (keras.layers.Flatten, keras.layers.LeakyReLU))]
    name = last[-1].name
    part = keras.Model(network.inputs, network.get_layer(name).output)
    inputs = {"image": pictures, "label": labels}
    return np.array(part([inputs[tensor.name] for tensor in network.inputs]), "float64")


def weights(network, name):
    return [np.array(w, "float64") for w in network.get_layer(name).get_weights()]


# Labels of generators.


def test_parameters_of_labels_and_codes():
    plain = networks.DCGANGenerator((8, 8, 1), 5, filters=4)
    first = 4 * 4 * 4  # outputs of the dense layer after the inputs, without bias
    labelled = networks.DCGANGenerator((8, 8, 1), 5, filters=4, num_classes=10)
    assert labelled.count_params() - plain.count_params() == 10 * 10 + 10 * first
    coded = networks.DCGANGenerator((8, 8, 1), 5, filters=4, code_dim=12)
    assert coded.count_params() - plain.count_params() == 12 * first
    many = networks.MLPGenerator((8, 8, 1), 5, (16,), num_classes=1000, code_dim=3)
    assert many.count_params() == 1000 * 128 + (5 + 3 + 128 + 1) * 16 + 17 * 64


@pytest.mark.parametrize("network", [networks.DCGANGenerator, networks.MLPGenerator])
def test_inputs_of_a_generator(network):
    names = lambda **arguments: sorted(x.name for x in network((8, 8, 1), 5, **arguments).inputs)  # noqa: E731
    assert names() == ["latent"]
    assert names(num_classes=3) == ["label", "latent"]
    assert names(code_dim=2) == ["code", "latent"]
    assert names(num_classes=3, code_dim=2) == ["code", "label", "latent"]


def test_a_generator_starts_from_latent_code_and_embedding_side_by_side():
    network = networks.MLPGenerator((8, 8, 1), 5, (16,), num_classes=3, code_dim=2)
    random = np.random.default_rng(0)
    inputs = {"latent": random.normal(size=(5, 5)), "code": random.normal(size=(5, 2)), "label": LABELS}
    (table,) = weights(network, "label_embedding")
    x = np.concatenate([inputs["latent"], inputs["code"], table[LABELS]], axis=1)
    hidden, last = (weights(network, layer.name) for layer in network.layers if isinstance(layer, keras.layers.Dense))
    expected = np.tanh(np.maximum(x @ hidden[0] + hidden[1], 0) @ last[0] + last[1])
    got = network({name: value.astype("int32" if name == "label" else "float32") for name, value in inputs.items()})
    np.testing.assert_allclose(np.array(got).reshape(5, -1), expected, atol=2e-6)


# Labels of discriminators.


def test_parameters_of_discriminators_with_labels():
    width = 4 * 4 * 4
    for conditioning, dense, mlp in (
        ("projection", 3 * width, 3 * 7),
        ("concatenation", 3 * 64 + 4 * 4 * 4, 3 * 3 + 3 * 7),
        ("classifier", 3 * (width + 1), 3 * 8),
        ("semi_supervised", 2 * (width + 1), 2 * 8),
    ):
        more = [d.count_params() for d in discriminators(conditioning)]
        plain = [d.count_params() for d in discriminators(conditioning, None)]
        assert np.subtract(more, plain).tolist() == [dense, mlp], conditioning


@pytest.mark.parametrize("conditioning", WAYS)
def test_without_classes_nothing_changes(pictures, conditioning):
    for network in discriminators(conditioning, None):
        assert [x.name for x in network.inputs] == ["image"]
        assert network(pictures).shape == (5, 1)
        assert network.num_classes is None


def test_projection_adds_the_inner_product_with_the_labels_vector(pictures):
    for network in discriminators("projection"):
        features = before_logits(network, pictures)
        (kernel, bias), (table,) = weights(network, "any_class"), weights(network, "label_embedding")
        expected = features @ kernel + bias + np.sum(table[LABELS] * features, axis=1, keepdims=True)
        np.testing.assert_allclose(shown(network, pictures), expected, rtol=1e-5, atol=1e-6)


def test_concatenation_adds_a_channel_and_features(pictures):
    dcgan, mlp = discriminators("concatenation")
    (table,) = weights(dcgan, "label_embedding")
    convolution = next(x for x in dcgan.layers if isinstance(x, keras.layers.Conv2D))
    joined = np.concatenate([pictures, table[LABELS].reshape(5, 8, 8, 1)], axis=-1).astype("float32")
    x = keras.layers.Flatten()(keras.ops.leaky_relu(convolution(joined), 0.2))
    np.testing.assert_allclose(shown(dcgan, pictures), dcgan.get_layer("logits")(x), atol=1e-6)
    (table,) = weights(mlp, "label_embedding")
    hidden = next(x for x in mlp.layers if isinstance(x, keras.layers.Dense))
    joined = np.concatenate([pictures.reshape(5, -1), table[LABELS]], axis=1).astype("float32")
    x = keras.ops.leaky_relu(hidden(joined), 0.2)
    np.testing.assert_allclose(shown(mlp, pictures), mlp.get_layer("logits")(x), atol=1e-6)


def test_classifier_has_two_heads_on_the_same_features(pictures):
    for network in discriminators("classifier"):
        features, out = before_logits(network, pictures), shown(network, pictures)
        assert sorted(out) == ["classes", "logits"]
        for name, shape in (("logits", (5, 1)), ("classes", (5, 3))):
            kernel, bias = weights(network, name)
            assert out[name].shape == shape
            np.testing.assert_allclose(out[name], features @ kernel + bias, rtol=1e-5, atol=1e-6)


def test_semi_supervised_logit_is_that_of_being_any_class(pictures):
    for network in discriminators("semi_supervised"):
        features, out = before_logits(network, pictures), shown(network, pictures)
        kernel, bias = weights(network, "classes")
        classes = features @ kernel + bias
        np.testing.assert_allclose(out["classes"], classes, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(out["features"], features, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(out["logits"][:, 0], np.log(np.exp(classes).sum(axis=1)), rtol=1e-5, atol=1e-6)
        # sigmoid(logit) is one minus the share of the class "fake", whose logit is 0.
        real = 1 - 1 / (1 + np.exp(classes).sum(axis=1))
        np.testing.assert_allclose(keras.ops.sigmoid(out["logits"])[:, 0], real, rtol=1e-5)


@pytest.mark.parametrize("conditioning", WAYS)
def test_an_image_does_not_depend_on_its_batch_mates(pictures, conditioning):
    for network in discriminators(conditioning):
        together = keras.tree.flatten(shown(network, pictures))
        for whole, alone in zip(together, keras.tree.flatten(shown(network, pictures[:1], LABELS[:1])), strict=True):
            np.testing.assert_allclose(whole[:1], alone, atol=1e-6)


@pytest.mark.parametrize("conditioning", WAYS)
def test_logits_are_float32_in_half_precision(pictures, conditioning):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        made = discriminators(conditioning)
    finally:
        keras.config.set_dtype_policy(before)
    for network in made:
        out = shown(network, pictures)
        out = out if isinstance(out, dict) else {"logits": out}
        for name in set(out) - {"features"}:
            assert keras.backend.standardize_dtype(out[name].dtype) == "float32"


def test_noise_is_drawn_in_training_alone(pictures):
    network = networks.MLPDiscriminator((8, 8, 1), (7, 6), noise=0.5)
    quiet = networks.MLPDiscriminator((8, 8, 1), (7, 6))
    quiet.set_weights([w for w in network.get_weights() if w.ndim])
    np.testing.assert_array_equal(network(pictures), quiet(pictures))
    assert not np.array_equal(network(pictures, training=True), network(pictures, training=True))
    assert [type(x).__name__ for x in network.layers].count("InstanceNoise") == 2


@pytest.mark.parametrize(
    "network",
    [
        networks.DCGANGenerator((8, 8, 3), 5, num_classes=3, code_dim=2),
        networks.MLPGenerator((8, 8, 3), 5, num_classes=3, code_dim=2),
        networks.DCGANDiscriminator((8, 8, 3), 4, num_classes=3, conditioning="concatenation"),
        networks.MLPDiscriminator((8, 8, 3), (4,), num_classes=3, conditioning="semi_supervised", noise=0.1),
        networks.DCGANRecognizer((8, 8, 3), 5, 4, 8, 3, 0.1, 9, "he_normal", 2, "r"),
        networks.MLPRecognizer((8, 8, 3), 5, (7, 9), 0.1, "r"),
        networks.BEGANGenerator((8, 8, 3), 5, 4, 2, "g"),
        networks.BEGANDiscriminator((8, 8, 3), 5, 4, 2, "d"),
    ],
)
def test_config_round_trip(network, tmp_path):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))
    assert again.get_config() == network.get_config()
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    assert type(loaded) is type(network)
    for a, b in zip(network.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("value", [0, -1, 2.0, True, "3"])
def test_numbers_of_classes_that_cannot_be(value):
    for network in (networks.DCGANGenerator, networks.MLPGenerator):
        for name in ("num_classes", "code_dim"):
            with pytest.raises(ValueError, match=rf"`{name}` must be a whole number >= 1. Received: {name}="):
                network((8, 8, 1), **{name: value})
    for network in (networks.DCGANDiscriminator, networks.MLPDiscriminator):
        with pytest.raises(ValueError, match=r"`num_classes` must be a whole number >= 1"):
            network((8, 8, 1), num_classes=value)


def test_unknown_conditioning():
    for network in (networks.DCGANDiscriminator, networks.MLPDiscriminator):
        with pytest.raises(ValueError, match=r"`conditioning` must be one of .*Received: conditioning='embedding'"):
            network((8, 8, 1), num_classes=3, conditioning="embedding")


# Recognizers.


def test_recognizers(pictures):
    # Flat maps of 4 x 4 x 4; 128 features; kernels and biases.
    dcgan = networks.DCGANRecognizer((8, 8, 1), code_dim=12, filters=4)
    assert dcgan.count_params() == 16 * 4 + 4 + (64 + 1) * 128 + (128 + 1) * 12
    mlp = networks.MLPRecognizer((8, 8, 1), code_dim=12, units=(9,))
    assert mlp.count_params() == 65 * 9 + 10 * 12
    for network in (dcgan, mlp):
        assert network(pictures).shape == (5, 12)
        with pytest.raises(ValueError, match=r"`code_dim` must be a whole number"):
            type(network)((8, 8, 1), code_dim=0)
