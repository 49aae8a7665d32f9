import json
import warnings

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import evaluation, metrics
from keras_gan.evaluation.evaluation import batches_of
from keras_gan.evaluation.real_statistics import content
from keras_gan.features import Extractor
from keras_gan.metrics.score import Score


class Pixels(Extractor):
    """Two features of an image (mean and corner), and logits of two classes; counts the images that it sees."""

    name = "pixels"
    weights_sha256 = "0" * 64
    score_names = {"frechet_distance": "FPD"}

    def __init__(self):
        self.seen = 0

    def __call__(self, images):
        self.seen += len(images)
        mean, corner = images.mean(axis=(1, 2, 3)) / 255, images[:, 0, 0, 0] / 255
        features = np.stack([mean, corner], axis=1).astype("float32")
        return {"features": features, "logits": features}


@pytest.fixture
def reals():
    return np.random.default_rng(0).integers(0, 256, (60, 4, 4, 1), dtype="uint8")


@pytest.fixture
def fakes():
    return np.random.default_rng(1).integers(0, 200, (40, 4, 4, 1), dtype="uint8")


def test_a_score_is_the_metric_on_the_features_and_carries_its_protocol(reals, fakes):
    extractor = Pixels()
    made = evaluation.Evaluation(reals, extractor, [metrics.FrechetDistance()], reals[:30], {"data": "noise"})
    (score,) = made.scores(fakes, seeds={"latents": 5})
    features = [extractor(images)["features"] for images in (reals, fakes, reals[:30])]
    np.testing.assert_allclose(score.value, metrics.frechet_distance(features[0], features[1]), rtol=1e-9)
    np.testing.assert_allclose(score.real_floor, metrics.frechet_distance(features[0], features[2]), rtol=1e-9)
    assert score.expected_floor > 0
    assert (score.name, score.higher_is_better, score.seeds) == ("FPD", False, {"latents": 5})
    wanted = {"data": "noise", "metric": "frechet_distance", "extractor": "pixels", "weights_sha256": "0" * 64}
    wanted |= {"ddof": 1, "n_real": 60, "n_fake": 40, "n_held_out": 30, "quantisation": "floor(127.5 * (x + 1) + 0.5)"}
    assert score.protocol == wanted
    assert set(score.versions) == {"keras_gan", "keras", keras.backend.backend(), "numpy", "python"}


def test_scores_survive_json_and_refuse_another_protocol(reals, fakes):
    made = evaluation.Evaluation(reals, Pixels(), [metrics.DensityCoverage(k=3)])
    scores = made.scores(fakes)
    for score in scores:
        again = Score.from_json(score.to_json())
        assert again == score
        assert again - score == 0
    fewer = made.scores(fakes[:20])
    with pytest.raises(ValueError, match=r"compare only under one protocol. Received: n_fake 40 and 20"):
        scores[0].better_than(fewer[0])


def test_one_pass_serves_all_metrics_and_reals_are_measured_once(reals, fakes):
    extractor = Pixels()
    several = [metrics.FrechetDistance(), metrics.PrecisionRecall(), metrics.DensityCoverage(), metrics.Memorization()]
    made = evaluation.Evaluation(reals, extractor, [*several, metrics.ClassifierScore(splits=2)])
    first = made.scores(fakes)
    assert extractor.seen == 100
    second = made.scores(fakes)
    assert extractor.seen == 140
    assert [score.value for score in first] == [score.value for score in second]
    names = ["FPD", "precision (pixels)", "recall (pixels)", "density (pixels)", "coverage (pixels)"]
    names += ["precision_prdc (pixels)", "recall_prdc (pixels)", "copied_share (pixels)", "copying_z (pixels)"]
    assert [score.name for score in first] == [*names, "classifier_score (pixels)"]


def test_held_out_reals_are_measured_once(reals, fakes, monkeypatch):
    made = evaluation.Evaluation(reals, Pixels(), [metrics.FrechetDistance()], reals[:30])
    calls, value = [], metrics.FrechetDistance.value
    monkeypatch.setattr(metrics.FrechetDistance, "value", lambda *given: calls.append(1) or value(*given))
    floors = [made.scores(fakes[:count])[0].real_floor for count in (40, 20, 10)]
    assert len(calls) == 4  # three times fakes, once the held-out reals
    assert len(set(floors)) == 1


