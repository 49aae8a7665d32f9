import keras
import numpy as np
import pytest
from keras import layers

from keras_gan.features.keras_layer import KerasLayerFeatures
from keras_gan.features.resize import clean_resize, legacy_resize


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    image = keras.Input((6, 4, 3))
    x = layers.Conv2D(5, 3, name="codes")(image)
    x = layers.Dropout(0.5)(x)
    x = layers.Flatten(name="row")(x)
    return keras.Model(image, layers.Dense(7, name="classes")(x), name="small")


def noise(height=6, width=4, channels=3, count=4):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, channels), dtype="uint8")


def test_features_by_hand(model):
    images = noise()
    extract = KerasLayerFeatures(model, "codes", (-1, 1), logits="classes")
    outputs = extract(images)
    kernel, bias = (w.numpy() for w in model.get_layer("codes").weights)
    scaled = images / 127.5 - 1
    codes = sum(
        np.einsum("bhwc,co->bhwo", scaled[:, i : i + 4, j : j + 2], kernel[i, j]) for i in range(3) for j in range(3)
    )
    np.testing.assert_allclose(outputs["features"], (codes + bias).mean((1, 2)), atol=1e-5)
    classes, bias = (w.numpy() for w in model.get_layer("classes").weights)
    np.testing.assert_allclose(outputs["logits"], codes.reshape(4, -1) @ classes + bias, atol=1e-5)


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (0, 1), (0, 255), (-0.5, 0.5)])
def test_input_range(low, high):
    image = keras.Input((6, 4, 3))
    model = keras.Model(image, layers.Flatten(name="row")(image))
    images = noise()
    images[0, 0, 0, :2] = 0, 255
    found = KerasLayerFeatures(model, "row", (low, high))(images)["features"]
    np.testing.assert_allclose(found, low + images.reshape(4, -1) / 255 * (high - low), rtol=1e-6, atol=1e-6)
    assert found[0, 0] == low


def test_without_the_average_all_numbers_are_kept(model):
    averaged = KerasLayerFeatures(model, "codes", (-1, 1))(noise())["features"]
    row = KerasLayerFeatures(model, "codes", (-1, 1), average=False)(noise())["features"]
    assert row.shape == (4, 4 * 2 * 5)
    np.testing.assert_allclose(row.reshape(4, 8, 5).mean(1), averaged, atol=1e-6)
    assert "logits" not in KerasLayerFeatures(model, "row", (-1, 1))(noise())


@pytest.mark.parametrize(("resize", "function"), [("legacy", legacy_resize), ("clean", clean_resize)])
def test_resize(model, resize, function):
    large = noise(9, 9)
    extract = KerasLayerFeatures(model, "codes", (0, 255), resize=resize)
    codes = keras.Model(model.inputs[0], model.get_layer("codes").output)
    expected = codes.predict_on_batch(np.array(function(large, (6, 4)))).mean((1, 2))
    np.testing.assert_allclose(extract(large)["features"], expected, rtol=1e-5, atol=1e-4)
    assert extract.protocol()["resize"] == resize


def test_grey_images_are_repeated(model):
    extract = KerasLayerFeatures(model, "codes", (-1, 1))
    grey = noise(channels=1)
    np.testing.assert_array_equal(extract(grey)["features"], extract(grey.repeat(3, -1))["features"])


def test_a_saved_model_is_the_same(model, tmp_path):
    model.save(tmp_path / "model.keras")
    a, b = (KerasLayerFeatures(m, "codes", (-1, 1)) for m in (model, tmp_path / "model.keras"))
    np.testing.assert_array_equal(a(noise())["features"], b(noise())["features"])
    assert a.protocol() == b.protocol()


def test_protocol_and_names(model):
    extract = KerasLayerFeatures(model, "codes", (-1, 1))
    assert extract.protocol() == {
        "extractor": f"codes-{extract.weights_sha256[:8]}",
        "weights_sha256": extract.weights_sha256,
        "layer": "codes",
        "image_shape": [6, 4, 3],
        "input_range": [-1.0, 1.0],
        "averaged": True,
        "resize": None,
    }
    metrics = ("frechet_distance", "kernel_distance", "classifier_score", "recall")
    assert [extract.score_name(metric) for metric in metrics] == [
        f"{kind} ({extract.name})" for kind in ("FD", "KD", "CS", "recall")
    ]
    assert KerasLayerFeatures(model, "codes", (-1, 1), name="mine").score_name("frechet_distance") == "FD (mine)"


def test_features_are_float32_under_a_mixed_policy(model):
    expected = KerasLayerFeatures(model, "codes", (-1, 1))(noise())["features"]
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy("mixed_float16")
        found = KerasLayerFeatures(model, "codes", (-1, 1))(noise())["features"]
    finally:
        keras.config.set_dtype_policy(before)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_every_weight_counts_in_the_hash(model):
    before = KerasLayerFeatures(model, "codes", (-1, 1)).weights_sha256
    model.get_layer("classes").bias.assign(np.full(7, 1e-3))
    assert KerasLayerFeatures(model, "codes", (-1, 1)).weights_sha256 != before


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"layer": "none"}, r"The model has no layer 'none'. Received: layers \['.*', 'codes', "),
        ({"logits": "none"}, "The model has no layer 'none'"),
        ({"input_range": (1, -1)}, r"`input_range` must be \(low, high\), low < high. Received: input_range=\(1, -1\)"),
        ({"resize": "area"}, "`resize` must be None or one of 'legacy', 'clean'. Received: resize='area'"),
        ({"image_shape": (8, 8, 3)}, r"fit the model's input \(6, 4, 3\). Received: image_shape=\(8, 8, 3\)"),
    ],
)
def test_arguments_are_checked(model, arguments, text):
    with pytest.raises(ValueError, match=text):
        KerasLayerFeatures(**{"model": model, "layer": "codes", "input_range": (-1, 1), **arguments})


def test_open_sides_must_be_given():
    image = keras.Input((None, None, 3))
    model = keras.Model(image, layers.Conv2D(2, 3, name="codes")(image))
    with pytest.raises(ValueError, match=r"fit the model's input \(None, None, 3\). Received: image_shape=None"):
        KerasLayerFeatures(model, "codes", (-1, 1))
    extract = KerasLayerFeatures(model, "codes", (-1, 1), image_shape=(6, 4, 3))
    assert extract(noise())["features"].shape == (4, 2)


def test_a_model_without_a_graph_is_refused():
    class Own(keras.Model):
        pass

    with pytest.raises(ValueError, match=r"A model with one input and a static graph is needed. Received: <"):
        KerasLayerFeatures(Own(), "codes", (-1, 1))


def test_images_must_fit(model):
    extract = KerasLayerFeatures(model, "codes", (-1, 1))
    with pytest.raises(ValueError, match=r"must be of 6 x 4 pixels. Received: shape \(4, 9, 9, 3\). Set `resize`"):
        extract(noise(9, 9))
    image = keras.Input((6, 4, 1))
    grey = KerasLayerFeatures(keras.Model(image, layers.Flatten(name="row")(image)), "row", (-1, 1))
    with pytest.raises(ValueError, match="Images must be grey, as the model takes them"):
        grey(noise())


def test_a_layer_may_be_called_as_keras_calls_the_next_flatten():
    keras.backend.clear_session()  # names count from the start, as in the process that loads a model
    image = keras.Input((6, 4, 3))
    model = keras.Model(image, layers.Dense(2, name="end")(layers.Flatten(name="flatten")(image)))
    keras.backend.clear_session()
    assert KerasLayerFeatures(model, "end", (0, 1))(noise())["features"].shape == (4, 2)
