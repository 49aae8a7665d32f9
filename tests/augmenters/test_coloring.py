import keras
import numpy as np
import pytest
from scipy import stats

from keras_gan.augmenters import coloring
from keras_gan.augmenters.chance import Chance

IDENTITY = {"brightness": 0.0, "contrast": 1.0, "luma_flip": 0, "hue": 0.0, "saturation": 1.0}


def color_matrix(brightness=0.0, contrast=1.0, luma_flip=0, hue=0.0, saturation=1.0):
    """The paper's product of homogeneous 4x4 matrices, in float64."""
    v = np.array([1, 1, 1, 0]) / np.sqrt(3)
    vv = np.outer(v, v)
    matrix = np.eye(4)
    matrix[:3, 3] = brightness
    matrix = np.diag([contrast, contrast, contrast, 1]) @ matrix
    matrix = (np.eye(4) - 2 * luma_flip * vv) @ matrix
    turn = np.eye(4)
    cross = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])  # Rodrigues' formula
    turn[:3, :3] = np.eye(3) + np.sin(hue) * cross + (1 - np.cos(hue)) * cross @ cross
    return (vv + (np.eye(4) - vv) * saturation) @ turn @ matrix


def slow_recolor(image, **parameters):
    homogeneous = np.concatenate([image.astype("float64"), np.ones_like(image[..., :1])], axis=-1)
    return (homogeneous @ color_matrix(**parameters).T)[..., :3]


def of(name, *values):
    return np.array(values, "int32" if name == "luma_flip" else "float32")


def draw(count=6, probability=1.0, channels=3):
    return coloring.draw(Chance(count, keras.random.SeedGenerator(2), probability), channels)


def test_against_the_product_of_matrices(make_images):
    images = make_images(6)
    drawn = {name: np.asarray(value) for name, value in draw().items()}
    drawn["luma_flip"] = np.array([0, 1, 0, 1, 0, 1], "int32")
    recolored = np.asarray(coloring.recolor(images, drawn))
    for index, image in enumerate(images):
        expected = slow_recolor(image, **{name: float(value[index]) for name, value in drawn.items()})
        np.testing.assert_allclose(recolored[index], expected, atol=5e-6)


@pytest.mark.parametrize("name", IDENTITY)
def test_each_alone_and_the_others_untouched(make_images, name):
    images = make_images(2)
    drawn = {
        key: np.array([value, value], "int32" if key == "luma_flip" else "float32") for key, value in IDENTITY.items()
    }
    drawn[name][1] = 1 if name == "luma_flip" else 0.4
    recolored = np.asarray(coloring.recolor(images, drawn))
    assert (recolored[0] == images[0]).all()
    np.testing.assert_allclose(recolored[1], slow_recolor(images[1], **{name: float(drawn[name][1])}), atol=2e-6)
    assert np.abs(recolored[1] - images[1]).max() > 0.05


def test_luma_flip_mirrors_brightness_and_keeps_colours():
    color = np.array([[[[0.5, 0.1, -0.3]], [[0.0, 0.6, 0.9]]]], "float32")
    drawn = {name: of(name, value) for name, value in {**IDENTITY, "luma_flip": 1}.items()}
    flipped = np.asarray(coloring.recolor(color, drawn))
    np.testing.assert_allclose(flipped.mean(axis=-1), -color.mean(axis=-1), atol=1e-7)
    np.testing.assert_allclose(
        flipped - flipped.mean(axis=-1, keepdims=True), color - color.mean(axis=-1, keepdims=True), atol=1e-6
    )


def test_hue_by_a_third_of_a_turn_exchanges_the_channels():
    color = np.array([[[[0.5, 0.1, -0.3]]]], "float32")
    drawn = {name: of(name, value) for name, value in {**IDENTITY, "hue": 2 * np.pi / 3}.items()}
    np.testing.assert_allclose(coloring.recolor(color, drawn), np.roll(color, 1, axis=-1), atol=1e-6)


def test_grey_images_have_no_hue_and_are_the_grey_of_coloured_ones(make_images):
    images = make_images(6, channels=1)
    drawn = draw(channels=1)
    assert set(drawn) == {"brightness", "contrast", "luma_flip"}
    recolored = np.asarray(coloring.recolor(images, drawn))
    for index, image in enumerate(images):
        expected = slow_recolor(np.repeat(image, 3, axis=-1), **{k: float(v[index]) for k, v in drawn.items()})
        np.testing.assert_allclose(recolored[index], expected[..., :1], atol=5e-6)


def test_alpha_keeps_its_values(make_images):
    images = make_images(6, channels=4)
    drawn = draw(channels=4)
    recolored = np.asarray(coloring.recolor(images, drawn))
    assert (recolored[..., 3] == images[..., 3]).all()
    np.testing.assert_array_equal(recolored[..., :3], np.asarray(coloring.recolor(images[..., :3], drawn)))


def test_distributions():
    drawn = {name: np.asarray(value, "float64") for name, value in draw(4000).items()}
    laws = {
        "brightness": (np.asarray, stats.norm(0, 0.2)),
        "contrast": (np.log2, stats.norm(0, 0.5)),
        "hue": (np.asarray, stats.uniform(-np.pi, 2 * np.pi)),
        "saturation": (np.log2, stats.norm(0, 1)),
    }
    for name, (transform, law) in laws.items():
        assert stats.kstest(transform(drawn[name]), law.cdf).pvalue > 1e-4, name
    assert stats.binomtest(int(drawn["luma_flip"].sum()), 4000, 0.5).pvalue > 1e-4


def test_share_of_changed_images():
    drawn = draw(4000, probability=0.3)
    for name, identity in IDENTITY.items():
        changed = int((np.asarray(drawn[name]) != identity).sum())
        assert stats.binomtest(changed, 4000, 0.15 if name == "luma_flip" else 0.3).pvalue > 1e-4, name