def test_batches_do_not_matter(reals, fakes):
    several = [metrics.FrechetDistance(), metrics.DensityCoverage()]
    whole = evaluation.Evaluation(reals, Pixels(), several).scores(fakes)
    floats = [fakes[i : i + 7].astype("float32") / np.float32(127.5) - 1 for i in range(0, 40, 7)]
    parts = evaluation.Evaluation([reals[:1], reals[1:]], Pixels(), several).scores(floats)
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_allclose(a.value, b.value, rtol=1e-10)


def test_data_sets_and_gans_are_measured(reals):
    real = kg.data.images(reals, shuffle=False, drop_remainder=False, batch_size=16)
    np.testing.assert_array_equal(np.concatenate([batch["image"] for batch in batches_of(real)]), reals)
    gan = kg.GAN(kg.networks.MLPGenerator((4, 4, 1), 3, (8,)), kg.networks.MLPDiscriminator((4, 4, 1), (8,)))
    made = evaluation.Evaluation(real, Pixels(), [metrics.FrechetDistance()])
    scores = [made.scores(evaluation.generated(gan, 20, seed=2, batch_size=size))[0] for size in (3, 20)]
    assert scores[0].value == pytest.approx(scores[1].value, rel=1e-6)
    direct = made.scores(gan.sample(20, seed=2))[0]
    assert direct.value == pytest.approx(scores[1].value, rel=1e-6)


def test_statistics_of_reals_are_kept_by_content_and_extractor(reals, fakes, tmp_path):
    def seen(images, extractor, several):
        made = evaluation.Evaluation(images, extractor, several, cache=tmp_path)
        scores = made.scores(fakes)
        return extractor.seen - 40, [score.value for score in scores]

    several = [metrics.FrechetDistance(), metrics.DensityCoverage()]
    first, values = seen(reals, Pixels(), several)
    again, same = seen([reals[:10], reals[10:]], Pixels(), several)
    assert (first, again) == (60, 0)
    assert values == same
    changed = reals.copy()
    changed[0, 0, 0, 0] ^= 1
    assert seen(changed, Pixels(), several)[0] == 60
    other = Pixels()
    other.weights_sha256 = "1" * 64
    assert seen(reals, other, several)[0] == 60


def test_a_damaged_cache_file_is_made_again(reals, fakes, tmp_path):
    made = lambda: evaluation.Evaluation(reals, Pixels(), [metrics.FrechetDistance()], cache=tmp_path)  # noqa: E731
    value = made().scores(fakes)[0].value
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    with pytest.warns(UserWarning, match="could not be read and are made again"):
        assert made().scores(fakes)[0].value == value
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert made().scores(fakes)[0].value == value


def test_distances_among_the_reals_are_kept_too(reals, fakes, tmp_path):
    evaluation.Evaluation(reals, Pixels(), [metrics.DensityCoverage()], cache=tmp_path).scores(fakes)
    (file,) = tmp_path.iterdir()
    with np.load(file) as stored:
        assert stored["nearest"].shape == (60, 5)


def test_content_is_that_of_the_images_alone(reals):
    assert content(batches_of(reals)) == content(batches_of([reals[:7], reals[7:]]))
    assert content(batches_of(reals)) != content(batches_of(reals.reshape(60, 2, 8, 1)))
    assert content(batches_of(reals)) != content(batches_of(reals[::-1]))


def test_errors(reals, fakes):
    with pytest.raises(ValueError, match=r"needs at least one metric. Received: none"):
        evaluation.Evaluation(reals, Pixels(), [])
    with pytest.raises(ValueError, match=r"frechet_distance need an `extractor`. Received: extractor=None"):
        evaluation.Evaluation(reals, None, [metrics.FrechetDistance()])
    made = evaluation.Evaluation(reals, Pixels(), [metrics.FrechetDistance()])
    with pytest.raises(ValueError, match=r"At least one image is needed. Received: none among the samples"):
        made.scores(fakes[:0])
    with pytest.raises(ValueError, match=r"A metric needs label of the samples. Received: features, image, logits"):
        evaluation.Evaluation(reals, Pixels(), [metrics.LabelAccuracy()]).scores(fakes)
    with pytest.raises(ValueError, match=r"`count` must be a whole number >= 1. Received: count=0"):
        list(evaluation.generated(None, 0))


