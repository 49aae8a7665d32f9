import numpy as np
import pytest

from keras_gan.metrics.kernel_distance import ESTIMATORS, KernelDistance


def whole(estimator="unbiased", **arguments):
    return KernelDistance(subsets=None, estimator=estimator, **arguments)


def small_sets(fake_count=48):
    random = np.random.RandomState(0)
    return random.randn(64, 8), 1.2 * random.randn(fake_count, 8) + 0.3


def value(metric, real, fake):
    kept = [metric.statistics() for _ in range(2)]
    kept[0].update(real)
    kept[1].update(fake)
    return metric.value(*kept)["kernel_distance"]


def slow(real, fake, estimator, degree=3, gamma=None, coef0=1.0):
    """The definition, pair by pair."""
    gamma = gamma or 1 / real.shape[1]
    xx, yy, xy = ((gamma * (a @ b.T) + coef0) ** degree for a, b in ((fake, fake), (real, real), (fake, real)))
    m, n = len(fake), len(real)
    if estimator == "biased":
        return xx.mean() + yy.mean() - 2 * xy.mean()
    within = (xx.sum() - np.trace(xx)) / (m * (m - 1)) + (yy.sum() - np.trace(yy)) / (n * (n - 1))
    if estimator == "unbiased":
        return within - 2 * xy.mean()
    return within - 2 * (xy.sum() - np.trace(xy)) / (m * (m - 1))


def test_known_values():
    real, fake = small_sets()
    # 1e-11: the value is what 20 times larger sums leave.
    assert whole()(real, fake) == pytest.approx(0.15437571083034474, rel=1e-11)
    assert whole("biased")(real, fake) == pytest.approx(0.5726631331128433, rel=1e-11)


