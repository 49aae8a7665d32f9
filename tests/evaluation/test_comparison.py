import numpy as np
import pytest

from keras_gan import evaluation, metrics
from keras_gan.evaluation.comparison import compare
from keras_gan.features import Extractor


class Corners(Extractor):
    """Features: the first two pixels, twice as large. Logits: one class per 32 grey levels of the first."""

    name = "corners"
    weights_sha256 = "0" * 64
    classes = 8

    def __init__(self):
        self.seen = 0

    def __call__(self, images):
        self.seen += len(images)
        codes = 2 * images[:, 0, :2, 0].astype("float32")
        return {"features": codes, "logits": np.eye(self.classes, dtype="float32")[images[:, 0, 0, 0] // 32]}


@pytest.fixture
def reals():
    return np.random.default_rng(0).integers(0, 256, (300, 4, 4, 1), dtype="uint8")


@pytest.fixture
def samples():
    return np.random.default_rng(1).integers(0, 256, (40, 4, 4, 1), dtype="uint8")


def made(reals, extractor, metric=None, **arguments):
    return evaluation.Evaluation(
        reals, extractor, [metric or metrics.FrechetDistance()], arguments.pop("held_out", None), **arguments
    )


def brute_force(samples, reals, scale=1.0):
    a, b = (images[:, 0, :2, 0].astype("float64") * scale for images in (samples, reals))
    distances = np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=-1))
    order = np.argsort(distances, axis=1, kind="stable")[:, :5]
    return order, np.take_along_axis(distances, order, axis=1)


# A Fréchet distance keeps moments, from which no neighbour can be told; precision and recall keep the features.
@pytest.mark.parametrize("metric", [metrics.FrechetDistance(), metrics.PrecisionRecall()])
def test_neighbours_are_those_of_brute_force_however_the_reals_come(reals, samples, metric):
    order, distances = brute_force(samples[:12], reals, scale=2)
    for batches in (reals, [reals[:2], reals[2:5], reals[5:]]):
        compared = compare(samples, made(batches, Corners(), metric))
        np.testing.assert_allclose(compared.distances, distances, rtol=1e-12)
        codes = compared.neighbours[:, :, 0, :2, 0]  # of equally near reals any may be shown
        np.testing.assert_allclose(
            np.sqrt(((2.0 * codes - 2.0 * samples[:12, None, 0, :2, 0]) ** 2).sum(axis=-1)), distances, rtol=1e-12
        )
    np.testing.assert_array_equal(compared.neighbours[:, 0], reals[order[:, 0]])


def test_copies_are_found(reals):
    compared = compare(reals[250:262], made(reals, Corners()))
    np.testing.assert_array_equal(compared.neighbours[:, 0], reals[250:262])
    np.testing.assert_array_equal(compared.distances[:, 0], 0)


def test_kept_features_of_the_reals_are_not_extracted_again(reals, samples):
    seen = {}
    for metric in (metrics.FrechetDistance(), metrics.PrecisionRecall()):
        extractor = Corners()
        extractor.classes = 30  # too many to be shown
        evaluated = made(reals, extractor, metric)
        evaluated.scores(samples)
        before = extractor.seen
        compare(samples, evaluated)
        seen[metric.name] = extractor.seen - before
    assert seen == {"frechet_distance": 312, "precision_recall": 12}


def test_without_an_extractor_pixels_are_compared(reals, samples):
    evaluated = made(reals, None, metrics.SlicedWasserstein())
    compared = compare(samples, evaluated)
    squares = ((samples[:12, None].astype(float) - reals[None]) ** 2).mean(axis=(2, 3, 4))
    np.testing.assert_allclose(compared.distances, np.sqrt(np.sort(squares, axis=1)[:, :5]), rtol=1e-12)
    np.testing.assert_array_equal(compared.neighbours[:, 0], reals[squares.argmin(axis=1)])
    assert compared.classes is None
    assert compared.held_out_distance is None
    with pytest.raises(ValueError, match=r"one width. Received: widths 12 and 16"):
        compare(samples, made(reals[:, :3], None, metrics.SlicedWasserstein()))


def test_few_images(reals):
    compared = compare(reals[:2], made(reals[:3], Corners()))
    assert compared.distances.shape == (2, 3)
    assert compared.reals.shape == (3, 4, 4, 1)


def test_reals_that_are_shown_are_drawn_from_all(reals, samples):
    reals = np.sort(reals, axis=0)
    compared = compare(samples, made(reals, None, metrics.SlicedWasserstein()))
    places = [np.flatnonzero((reals == image).all(axis=(1, 2, 3)))[0] for image in compared.reals]
    assert len(set(places)) == 64
    assert np.histogram(places[:32], bins=3, range=(0, 300))[0].min() >= 4


def test_held_out_reals_give_a_distance_to_compare_with(reals, samples):
    held_out = np.random.default_rng(2).integers(0, 256, (150, 4, 4, 1), dtype="uint8")
    compared = compare(samples, made(reals, Corners(), metrics.PrecisionRecall(), held_out=held_out))
    expected = np.median(brute_force(held_out, reals, scale=2)[1][:, 0])
    np.testing.assert_allclose(compared.held_out_distance, expected, rtol=1e-12)
    assert compare(samples, made(reals, Corners(), metrics.PrecisionRecall())).held_out_distance is None
    assert compare(samples, made(reals, Corners(), held_out=held_out)).held_out_distance is None


def test_classes_by_the_classifier(reals, samples):
    samples[:, 0, 0, 0] = np.repeat([0, 40, 230], [10, 20, 10])
    reals[reals[:, 0, 0, 0] >= 192, 0, 0, 0] = 0  # no 6 and no 7
    classes = compare(samples, made(reals, Corners())).classes
    of_samples, of_reals = classes.shares()
    np.testing.assert_allclose(of_samples, [0.25, 0.5, 0, 0, 0, 0, 0, 0.25])
    assert len(classes.of_reals) == 40
    assert of_reals.sum() == pytest.approx(1)
    assert of_reals[6] == of_reals[7] == 0
    assert classes.missing() == ["2", "3", "4", "5"]


@pytest.mark.parametrize(("classes", "shown"), [(20, True), (21, False)])
def test_many_classes_are_not_shown(reals, samples, classes, shown):
    extractor = Corners()
    extractor.classes = classes
    assert (compare(samples, made(reals, extractor)).classes is not None) == shown


def test_names_of_classes_are_those_of_the_extractors_data(reals, samples):
    extractor = Corners()
    extractor.classes, extractor.data_set = 10, "fashion_mnist"
    assert compare(samples, made(reals, extractor)).classes.names[:2] == ["T-shirt/top", "Trouser"]
    extractor.classes = 8
    assert compare(samples, made(reals, extractor)).classes.names == list("01234567")


def test_progress_is_told(reals, samples):
    told = []
    evaluated = made(reals, Corners(), progress=lambda stage, done: told.append((stage, done)))
    evaluated.scores(samples)
    told.clear()
    compare(samples, evaluated)
    assert told == [("page", 256), ("page", 300)]
