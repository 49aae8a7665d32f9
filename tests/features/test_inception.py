import json
import pathlib

import keras
import numpy as np
import pytest

from keras_gan.features import inception
from keras_gan.features.inception import InceptionFeatures
from keras_gan.features.random_network import RandomInceptionFeatures
from keras_gan.features.resize import clean_resize, legacy_resize

GOLDEN = json.loads((pathlib.Path(__file__).parents[1] / "golden" / "inception.json").read_text())
LARGE = 1e-5  # of the largest value: what float32 convolutions of two libraries differ by, at most


def noise(height, width, channels=3, count=1):
    random = np.random.RandomState(1000 * height + width)
    return random.randint(0, 256, (count, height, width, channels), dtype="uint8")


def test_all_outputs_agree_with_torch_fidelity(random_inception):
    sizes = [(image["height"], image["width"]) for image in GOLDEN["images"]]
    resized = np.concatenate([np.array(legacy_resize(noise(*size), (299, 299))) for size in sizes])
    found = random_inception.network.predict_on_batch(resized)
    for index, image in enumerate(GOLDEN["images"]):
        assert list(image["outputs"]) == ["64", "192", "768", "2048", "logits_unbiased", "logits"]
        for name, expected in image["outputs"].items():
            output = found[name][index].astype("float64")
            chosen = np.linspace(0, len(output) - 1, len(expected["values"])).astype(int)
            np.testing.assert_allclose(output[chosen], expected["values"], rtol=0, atol=LARGE * expected["max"])
            np.testing.assert_allclose(np.linalg.norm(output), expected["norm"], rtol=LARGE)
            np.testing.assert_allclose(np.abs(output).max(), expected["max"], rtol=LARGE)


def test_features_are_the_pool_layer_and_logits_lack_the_bias(random_inception):
    outputs = random_inception(noise(28, 28))
    expected = GOLDEN["images"][0]["outputs"]
    for name, key in (("features", "2048"), ("logits", "logits_unbiased")):
        assert outputs[name].dtype == np.float32
        chosen = np.linspace(0, outputs[name].shape[1] - 1, 16).astype(int)
        values, largest = expected[key]["values"], expected[key]["max"]
        np.testing.assert_allclose(outputs[name][0, chosen], values, rtol=0, atol=LARGE * largest)


def test_sizes_of_the_network(random_inception):
    network = random_inception.network
    assert network.count_params() == 23_885_392
    assert sum(int(np.prod(weight.shape)) for weight in network.trainable_weights) == 23_850_960
    assert sum(isinstance(layer, keras.layers.Conv2D) for layer in network.layers) == 94
    widths = {"64": 64, "192": 192, "768": 768, "2048": 2048, "logits_unbiased": 1008, "logits": 1008}
    assert {name: output.shape for name, output in network.output.items()} == {n: (None, w) for n, w in widths.items()}
    concatenated = [layer.output.shape[1:] for layer in network.layers if isinstance(layer, keras.layers.Concatenate)]
    assert concatenated == [
        *((35, 35, depth) for depth in (256, 288, 288)),
        *[(17, 17, 768)] * 5,
        *((8, 8, depth) for depth in (1280, 2048, 2048)),
    ]


def test_means_over_space_keep_the_digits_of_float32(random_inception):
    network = random_inception.network
    (pool,) = (x for x in network.layers if isinstance(x, keras.layers.MaxPooling2D) and x.output.shape[-1] == 64)
    part = keras.Model(network.input, {"map": pool.output, "mean": network.output["64"]})
    outputs = part.predict_on_batch(np.full((1, 299, 299, 3), 77, "float32"))  # equal numbers: every rounding adds up
    expected = outputs["map"].mean((1, 2), dtype="float64")
    np.testing.assert_allclose(outputs["mean"], expected, rtol=0, atol=1e-6 * expected.max())


def test_grey_images_are_repeated(random_inception):
    grey = noise(28, 28, channels=1)
    np.testing.assert_array_equal(
        random_inception(grey)["features"], random_inception(grey.repeat(3, axis=-1))["features"]
    )


def test_batches_of_any_size(random_inception):
    images = noise(28, 28, count=3)
    alone = np.concatenate([random_inception(image[None])["features"] for image in images])
    random_inception.forward.batch_size = 2
    together = random_inception(images)
    random_inception.forward.batch_size = 32
    assert together["logits"].shape == (3, 1008)
    np.testing.assert_allclose(together["features"], alone, rtol=0, atol=LARGE * alone.max())
    empty = random_inception(images[:0])
    assert empty["features"].shape == (0, 2048)


def test_other_layer_and_resize_and_float32_whatever_the_global_settings(random_inception):
    before = keras.config.dtype_policy(), keras.config.image_data_format()
    image = noise(28, 28)
    try:
        keras.config.set_dtype_policy("mixed_float16")
        keras.config.set_image_data_format("channels_first")
        extract = RandomInceptionFeatures(seed=0, layer="192", resize="clean")
        outputs = extract(image)
    finally:
        keras.config.set_dtype_policy(before[0])
        keras.config.set_image_data_format(before[1])
    expected = random_inception.network.predict_on_batch(clean_resize(image, (299, 299)))
    for name, key in (("features", "192"), ("logits", "logits_unbiased")):
        assert outputs[name].dtype == np.float32
        np.testing.assert_allclose(outputs[name], expected[key], rtol=0, atol=LARGE * np.abs(expected[key]).max())
    assert extract.protocol() == {
        "extractor": "inception-random-0-192",
        "weights_sha256": random_inception.weights_sha256,
        "layer": "192",
        "resize": "clean",
    }


def test_images_must_be_uint8(random_inception):
    with pytest.raises(TypeError, match=r"Images must be uint8, 0 to 255. Received: dtype float32"):
        random_inception(noise(28, 28).astype("float32"))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"resize": "bilinear"}, "`resize` must be one of 'legacy', 'clean'. Received: resize='bilinear'"),
        ({"layer": "1000"}, "`layer` must be one of '64', '192', '768', '2048'. Received: layer='1000'"),
        ({"layer": 2048}, "`layer` must be one of .* Received: layer=2048"),
    ],
)
def test_options_are_checked_before_anything_is_downloaded(arguments, text, monkeypatch):
    monkeypatch.setattr(inception, "download", lambda: pytest.fail("downloaded"))
    with pytest.raises(ValueError, match=text):
        InceptionFeatures(**arguments)


def test_weights_must_be_these_tensors(random_inception):
    network = random_inception.network
    arrays = {name: np.zeros(tuple(variable.shape)) for name, variable in inception.tensors(network).items()}
    assert len(arrays) == 472

    def refused(text, changed, without=()):
        kept = {name: array for name, array in {**arrays, **changed}.items() if name not in without}
        with pytest.raises(ValueError, match=text):
            inception.assign(network, kept, "x.pth")

    four = [f"Mixed_5b.branch1x1.bn.{name}" for name in ("weight", "bias", "running_mean", "running_var")]
    refused(r"Received: x.pth, which lacks 1: fc.bias\.", {}, ["fc.bias"])
    refused(r"Received: x.pth, which lacks 4: .*branch1x1.bn.weight, .* \.\.\.", {}, four)
    refused(r"which has unknown 1: AuxLogits.fc.weight\.", {"AuxLogits.fc.weight": np.zeros(3)})
    refused(
        r"Tensor fc.weight must be of shape \(2048, 1008\). Received: x.pth, with shape \(2048, 1000\)",
        {"fc.weight": np.zeros((2048, 1000))},
    )
