"""Worse images must be farther, in each committed classifier's features: `scripts/learning/ordering.py` in short."""

import importlib
import json
import os
import pathlib

import numpy as np
import pytest

from keras_gan.features import classifier

ROOT = pathlib.Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
METRICS = ["frechet_distance", "kernel_distance"]


@pytest.fixture(scope="module")
def ordering():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts" / "learning"))
        yield importlib.import_module("ordering")


@pytest.fixture(scope="module")
def stored():
    return json.loads((ROOT / "tests" / "golden" / "ordering.json").read_text())


def images_of(ordering, data_set):
    """Returns images and labels; skips where the files are not there."""
    folder = pathlib.Path(os.environ.get("KERAS_GAN_TEST_DATA", SHARED)) / data_set
    if data_set != "digits" and not folder.is_dir():
        pytest.skip(f"needs the original files of {data_set} in KERAS_GAN_TEST_DATA/{data_set}")
    parts = ordering.train_extractors.stored(data_set, folder)
    return [np.concatenate(pair) for pair in (parts[::2], parts[1::2])]


@pytest.mark.parametrize("data_set", classifier.SIZES)
def test_worse_images_are_farther(ordering, data_set):
    images, labels = images_of(ordering, data_set)
    extract = ordering.ClassifierFeatures(data_set)
    count = min(2_000, ordering.COUNT[data_set])
    reference, made = ordering.draw(images, labels, count, ordering.BLUR, seed=0)
    measured = ordering.distances(extract, reference, made)
    for key in METRICS:
        values = [measured[key][level] for level in ordering.LEVELS]
        assert ordering.in_order(values), f"{key}: {values}"
        assert values[3] > 5 * values[2]  # one class alone against one class left out


@pytest.mark.parametrize("data_set", ["mnist", "fashion_mnist"])
def test_accuracy_on_test_images(ordering, data_set):
    images, labels = images_of(ordering, data_set)
    extract = ordering.ClassifierFeatures(data_set)
    right = np.mean(extract(images[60_000:])["logits"].argmax(axis=1) == labels[60_000:])
    assert right == pytest.approx(extract.about["accuracy"], abs=2e-4)  # two images whose classes tie in float32
    assert right >= ordering.train_extractors.GATES[data_set]


def test_draw_makes_what_it_says(ordering):
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 256, (600, 4, 4, 1), "uint8"), np.arange(600) % 10
    images[:, 0] = labels[:, None, None]  # the first row tells the class
    reference, levels = ordering.draw(images, labels, 200, 0.5, seed=13)
    assert list(levels) == list(ordering.LEVELS)
    assert {level: len(made) for level, made in levels.items()} == dict.fromkeys(levels, 200)
    known = {image.tobytes() for image in reference}
    for level in ("real", "dropped", "one class"):
        assert not known & {image.tobytes() for image in levels[level]}
    assert set(np.unique(levels["dropped"][:, 0])) == set(range(10)) - {3}
    assert set(np.unique(levels["one class"][:, 0])) == {3}
    for one, other in zip(levels["real"], levels["shuffled"], strict=True):
        np.testing.assert_array_equal(np.sort(one, axis=None), np.sort(other, axis=None))
    assert np.abs(levels["blurred"].astype(int) - levels["real"]).max() > 0
    assert levels["noise"].mean() == pytest.approx(127.5, abs=5)  # deviation 73.9 / sqrt(3200) = 1.3


def test_draw_shuffles_each_image_in_an_order_of_its_own(ordering):
    images = np.tile(np.arange(16, dtype="uint8").reshape(4, 4, 1), (600, 1, 1, 1))
    shuffled = ordering.draw(images, np.arange(600) % 10, 200, 0.5, seed=0)[1]["shuffled"]
    assert len({image.tobytes() for image in shuffled}) == 200


def test_draw_blurs_by_a_gaussian(ordering):
    image = np.zeros((1, 5, 5, 1), "uint8")
    image[0, 2, 2] = 255
    weights = np.exp(-np.array([4, 1, 0, 1, 4]) / (2 * 0.5**2))
    weights /= weights.sum()
    expected = np.floor(255 * np.outer(weights, weights) + 0.5)
    np.testing.assert_array_equal(ordering.blurred(image, 0.5)[0, ..., 0], expected)


def test_floor_from_fourth_moments(ordering):
    random = np.random.default_rng(0)
    scales = np.sqrt(np.geomspace(1, 0.05, 8))
    gaussian, heavy = random.normal(size=(200_000, 8)), random.standard_t(6, (200_000, 8))
    metric = ordering.METRICS["frechet_distance"]
    moments = metric.statistics()
    moments.update(gaussian * scales)
    assumed = metric.floor(moments, 200_000)["frechet_distance"] * 100_000
    # Fourth moments of 200,000 Gaussian rows are good to a percent. Of Student's t with 6 degrees, whose kurtosis is 6
    # instead of 3, 40 draws give the mean with a standard error of 6%; the Gaussian form is 22% low.
    assert ordering.floor_by_fourth_moments(gaussian * scales) == pytest.approx(assumed, rel=0.01)
    measured = [metric(a, b) for a, b in (heavy * scales)[:160_000].reshape(40, 2, 2000, 8)]
    assert ordering.floor_by_fourth_moments(heavy * scales) * 2 / 2000 == pytest.approx(np.mean(measured), rel=0.08)


def test_rank_correlation(ordering):
    assert ordering.spearman([1, 2, 3, 4, 5, 6], [10, 20, 30, 40, 50, 60]) == pytest.approx(1)
    assert ordering.spearman([1, 2, 3, 4, 5, 6], [10, 20, 30, 40, 60, 50]) == pytest.approx(1 - 6 * 2 / 210)
    assert ordering.spearman([3, 1, 2, 4], [1, 3, 2, 4]) == pytest.approx(1 - 6 * 8 / 60)


def test_in_order_is_strict(ordering):
    assert ordering.in_order([1, 2, 3])
    assert not ordering.in_order([1, 1, 2])
    assert not ordering.in_order([1, 3, 2])


@pytest.mark.parametrize("data_set", classifier.SIZES)
def test_stored_table_is_of_the_committed_weights_and_in_order(ordering, stored, data_set):
    table, floors = stored["levels"][data_set], stored["floors"][data_set]
    assert table["weights_sha256"] == floors["weights_sha256"] == classifier.SHA256[data_set]
    assert table["draws"] >= 5
    assert table["blur"] == ordering.BLUR
    for key in METRICS:
        assert ordering.in_order([table[key]["levels"][level]["mean"] for level in ordering.LEVELS])
        low, high = table[key]["blurs_in_order"]
        assert low <= table["blur"] <= high


def test_stored_ranking_agrees_between_seeds(stored):
    ranking = stored["ranking"]
    assert ranking["weights_sha256"] == classifier.SHA256["fashion_mnist"]
    assert len(ranking["distances"]["committed"]["frechet_distance"]) == 6
    for key in METRICS:
        assert ranking["spearman"][key]["second seed"] >= 0.9
