import numpy as np
import pytest

from keras_gan.media import pictures, to_uint8


def test_levels_are_rounded_half_up_and_clipped():
    x = np.array([-2.0, -1.0, -0.999, 0.0, 1 / 255, 1.0, 3.0], "float32")
    expected = np.clip(np.floor(127.5 * (x.astype("float64") + 1) + 0.5), 0, 255)
    np.testing.assert_array_equal(to_uint8(x), expected)
    assert to_uint8(x).dtype == "uint8"


def test_every_level_survives_the_round_trip():
    levels = np.arange(256, dtype="uint8")
    np.testing.assert_array_equal(to_uint8(levels / np.float32(127.5) - 1), levels)


def test_grid_places_images_row_by_row():
    images = np.arange(5, dtype="uint8")[:, None, None, None] * np.ones((1, 40, 40, 3), "uint8")
    sheet = pictures.grid(images, columns=3, gap=1, smallest=40)
    assert sheet.shape == (2 * 41 + 1, 3 * 41 + 1, 3)
    assert [sheet[20, 20 + 41 * i, 0] for i in range(3)] == [0, 1, 2]
    assert [sheet[61, 20 + 41 * i, 0] for i in range(3)] == [3, 4, 255]  # the last place stays white


def test_small_images_are_enlarged():
    assert pictures.grid(np.zeros((4, 8, 8, 1), "uint8"), gap=0).shape == (128, 128, 1)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_pillow_modes(channels, mode):
    assert pictures.to_pillow(np.zeros((5, 6, channels), "uint8")).mode == mode
