import numpy as np
import pytest

from keras_gan.metrics.monge_distance import MongeDistance
from keras_gan.metrics.sliced_wasserstein import sliced_wasserstein


def test_shifted_gaussians_in_expectation():
    random = np.random.default_rng(0)
    for shift in (1.0, 3.0):
        real, fake = random.normal(size=(500, 64)), random.normal(size=(700, 64)) + shift
        # 1000 directions leave 4.5% of noise.
        assert MongeDistance()(real, fake) == pytest.approx(3 * 64 * shift**2, rel=0.14)


def test_against_the_sliced_distance():
    random = np.random.default_rng(1)
    real, fake = random.normal(size=(40, 5)), 2 * random.normal(size=(30, 5))
    metric = MongeDistance(directions=20, seed=7)
    assert metric(real, fake) == pytest.approx(3 * 5 * sliced_wasserstein(real, fake, 20, 7) ** 2, rel=1e-12)
    assert metric(fake, real) == pytest.approx(metric(real, fake), rel=1e-12)
    assert metric(real, random.permutation(fake)) == pytest.approx(metric(real, fake), rel=1e-12)
    assert metric(real, real) == 0
    assert metric(real.astype("float32"), fake.astype("float32")) == pytest.approx(metric(real, fake), rel=1e-5)


def test_streaming_equals_one_batch():
    features = np.random.default_rng(2).normal(size=(40, 5))
    metric = MongeDistance(directions=20)
    kept = [metric.statistics() for _ in range(2)]
    kept[0].update(features[:25])
    for part in np.split(features[25:], [1, 8]):
        kept[1].update(part)
    assert metric.value(*kept)["monge_distance"].value == metric(features[:25], features[25:])


def test_errors_and_config():
    assert MongeDistance.from_config(MongeDistance(5, 6).get_config()).get_config() == {"directions": 5, "seed": 6}
    with pytest.raises(ValueError, match=r"`directions` must be a whole number >= 1. Received: directions=0"):
        MongeDistance(0)
    with pytest.raises(ValueError, match=r"one width. Received: widths 3 and 4"):
        MongeDistance()(np.ones((5, 3)), np.ones((5, 4)))
    with pytest.raises(ValueError, match="must be finite"):
        MongeDistance()(np.ones((5, 3)), np.full((5, 3), np.inf))
    with pytest.raises(ValueError, match="At least one sample is needed"):
        MongeDistance()(np.ones((5, 3)), np.ones((0, 3)))
