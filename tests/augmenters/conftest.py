import numpy as np
import pytest


@pytest.fixture
def make_images():
    """Function that makes smooth random images in [-1, 1], float32."""

    def make(count=3, height=12, width=12, channels=3, seed=0):
        random = np.random.default_rng(seed)
        y, x = np.linspace(0, 3, height)[:, None, None], np.linspace(0, 3, width)[None, :, None]
        waves = [
            np.cos(y * random.normal(size=channels) + x * random.normal(size=channels) + random.normal(size=channels))
            for _ in range(count)
        ]
        return (0.9 * np.stack(waves) + random.uniform(-0.1, 0.1, (count, height, width, channels))).astype("float32")

    return make