def test_one_metric_that_cannot_be_measured_loses_no_other(reals, fakes):
    made = evaluation.Evaluation(reals, Pixels(), [metrics.KernelDistance(), metrics.FrechetDistance()])
    with pytest.raises(ValueError, match="at least 1000 reals and fakes"):
        made.scores(fakes)
    with pytest.warns(UserWarning, match=r"Not measured: A kernel distance needs at least 1000 reals and fakes"):
        (score,) = made.scores(fakes, skip=True)
    assert score.name == "FPD"
    with pytest.raises(ValueError, match="at least 1000 reals and fakes"):
        evaluation.Evaluation(reals, Pixels(), [metrics.KernelDistance()]).scores(fakes, skip=True)


class Broken(Pixels):
    """Gives NaN for one image, as a diverged generator's do."""

    def __call__(self, images):
        outputs = super().__call__(images)
        outputs["features"][3] = np.nan
        return outputs


def test_features_that_are_not_finite_are_told(reals, fakes):
    made = evaluation.Evaluation(reals, Broken(), [metrics.FrechetDistance()])
    with pytest.raises(ValueError, match=r"Features must be finite.*in 1 of 40 samples, the first at 3"):
        made.scores(fakes)


@pytest.mark.parametrize("kind", ["saved_model", "versions", "onnx"])
def test_exported_generators_draw_what_the_gan_draws(kind, tmp_path):
    gan = kg.GAN(
        kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)), latent="uniform"
    )
    if kind == "onnx":
        path = kg.exporting.to_onnx(gan, tmp_path / "generator.onnx")
    else:
        path = kg.exporting.to_saved_model(gan, tmp_path / "saved_model")
        path = path.parent if kind == "versions" else path
    generator = evaluation.open_generator(path)
    latent = generator.inputs["latent"]
    assert (latent.shape, latent.distribution, generator.output_shapes()) == ((4,), "uniform", {"image": (8, 8, 1)})
    drawn = np.concatenate([batch["image"] for batch in evaluation.generated(generator, 10, seed=3, batch_size=4)])
    assert np.abs(drawn.astype(int) - gan.sample(10, seed=3)).max() <= 1


def test_an_export_that_does_not_say_how_to_draw_is_refused(tmp_path):
    gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
    path = kg.exporting.to_saved_model(gan, tmp_path / "saved_model")
    about = path / "assets.extra" / "keras_gan.json"
    assert json.loads(about.read_text())["latent_distribution"] == "normal"
    about.write_text("{}")
    with pytest.raises(ValueError, match=r"must say what latents it takes. Received: .*saved_model"):
        evaluation.open_generator(tmp_path / "saved_model")


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="`saved_model` must be a folder written by to_saved_model"):
        evaluation.open_generator(tmp_path)


def test_images_may_have_another_name(reals, fakes):
    plain = evaluation.Evaluation(reals, Pixels(), [metrics.FrechetDistance()]).scores(fakes)
    made = evaluation.Evaluation({"b": reals, "a": 0 * reals}, Pixels(), [metrics.FrechetDistance()], column="b")
    assert made.scores([{"b": fakes}])[0].value == plain[0].value
    with pytest.raises(ValueError, match=r"must hold images as 'b'. Received: image. Say what they are called"):
        made.scores([{"image": fakes}])


def test_what_is_no_image_is_refused(reals):
    made = evaluation.Evaluation(reals, Pixels(), [metrics.FrechetDistance()], column="sound")
    with pytest.raises(ValueError, match=r"Only images can be measured.*Received: 'sound' with int16 \(4, 100\)"):
        made.scores([{"sound": np.zeros((4, 100), "int16")}])