@pytest.mark.parametrize(
    ("most", "expected", "error"),
    [(50, 0.0110342893513, 0.0054663598), (512, 0.0076468698438, 0.0016202418), (1000, 0.0082669717268, None)],
)
def test_values_of_blocks_of_unequal_sizes(most, expected, error):
    random = np.random.RandomState(0)
    real = random.randn(512, 256).astype("float32")
    fake = (random.randn(768, 256) * 1.1 + 0.05).astype("float32")
    count = -(-768 // most)

    def blocks(samples):  # consecutive, the larger ones last
        small, larger = divmod(len(samples), count)
        return np.split(samples, np.cumsum([small] * (count - larger) + [small + 1] * larger)[:-1])

    values = [whole()(a, b) for a, b in zip(blocks(real), blocks(fake), strict=True)]
    # As many digits as were noted: values are small differences of sums near 1, of float32 features.
    assert np.mean(values) == pytest.approx(expected, rel=1e-8)
    if error:
        assert np.sqrt(np.var(values, ddof=1) / count) == pytest.approx(error, rel=1e-7)


def test_identical_sets():
    random = np.random.RandomState(0)
    features = random.randn(512, 256).astype("float32")
    assert whole()(features, features) == pytest.approx(-0.0272763322170, rel=1e-9)
    assert whole("u-statistic")(features, features) == 0
    assert whole("biased")(features, features) == pytest.approx(0, abs=1e-14)
    assert whole()(np.ones((4, 16)), np.ones((4, 16))) == 0


@pytest.mark.parametrize("width", [1, 5])
@pytest.mark.parametrize(("a", "b", "expected"), [(1, 2, 79), (1, 0, 7)])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_constant_rows(width, a, b, expected, estimator):
    found = whole(estimator)(np.full((6, width), a), np.full((6, width), b))
    assert found == pytest.approx(expected, rel=1e-12)


def test_shifted_gaussians_in_expectation():
    d, delta = 16, 0.5
    kxx, kxy = 1 + 3 / d, 1 + 3 * (delta**2 + 1) / d
    kyy = 1 + 3 * delta**2 + 3 * (delta**4 + (2 * delta**2 + 1) / d)
    kyy += delta**6 + (6 * delta**4 + 3 * delta**2) / d + 6 * delta**2 / d**2
    assert kxx + kyy - 2 * kxy == pytest.approx(1.029296875)
    random = np.random.default_rng(0)
    values = [whole()(random.normal(size=(400, d)), random.normal(size=(400, d)) + delta) for _ in range(30)]
    assert abs(np.mean(values) - 1.029296875) < 4 * np.std(values) / np.sqrt(30)
    assert np.std(values) < 0.2


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("arguments", [{}, {"degree": 1}, {"degree": 2, "gamma": 0.3, "coef0": 0.5}])
def test_tiles_and_settings_against_the_definition(monkeypatch, estimator, arguments):
    monkeypatch.setattr("keras_gan.metrics.kernel_distance.TILE", 10)
    real, fake = small_sets(fake_count=64)
    expected = slow(real, fake, estimator, **arguments)
    assert whole(estimator, **arguments)(real, fake) == pytest.approx(expected, rel=1e-11, abs=1e-14)
    if estimator != "u-statistic":
        expected = slow(real, fake[:37], estimator, **arguments)
        assert whole(estimator, **arguments)(real, fake[:37]) == pytest.approx(expected, rel=1e-11, abs=1e-14)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_subsets_are_drawn_fakes_first(estimator):
    real, fake = small_sets()
    random, values = np.random.RandomState(2020), []
    for _ in range(7):
        chosen = fake[random.choice(48, 20, replace=False)]
        values.append(slow(real[random.choice(64, 20, replace=False)], chosen, estimator))
    found = value(KernelDistance(subsets=7, subset_size=20, estimator=estimator), real, fake)
    assert found.value == pytest.approx(np.mean(values), rel=1e-11)
    assert found.deviation == pytest.approx(np.std(values), rel=1e-11)
    other = value(KernelDistance(subsets=7, subset_size=20, estimator=estimator, seed=1), real, fake)
    assert other.value != found.value


def test_subsets_and_all_samples_agree():
    random = np.random.default_rng(1)
    real, fake = random.normal(size=(1000, 8)), random.normal(size=(1000, 8)) + 0.3
    found = value(KernelDistance(subsets=60, subset_size=200), real, fake)
    everything = value(whole(), real, fake)
    assert abs(found.value - everything.value) < 4 * found.deviation / np.sqrt(60)
    assert everything.deviation is None


def test_metamorphic():
    real, fake = small_sets()
    random, expected = np.random.default_rng(2), whole()(real, fake)
    assert whole()(random.permutation(real), random.permutation(fake)) == pytest.approx(expected, rel=1e-11)
    assert whole()(fake, real) == pytest.approx(expected, rel=1e-11)
    turn = np.linalg.qr(random.normal(size=(8, 8)))[0]
    assert whole()(real @ turn, fake @ turn) == pytest.approx(expected, rel=1e-11)
    assert whole()(real.astype("float32"), fake.astype("float32")) == pytest.approx(expected, rel=1e-5)
    twice = whole("biased")(np.repeat(real, 2, axis=0), np.repeat(fake, 2, axis=0))
    assert twice == pytest.approx(whole("biased")(real, fake), rel=1e-11)


def test_float32_features_are_multiplied_in_float64():
    real, fake = (part.astype("float32") for part in small_sets())
    expected = whole()(real.astype("float64"), fake.astype("float64"))
    assert value(whole(), real, fake).value == pytest.approx(expected, rel=1e-12)


def test_streaming_equals_one_batch():
    real, fake = small_sets()
    metric = KernelDistance(subsets=3, subset_size=30)
    kept = [metric.statistics() for _ in range(3)]
    kept[0].update(real)
    for part in np.split(fake[:30], [1, 8]):
        kept[1].update(part)
    kept[2].update(fake[30:])
    kept[1].merge(kept[2])
    assert metric.value(*kept[:2])["kernel_distance"] == value(metric, real, fake)


def test_too_few():
    with pytest.raises(
        ValueError, match=r"at least 1000 reals and fakes. Received: 64 and 48. Lower `subset_size`, or use"
    ):
        KernelDistance()(*small_sets())
    with pytest.raises(ValueError, match=r"at least 2 reals and fakes. Received: 64 and 1\.$"):
        whole()(*small_sets(fake_count=1))
    with pytest.raises(ValueError, match=r"as many fakes as reals. Received: 64 reals, 48 fakes. Use"):
        whole("u-statistic")(*small_sets())


def test_wrong_features():
    real, fake = small_sets()
    with pytest.raises(ValueError, match=r"one width. Received: shapes \(64, 8\) and \(48, 7\)"):
        whole()(real, fake[:, :7])
    with pytest.raises(ValueError, match=r"one width. Received: shapes \(64, 8\) and \(48,\)"):
        value(whole(), real, fake[:, 0])
    fake[3, 3] = np.nan
    with pytest.raises(ValueError, match=r"must be finite.*the first at 3"):
        whole()(real, fake)
    with pytest.raises(ValueError, match=r"must be finite.*the first at 3"):
        value(whole(), real, fake)


def test_arguments():
    metric = KernelDistance(5, 30, "biased", 2, 0.5, 0.0, 3)
    again = KernelDistance.from_config(metric.get_config())
    assert again.get_config() == metric.get_config()
    assert list(metric.get_config().values()) == [5, 30, "biased", 2, 0.5, 0.0, 3]
    assert again(*small_sets()) == metric(*small_sets())
    for arguments, text in [
        ({"estimator": "best"}, "`estimator` must be one of .*Received: estimator='best'"),
        ({"subsets": 0}, "`subsets` must be a whole number >= 1. Received: subsets=0"),
        ({"subset_size": 1}, "`subset_size` must be a whole number >= 2. Received: subset_size=1"),
        ({"degree": 1.5}, "`degree` must be a whole number >= 1. Received: degree=1.5"),
    ]:
        with pytest.raises(ValueError, match=text):
            KernelDistance(**arguments)
