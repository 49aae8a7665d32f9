import numpy as np
import pytest

from keras_gan import health


@pytest.fixture
def reals():
    return np.random.default_rng(0).integers(0, 256, (100, 4, 4, 1)).astype("uint8")


@pytest.fixture
def fakes():
    return np.random.default_rng(1).integers(0, 256, (100, 4, 4, 1)).astype("uint8")


@pytest.fixture
def moment(reals, fakes):
    """A moment of a game in which nothing is wrong."""
    random = np.random.default_rng(2)
    norms = {"discriminator": 2.0, "generator": 1.0}
    logits = random.normal(0.5, 1.0, (100, 1)), random.normal(-0.5, 1.0, (100, 1))
    return health.Moment(reals, fakes, None, None, {"image": logits}, norms, [dict(norms)] * 3, [])


def bad(moment):
    return [verdict.check for verdict in health.verdicts(moment) if verdict.bad]


def only(moment, check):
    return next(verdict for verdict in health.verdicts(moment) if verdict.check == check)


def test_nothing_wrong(moment):
    assert bad(moment) == []
    assert [v.check for v in health.verdicts(moment)] == ["finite", "diversity", "balance", "gradients", "memorization"]


def test_what_is_not_finite_ends_the_examination(moment):
    (verdict,) = health.verdicts(moment._replace(bad=["generator_loss"]))
    assert verdict.bad
    assert verdict.text == "not finite: generator_loss"


def test_diversity_is_the_ratio_of_mean_distances(moment, reals):
    grey = np.full_like(reals, 128)
    toward_grey = (grey + 0.25 * (reals.astype(float) - 128)).astype("uint8")
    verdict = only(moment._replace(fake=toward_grey), "diversity")
    assert verdict.bad
    assert verdict.text.startswith("mode collapse: ")
    distance = [
        np.sqrt(np.mean([np.sum((a.astype(float) - b) ** 2) for i, a in enumerate(x) for b in x[:i]]))
        for x in (toward_grey, reals)
    ]
    assert verdict.values["diversity_pixels"] == pytest.approx(distance[0] / distance[1], rel=0.02)


def test_two_pictures_only_are_a_collapse_though_they_lie_far_apart(moment, reals):
    two = np.concatenate([np.zeros_like(reals[:50]), np.full_like(reals[:50], 255)])
    verdict = only(moment._replace(fake=two), "diversity")
    assert verdict.values["diversity_pixels"] > 0.7
    assert verdict.values["duplicates"] == 1.0
    assert verdict.bad


def test_diversity_in_features_counts_too(moment):
    random = np.random.default_rng(3)
    features = {"real_features": random.normal(size=(100, 5)), "fake_features": 0.1 * random.normal(size=(100, 5))}
    verdict = only(moment._replace(**features), "diversity")
    assert verdict.bad
    assert verdict.values["diversity_features"] == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize(
    ("real", "fake", "auc", "words"),
    [
        (np.arange(10.0) + 100, np.arange(10.0), 1.0, "the discriminator wins"),
        (np.arange(10.0), np.arange(10.0) + 100, 0.0, "the discriminator loses"),
        (np.full(10, 3.0), np.full(10, 3.0), 0.5, "the discriminator is dead"),
        (np.array([1.0, 3.0]), np.array([2.0, 0.0]), 0.75, "the discriminator tells"),
    ],
)
def test_balance_by_hand(moment, real, fake, auc, words):
    verdict = only(moment._replace(logits={"image": (real[:, None], fake[:, None])}), "balance")
    assert verdict.values["auc"] == auc
    assert verdict.text.startswith(words)
    assert verdict.bad == (words != "the discriminator tells")


def test_patch_logits_are_averaged(moment):
    real, fake = np.array([[[0.0, 4.0]], [[1.0, 3.0]]]), np.array([[[5.0, -9.0]], [[1.0, 2.0]]])
    verdict = only(moment._replace(logits={"image": (real, fake)}), "balance")
    assert verdict.values["auc"] == 1.0
    assert "margin of 2.2" in verdict.text or "margin of 2.3" in verdict.text  # 2 - (-0.25)


@pytest.mark.parametrize(
    ("norms", "words"),
    [
        ({"discriminator": 2.0, "generator": 1e-9}, "that of the generator vanishes (1.0e-09)"),
        (
            {"discriminator": 200.0, "generator": 1.0},
            "that of the discriminator explodes (2e+02, its median so far 2)",
        ),
        ({"discriminator": 2.0, "generator": float("inf")}, "that of the generator is not finite"),
    ],
)
def test_gradients(moment, norms, words):
    verdict = only(moment._replace(gradients=norms), "gradients")
    assert verdict.bad
    assert words in verdict.text


def test_a_gradient_that_comes_back_from_nothing(moment):
    dead = [{"discriminator": 2.0, "generator": 0.0}] * 3
    verdict = only(moment._replace(past=dead), "gradients")
    assert verdict.text == "gradients: that of the generator explodes (1, its median so far 0)"


def test_first_look_knows_no_usual_gradient(moment):
    assert not only(moment._replace(past=[], gradients={"generator": 1e6}), "gradients").bad


def test_copied_images(moment, reals):
    assert only(moment._replace(fake=reals[::-1]), "memorization").values == {"copied": 1.0}
    half = np.concatenate([reals[:40], moment.fake[:60]])
    verdict = only(moment._replace(fake=half), "memorization")
    assert 0.4 <= verdict.values["copied"] < 0.5
    assert not verdict.bad
    assert only(moment._replace(fake=reals), "memorization").text.startswith("training images are copied: ")
