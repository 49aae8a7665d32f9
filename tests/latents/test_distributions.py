import numpy as np
import pytest
from scipy import stats

from keras_gan.latents.distributions import fixed_latents, truncated


@pytest.mark.parametrize("threshold", [0.3, 1.0, 2.5])
def test_truncated_latents_are_of_the_truncated_normal_distribution(threshold):
    found = truncated(fixed_latents(20_000, (1,), seed=0), threshold).ravel()
    assert np.abs(found).max() <= threshold
    assert stats.kstest(found, stats.truncnorm(-threshold, threshold).cdf).pvalue > 0.01


def test_each_latent_keeps_its_quantile():
    latents = np.asarray([[-6.0, -1.0, -0.0, 0.5, 1.0, 6.0]], "float32")
    expected = stats.truncnorm.ppf(stats.norm.cdf(latents.astype("d")), -2, 2)
    np.testing.assert_allclose(truncated(latents, 2.0), expected, atol=1e-6)
    np.testing.assert_array_equal(truncated(latents, 40.0), latents)
    np.testing.assert_array_equal(truncated(latents, float("inf")), latents)


def test_uniform_latents_are_scaled():
    latents = fixed_latents(5, (3,), "uniform", seed=0)
    np.testing.assert_allclose(truncated(latents, 0.25, "uniform"), latents / 4)
    np.testing.assert_array_equal(truncated(latents, 3, "uniform"), latents)


@pytest.mark.parametrize("threshold", [0, -1.0, float("nan")])
def test_a_threshold_is_positive(threshold):
    with pytest.raises(ValueError, match="`truncation` must be positive"):
        truncated(np.zeros((1, 2)), threshold)
