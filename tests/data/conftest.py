import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """Where named data sets are prepared, once for all tests."""
    return str(tmp_path_factory.mktemp("data"))


@pytest.fixture
def ramp():
    """Makes (count, height, width, channels) uint8 images, each of another grey, so that they can be told apart."""

    def make(count, height=4, width=6, channels=1):
        values = np.arange(count, dtype="uint8") * (255 // max(1, count))
        return np.broadcast_to(values[:, None, None, None], (count, height, width, channels)).copy()

    return make


@pytest.fixture
def folder(tmp_path):
    """Writes {relative name: Pillow image or bytes} and returns the folder."""

    def write(files, name="pictures"):
        for file, content in files.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Image.Image):
                content.save(path)
            else:
                path.write_bytes(content)
        return tmp_path / name

    return write


@pytest.fixture
def stack():
    """All images of one pass over a data set, as one array."""
    return lambda dataset: np.concatenate([batch["image"] for batch in dataset.as_numpy_iterator()])
