import hashlib
import shutil

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from keras_gan.features import classifier
from keras_gan.features.classifier import ClassifierFeatures, classifier_network

ALL = ["digits", "mnist", "fashion_mnist"]
GATES = {"digits": 0.98, "mnist": 0.99, "fashion_mnist": 0.91}


@pytest.fixture(scope="module")
def extractors():
    return {data_set: ClassifierFeatures(data_set) for data_set in ALL}


@pytest.fixture(scope="module")
def digits():
    """Training and test part, as scripts/learning/train_extractors.py splits them: {part: (images, labels)}."""
    loaded = load_digits()
    images = np.floor(loaded.images * 255 / 16 + 0.5).astype("uint8")[..., None]
    test = np.arange(len(images)) % 5 == 4
    return {"train": (images[~test], loaded.target[~test]), "test": (images[test], loaded.target[test])}


@pytest.fixture
def weights_folder(tmp_path, monkeypatch):
    """A copy of the committed weights that may be spoiled."""
    folder = tmp_path / "weights"
    shutil.copytree(classifier.FOLDER, folder)
    monkeypatch.setattr(classifier, "FOLDER", folder)
    return folder


def noise(extract, count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, extract.size, extract.size, 1), "uint8")


def by_hand(images, weights):
    """The network in float64, one offset of the 3x3 window at a time."""
    x = images / 255
    for layer in (1, 2, 3):
        kernel, bias = (weights[f"convolution_{layer}/{name}"].astype("float64") for name in ("kernel", "bias"))
        size = x.shape[1] - 2
        x = sum(x[:, i : i + size, j : j + size] @ kernel[i, j] for i in range(3) for j in range(3)) + bias
        x = np.maximum(x, 0)
        if images.shape[1] == 28 and layer < 3:
            half = size // 2
            x = x[:, : 2 * half, : 2 * half].reshape(len(x), half, 2, half, 2, -1).max(axis=(2, 4))
    dense = lambda name, x: x @ weights[f"{name}/kernel"].astype("float64") + weights[f"{name}/bias"]  # noqa: E731
    x = np.maximum(dense("penultimate", x.reshape(len(x), -1)), 0)
    return {"features": dense("features", x), "logits": dense("logits", x)}


@pytest.mark.parametrize("data_set", ALL)
def test_against_float64_by_hand(extractors, data_set):
    extract = extractors[data_set]
    images = noise(extract, 5)
    with np.load(classifier.FOLDER / f"{data_set}-v1.npz") as weights:
        expected = by_hand(images, weights)
    outputs = extract(images)
    for name, width in (("features", 128), ("logits", 10)):
        assert outputs[name].shape == (5, width)
        assert outputs[name].dtype == np.float32
        scale = np.abs(expected[name]).max()
        np.testing.assert_allclose(outputs[name], expected[name], atol=3e-6 * scale)  # float32 sums of 864 products


@pytest.mark.parametrize("data_set", ALL)
def test_committed_file(extractors, data_set):
    extract, path = extractors[data_set], classifier.FOLDER / f"{data_set}-v1.npz"
    assert path.stat().st_size < 1_000_000
    assert hashlib.sha256(path.read_bytes()).hexdigest() == extract.weights_sha256 == classifier.SHA256[data_set]
    assert extract.about["accuracy"] >= GATES[data_set]
    assert extract.about["seed"] == 0
    # The script's place on the day when the file was written: the file and its SHA-256 outlive moves of the script.
    assert extract.about["command"].startswith(f"python scripts/train_extractors.py {data_set}")
    assert set(extract.about["versions"]) == {"keras", "tensorflow", "numpy", "python"}


@pytest.mark.parametrize("data_set", ALL)
def test_names_and_protocol(extractors, data_set):
    extract = extractors[data_set]
    assert extract.name == f"{data_set}-v1"
    assert extract.channels == 1
    assert extract.score_name("frechet_distance") == f"FCD-{data_set}-v1"
    assert extract.score_name("kernel_distance") == f"KCD-{data_set}-v1"
    assert extract.score_name("classifier_score") == f"CS-{data_set}-v1"
    assert extract.score_name("precision") == f"precision ({data_set}-v1)"
    assert extract.protocol() == {
        "extractor": f"{data_set}-v1",
        "weights_sha256": classifier.SHA256[data_set],
        "image_shape": [extract.size, extract.size, 1],
        "resize": None,
    }


def test_digits_held_out_accuracy(extractors, digits):
    images, labels = digits["test"]
    right = np.mean(extractors["digits"](images)["logits"].argmax(axis=1) == labels)
    assert right == pytest.approx(extractors["digits"].about["accuracy"], abs=1 / len(labels))
    assert right >= GATES["digits"]


def test_features_are_standardized_on_training_images(extractors, digits):
    features = extractors["digits"](digits["train"][0])["features"].astype("float64")
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-5)
    assert features.var(axis=0, ddof=1).mean() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("data_set", ["digits", "mnist"])
def test_batches_do_not_matter(extractors, data_set):
    extract = extractors[data_set]
    images = noise(extract, 300)  # more than one pass
    whole = extract(images)
    for size in (1, 7, 64):
        parts = [extract(images[at : at + size]) for at in range(0, 128, size)]
        for name, expected in whole.items():
            received = np.concatenate([part[name] for part in parts])[:128]
            # Other batch sizes, other orders of summation: float32 rounding of 864 products.
            np.testing.assert_allclose(received, expected[:128], atol=3e-6 * np.abs(expected).max())


