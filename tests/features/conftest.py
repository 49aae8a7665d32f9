import pytest

from keras_gan.features.random_network import RandomInceptionFeatures


@pytest.fixture(scope="session")
def random_inception():
    """The extractor of the golden file: Inception with the random weights of seed 0."""
    return RandomInceptionFeatures(seed=0)
