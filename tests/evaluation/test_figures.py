import io

import numpy as np
import pytest
from PIL import Image

from keras_gan.evaluation import figures
from keras_gan.media import pictures


def opened(png):
    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_sheet_is_the_grid(channels):
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 6, channels), dtype="uint8")
    expected = pictures.grid(images, 3, 2, 24)
    np.testing.assert_array_equal(opened(figures.sheet(images, 3, 24)).reshape(expected.shape), expected)
    assert opened(figures.sheet(images, 9, 24)).shape[1] == 5 * 26 + 2  # no empty places beside too few images


@pytest.mark.parametrize("channels", [1, 3])
def test_large_images_become_means(channels):
    images = np.random.default_rng(0).integers(0, 256, (2, 192, 96, channels), dtype="uint8")
    means = images.reshape(2, 96, 2, 48, 2, channels).mean(axis=(2, 4))
    result = figures.reduced(images)
    assert result.dtype == np.uint8
    assert np.abs(result - means).max() <= 0.5 + 1e-9
    np.testing.assert_array_equal(figures.reduced(images[:, :96]), images[:, :96])


LOG = """epoch,generator_loss,fake_probability,val_generator_loss,val_frechet_distance
0,2.5,0.25,NA,9.0
1,nan,0.5,NA,NA
2,1.5,0.5,NA,4.0
3,1.0
"""


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    return path


def test_a_log_is_read(log):
    assert figures.read_log(log) == {
        "generator_loss": ([1, 3, 4], [2.5, 1.5, 1.0]),
        "fake_probability": ([1, 2, 3], [0.25, 0.5, 0.5]),
        "val_frechet_distance": ([1, 3], [9.0, 4.0]),
    }


@pytest.mark.parametrize("text", ["", "epoch,loss\n", "epoch,loss\n0,NA\n"])
def test_a_log_without_numbers_has_no_curves(log, text):
    log.write_text(text)
    assert figures.read_log(log) == {}


def test_scores_have_a_scale_of_their_own(log, monkeypatch):
    from matplotlib.figure import Figure

    drawn = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda self, *a, **k: (drawn.append(self), save(self, *a, **k))[1])
    logged = figures.read_log(log) | {"val_coverage": ([1], [0.5]), "val_generator_loss": ([1], [2.0])}
    png = figures.curves(logged)
    panels = {axis.get_title(): [line.get_label() for line in axis.lines] for axis in drawn[0].axes if axis.lines}
    assert panels == {
        "losses": ["generator loss", "val generator loss"],
        "mean probability of being real": ["fake probability"],
        "val frechet distance": ["val frechet distance"],
        "val coverage": ["val coverage"],
    }
    lines = {line.get_label(): line.get_xydata().tolist() for axis in drawn[0].axes for line in axis.lines}
    assert lines["val frechet distance"] == [[1, 9], [3, 4]]
    assert opened(png).ndim == 3
    assert b"http" not in png