def test_no_images_no_rows(extractors):
    outputs = extractors["digits"](np.zeros((0, 8, 8, 1), "uint8"))
    assert {name: output.shape for name, output in outputs.items()} == {"features": (0, 128), "logits": (0, 10)}


def test_global_settings_do_not_matter():
    fresh = ClassifierFeatures("digits")  # the others may have compiled another batch size
    images = noise(fresh, 8)
    expected = fresh(images)
    policy, data_format = keras.config.dtype_policy(), keras.config.image_data_format()
    try:
        keras.config.set_dtype_policy("mixed_float16")
        keras.config.set_image_data_format("channels_first")
        outputs = ClassifierFeatures("digits")(images)
    finally:
        keras.config.set_dtype_policy(policy)
        keras.config.set_image_data_format(data_format)
    for name in expected:
        np.testing.assert_array_equal(outputs[name], expected[name])


def test_other_weights_have_another_name(tmp_path, extractors):
    with np.load(classifier.FOLDER / "digits-v1.npz") as file:
        arrays = dict(file)
    arrays["logits/bias"] = arrays["logits/bias"] + np.float32(1)
    np.savez(tmp_path / "second.npz", **arrays)
    extract = ClassifierFeatures("digits", weights=tmp_path / "second.npz")
    assert extract.name == f"digits-{extract.weights_sha256[:8]}"
    assert extract.score_name("frechet_distance") == f"FCD-{extract.name}"
    images = noise(extract, 3)
    shifted, own = extract(images), extractors["digits"](images)
    np.testing.assert_array_equal(shifted["features"], own["features"])
    np.testing.assert_allclose(shifted["logits"], own["logits"] + 1, rtol=1e-5, atol=1e-5)


def test_unknown_data_set():
    with pytest.raises(ValueError, match=r"`data_set` must be one of 'digits', 'mnist', .* Received: data_set='cifar'"):
        ClassifierFeatures("cifar")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 28, 28, 1), r"digits-v1 must be grey and of 8 x 8 pixels.* Received: shape \(2, 28, 28, 1\)\. Convert"),
        ((2, 8, 9, 1), r"Received: shape \(2, 8, 9, 1\)"),
        ((2, 8, 8, 3), r"must be grey and of 8 x 8 pixels.* Received: shape \(2, 8, 8, 3\)"),
        ((8, 8, 1), r"must be an array \(count, height, width, 1 or 3\)"),
    ],
)
def test_other_shapes_are_refused(extractors, shape, message):
    with pytest.raises(ValueError, match=message):
        extractors["digits"](np.zeros(shape, "uint8"))


def test_floats_are_refused(extractors):
    with pytest.raises(TypeError, match=r"Images must be uint8, 0 to 255. Received: dtype float32"):
        extractors["digits"](np.zeros((2, 8, 8, 1), "float32"))


def test_changed_file_is_refused(weights_folder):
    path = weights_folder / "digits-v1.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    found = hashlib.sha256(content).hexdigest()
    expected = rf"must have the SHA-256 {classifier.SHA256['digits']}. Received: {found}. The file was changed"
    with pytest.raises(ValueError, match=expected):
        ClassifierFeatures("digits")


def test_missing_file(weights_folder):
    (weights_folder / "digits-v1.npz").unlink()
    with pytest.raises(ValueError, match=r"which does not exist. Install keras-gan again"):
        ClassifierFeatures("digits")
    with pytest.raises(ValueError, match=r"which does not exist. Write it with scripts/learning/train_extractors.py"):
        ClassifierFeatures("digits", weights=weights_folder / "no.npz")


@pytest.mark.parametrize("spoil", ["text", "cut", "pickle", "array"])
def test_unreadable_file(tmp_path, spoil):
    path = tmp_path / "weights.npz"
    whole = (classifier.FOLDER / "digits-v1.npz").read_bytes()
    if spoil == "pickle":
        np.savez(path, about=np.array({}, dtype=object))
    elif spoil == "array":
        np.save(tmp_path / "array.npy", np.zeros(3))
        (tmp_path / "array.npy").rename(path)
    else:
        path.write_bytes(b"no archive" if spoil == "text" else whole[:-1000])
    with pytest.raises(ValueError, match=r"A file of classifier weights was expected. Received: .*weights.npz: .*"):
        ClassifierFeatures("digits", weights=path)


def test_weights_of_another_network(tmp_path):
    with pytest.raises(ValueError, match=r"a classifier of 28 x 28 pixels were expected. Received: .*digits-v1.npz"):
        ClassifierFeatures("mnist", weights=classifier.FOLDER / "digits-v1.npz")


def test_weights_without_their_story(tmp_path):
    with np.load(classifier.FOLDER / "digits-v1.npz") as file:
        np.savez(tmp_path / "nameless.npz", **{name: file[name] for name in file.files if name != "about"})
    with pytest.raises(
        ValueError, match=r"A file of classifier weights was expected\. Received: .*nameless.npz: 'about'"
    ):
        ClassifierFeatures("digits", weights=tmp_path / "nameless.npz")


def test_parameters():
    assert classifier_network(8).count_params() == 141_290
    assert classifier_network(28).count_params() == 202_730
