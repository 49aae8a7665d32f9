import importlib.util
import os
import pathlib

import numpy as np
import pytest
from PIL import Image

from keras_gan.data import optional

SHARED = pathlib.Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture(params=["tf.data", "PyDataset"])
def either(request, monkeypatch):
    """Runs a test twice: with TensorFlow, and as where it is not installed."""
    if request.param == "tf.data" and importlib.util.find_spec("tensorflow") is None:
        pytest.skip("needs TensorFlow")
    monkeypatch.setattr(optional, "has_tensorflow", lambda: request.param == "tf.data")
    return request.param


@pytest.fixture
def real_file():
    """Function of the name of a file of real data -> its path; skips the test where it is not there."""

    def find(name):
        path = pathlib.Path(os.environ.get("KERAS_GAN_TEST_DATA", SHARED)) / name
        if not path.is_file():
            pytest.skip(f"needs {name} in KERAS_GAN_TEST_DATA")
        return path

    return find


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


@pytest.fixture
def numpy():
    """All batches of one pass over a data set, as dicts of NumPy arrays."""
    return lambda dataset: [{name: np.asarray(value) for name, value in batch.items()} for batch in dataset]
