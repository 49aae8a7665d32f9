import keras
import numpy as np
import pytest
from scipy import stats

from keras_gan.augmenters import DiffAugment


def slow(image, drawn, cutout=0.5):
    """One image, in float64, step by step."""
    image = image.astype("float64")
    height, width, channels = image.shape
    color = image[..., :3] if channels == 4 else image
    color = color + drawn["brightness"]
    if channels > 1:
        for i, j in np.ndindex(height, width):
            color[i, j] = (color[i, j] - color[i, j].mean()) * drawn["saturation"] + color[i, j].mean()
    color = (color - color.mean()) * drawn["contrast"] + color.mean()
    image = np.concatenate([color, image[..., 3:]], axis=-1) if channels == 4 else color
    moved = np.zeros_like(image)
    for i, j in np.ndindex(height, width):
        y, x = i - int(drawn["down"]), j - int(drawn["right"])
        if 0 <= y < height and 0 <= x < width:
            moved[i, j] = image[y, x]
    for i, j in np.ndindex(height, width):
        tall, wide = round(cutout * height), round(cutout * width)
        if 0 <= i - drawn["top"] < tall and 0 <= j - drawn["left"] < wide:
            moved[i, j] = 0
    return moved


@pytest.mark.parametrize(("height", "width", "channels"), [(12, 12, 3), (8, 15, 1), (9, 9, 4)])
def test_against_loops(make_images, height, width, channels):
    images = make_images(8, height, width, channels)
    augmenter = DiffAugment(seed=1)
    drawn = augmenter.draw(images)
    assert ("saturation" in drawn) == (channels > 1)
    augmented = np.asarray(augmenter.apply(images, drawn))
    for index, image in enumerate(images):
        expected = slow(image, {name: np.asarray(value)[index] for name, value in drawn.items()})
        np.testing.assert_allclose(augmented[index], expected, atol=2e-6)


def test_distributions():
    images = np.zeros((4000, 16, 32, 3), "float32")
    drawn = {name: np.asarray(value) for name, value in DiffAugment(seed=4).draw(images).items()}
    uniform = {"brightness": (-0.5, 0.5), "saturation": (0, 2), "contrast": (0.5, 1.5)}
    for name, (low, high) in uniform.items():
        assert stats.kstest(drawn[name], stats.uniform(low, high - low).cdf).pvalue > 1e-4, name
    whole = {"down": (-2, 2), "right": (-4, 4), "top": (-4, 11), "left": (-8, 23)}
    for name, (low, high) in whole.items():
        assert drawn[name].dtype == np.int32
        counts = np.bincount(drawn[name] - low, minlength=high - low + 1)
        assert len(counts) == high - low + 1
        assert stats.chisquare(counts).pvalue > 1e-4, name
    together = np.corrcoef(list(drawn.values()))
    assert np.abs(together - np.eye(7)).max() < 5 / np.sqrt(4000)


def test_cutout_area():
    ones = np.ones((2000, 16, 16, 1), "float32")
    cut = 1 - np.asarray(DiffAugment(color=False, translation=0.0, seed=0)(ones))
    area = cut.sum(axis=(1, 2, 3))
    assert area.max() == 64
    assert area.min() == 16
    np.testing.assert_allclose(area.mean(), (8 - 20 / 16) * (8 - 12 / 16), rtol=0.02)


def test_switched_off_is_the_identity(make_images):
    images = make_images()
    augmenter = DiffAugment(color=False, translation=0.0, cutout=0.0)
    assert augmenter.draw(images) == {}
    assert (np.asarray(augmenter(images)) == images).all()


@pytest.mark.parametrize("name", ["translation", "cutout"])
@pytest.mark.parametrize("share", [-0.1, 1.0, True, "half"])
def test_shares_must_be_shares(name, share):
    with pytest.raises(ValueError, match=rf"`{name}` must be a share of the image in \[0, 1\). Received: {name}="):
        DiffAugment(**{name: share})


def test_config_round_trip():
    augmenter = DiffAugment(color=False, translation=0.2, cutout=0.3, seed=5, name="a")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(augmenter))
    assert type(again) is DiffAugment
    assert again.get_config() == augmenter.get_config()
    assert augmenter.get_config() == {"color": False, "translation": 0.2, "cutout": 0.3, "seed": 5, "name": "a"}
