import keras
import numpy as np
import pytest
from scipy import stats

from keras_gan.augmenters import blitting, geometry, pixels, wavelets
from keras_gan.augmenters.chance import Chance

IDENTITY = {
    "scale": 1.0,
    "pre_rotation": 0.0,
    "stretch": 1.0,
    "post_rotation": 0.0,
    "offset_down": 0.0,
    "offset_right": 0.0,
}


def parameters(count=1, **changed):
    given = {**IDENTITY, **changed}
    return {name: np.broadcast_to(np.float32(value), (count,)).copy() for name, value in given.items()}


def whole(*values):
    return np.array(values, "int32")


def warp(images, drawn, down=0, right=0):
    down, right = (np.full(len(images), shift, "int32") for shift in (down, right))
    return np.asarray(geometry.warp(images, drawn, down, right))


def translation(right, down):
    return np.array([[1, 0, right], [0, 1, down], [0, 0, 1.0]])


def rotation(angle):
    """Counter-clockwise as one sees it, with the y axis downwards."""
    return np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]])


def slow_warp(image, scale, pre_rotation, stretch, post_rotation, offset_down, offset_right, down=0, right=0):
    """The paper's algorithm for one image, in float64: compose, pad, double, sample, halve, crop."""
    height, width, channels = image.shape
    forward = translation(right, down)
    forward = np.diag([scale, scale, 1]) @ forward
    forward = rotation(pre_rotation) @ forward
    forward = np.diag([stretch, 1 / stretch, 1]) @ forward
    forward = rotation(post_rotation) @ forward
    forward = translation(offset_right, offset_down) @ forward
    h, pad = wavelets.SYM6, 3 * max(height, width) + 12
    padded = np.pad(image.astype("float64"), ((pad, pad), (pad, pad), (0, 0)), mode="reflect")
    zeros = np.zeros((2 * padded.shape[0], 2 * padded.shape[1], channels))
    zeros[::2, ::2] = padded
    doubled = np.apply_along_axis(lambda v: np.convolve(v, h) * np.sqrt(2), 0, zeros)
    doubled = np.apply_along_axis(lambda v: np.convolve(v, h) * np.sqrt(2), 1, doubled)
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    delay = np.sum(np.arange(12) * h) / np.sum(h)
    sampled = np.zeros((2 * height + 10, 2 * width + 10, channels))
    backward = np.linalg.inv(forward)
    for i, j in np.ndindex(*sampled.shape[:2]):
        x, y = (np.array([j, i]) - delay) / 2 - middle
        source = (backward @ [x, y, 1])[:2] + middle
        column, row = 2 * (source + pad) + delay
        r, c = int(np.floor(row)), int(np.floor(column))
        a, b = row - r, column - c
        top, bottom = doubled[r, c : c + 2], doubled[r + 1, c : c + 2]
        sampled[i, j] = (1 - a) * ((1 - b) * top[0] + b * top[1]) + a * ((1 - b) * bottom[0] + b * bottom[1])
    halved = np.zeros(image.shape)
    for i, j in np.ndindex(height, width):
        halved[i, j] = np.einsum("k,l,klc->c", h, h, sampled[2 * i : 2 * i + 12, 2 * j : 2 * j + 12]) / 2
    return halved


@pytest.mark.parametrize(("height", "width", "channels"), [(12, 12, 3), (9, 14, 1)])
def test_warp_against_the_paper_algorithm(make_images, height, width, channels):
    images = make_images(4, height, width, channels)
    random = np.random.default_rng(1)
    drawn = {
        "scale": 2 ** random.normal(0, 0.3, 4),
        "pre_rotation": random.uniform(-3, 3, 4),
        "stretch": 2 ** random.normal(0, 0.3, 4),
        "post_rotation": random.uniform(-3, 3, 4),
        "offset_down": random.normal(0, 2, 4),
        "offset_right": random.normal(0, 2, 4),
    }
    drawn = {name: value.astype("float32") for name, value in drawn.items()}
    down, right = np.array([0, 1, -1, 2], "int32"), np.array([1, 0, -2, 1], "int32")
    warped = np.asarray(geometry.warp(images, drawn, down, right))
    for index, image in enumerate(images):
        one = {name: float(value[index]) for name, value in drawn.items()}
        expected = slow_warp(image, **one, down=int(down[index]), right=int(right[index]))
        np.testing.assert_allclose(warped[index], expected, atol=1e-5)


def test_warp_by_whole_pixels_is_a_shift_of_the_reflected_image(make_images):
    images = make_images(2, 10, 12)
    padded = np.pad(images, ((0, 0), (12, 12), (12, 12), (0, 0)), mode="reflect")
    np.testing.assert_allclose(warp(images, parameters(2)), images, atol=2e-6)
    moved = warp(images, parameters(2, offset_down=-3.0, offset_right=4.0))
    np.testing.assert_allclose(moved, padded[:, 15:25, 8:20], atol=2e-6)
    np.testing.assert_allclose(warp(images, parameters(2), down=-3, right=4), moved, atol=1e-6)
    far = warp(images, parameters(2, offset_right=22.0 * 7))  # whole periods of the reflection
    np.testing.assert_allclose(far, images, atol=2e-6)


def bump(size, angle=0.0, scale=1.0, stretch=1.0):
    """A smooth image, turned counter-clockwise and scaled in formulas."""
    y, x = np.meshgrid(*2 * [np.arange(size) - (size - 1) / 2], indexing="ij")
    x, y = np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y
    x, y = x / (scale * stretch), y / (scale / stretch)
    return np.exp(-((x - 2) ** 2 / 40 + (y + 3) ** 2 / 80))[None, :, :, None]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_rotation_by_right_angles_is_rot90(turns):
    image = bump(32)
    for name in ("pre_rotation", "post_rotation"):
        turned = warp(image.astype("float32"), parameters(**{name: turns * np.pi / 2}))
        inner = slice(4, -4)  # the reflected image has a kink at the border
        difference = turned - np.rot90(image, turns, axes=(1, 2))
        # sym6 is not quite symmetric, and pixels come to lie between pixels.
        np.testing.assert_allclose(difference[:, inner, inner], 0.0, atol=2.5e-3)


@pytest.mark.parametrize(
    "change", [{"scale": 1.3}, {"scale": 0.8}, {"stretch": 1.25}, {"angle": 0.5}, {"scale": 1.2, "angle": -1.0}]
)
def test_scaling_and_turning_of_a_smooth_image_follow_the_formula(change):
    names = {"scale": "scale", "stretch": "stretch", "angle": "pre_rotation"}
    drawn = parameters(**{names[name]: value for name, value in change.items()})
    warped = warp(bump(48).astype("float32"), drawn)
    inner = slice(8, -8)  # the bump's tails are reflected at the border
    np.testing.assert_allclose(warped[:, inner, inner], bump(48, **change)[:, inner, inner], atol=3e-3)
    assert np.abs(warped - bump(48)).max() > 0.05


def test_downscaling_a_checkerboard_gives_grey_not_aliases():
    board = np.indices((16, 16)).sum(axis=0)[None, :, :, None] % 2 * 2.0 - 1.0
    small = warp(board.astype("float32"), parameters(scale=0.55))
    assert np.abs(small).max() < 0.02


def test_pixels_that_are_not_drawn_upon_are_known_to_be_the_same():
    drawn = parameters(7)
    for index, name in enumerate(IDENTITY):
        drawn[name][index] += 0.1
    assert np.asarray(geometry.changes(drawn)).tolist() == [True] * 6 + [False]


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("flip", [0, 1])
def test_turns_and_mirror_images_copy_pixels(make_images, flip, turns):
    images = make_images(2)
    drawn = {"flip": whole(0, flip), "turns": whole(0, turns)}
    expected = np.rot90(images[1, :, ::-1] if flip else images[1], turns)
    turned = np.asarray(blitting.turn(images, drawn))
    assert (turned[0] == images[0]).all()
    assert (turned[1] == expected).all()


def test_shifts_copy_pixels(make_images):
    images = make_images(3, 6, 9, 1)
    down, right = whole(2, -1, 7), whole(-3, 4, 20)
    reflected = np.asarray(pixels.shift(images, down, right, reflect=True))
    empty = np.asarray(pixels.shift(images, down, right, reflect=False))
    for index, image in enumerate(images):
        top, left = 30 - down[index], 30 - right[index]
        window = (slice(top, top + 6), slice(left, left + 9))
        assert (reflected[index] == np.pad(image, ((30, 30), (30, 30), (0, 0)), mode="reflect")[window]).all()
        assert (empty[index] == np.pad(image, ((30, 30), (30, 30), (0, 0)))[window]).all()


def chance(count=4000, probability=1.0):
    return Chance(count, keras.random.SeedGenerator(5), probability)


def test_distributions_of_geometry():
    drawn = {name: np.asarray(value, "float64") for name, value in geometry.draw(chance(), 32, 64).items()}
    laws = {
        "scale": (np.log2, stats.norm(0, 0.2)),
        "stretch": (np.log2, stats.norm(0, 0.2)),
        "pre_rotation": (np.asarray, stats.uniform(-np.pi, 2 * np.pi)),
        "post_rotation": (np.asarray, stats.uniform(-np.pi, 2 * np.pi)),
        "offset_down": (np.asarray, stats.norm(0, 4)),
        "offset_right": (np.asarray, stats.norm(0, 8)),
    }
    for name, (transform, law) in laws.items():
        assert stats.kstest(transform(drawn[name]), law.cdf).pvalue > 1e-4, name
    together = np.corrcoef(list(drawn.values()))
    assert np.abs(together - np.eye(6)).max() < 5 / np.sqrt(4000)


def test_distributions_of_blitting():
    drawn = {name: np.asarray(value) for name, value in blitting.draw(chance(), 32, 64).items()}
    assert drawn["flip"].dtype == drawn["turns"].dtype == drawn["down"].dtype == np.int32
    assert set(drawn["turns"]) == {0, 2}  # not square
    assert (drawn["down"].min(), drawn["down"].max()) == (-4, 4)
    assert (drawn["right"].min(), drawn["right"].max()) == (-8, 8)
    turns = np.bincount(np.asarray(blitting.draw(chance(), 32, 32)["turns"]), minlength=4)
    assert stats.chisquare(turns).pvalue > 1e-4
    assert stats.binomtest(int(drawn["flip"].sum()), 4000, 0.5).pvalue > 1e-4
    shifts = np.bincount(drawn["down"] + 4)
    assert stats.chisquare(shifts, 4000 * np.array([0.5, *[1] * 7, 0.5]) / 8).pvalue > 1e-4


@pytest.mark.parametrize("probability", [0.3, 0.8])
def test_share_of_changed_images(probability):
    drawn = {**blitting.draw(chance(probability=probability), 32, 32)}
    drawn.update(geometry.draw(chance(probability=probability), 32, 32))
    drawn = {name: np.asarray(value) for name, value in drawn.items()}
    either = 1 - np.sqrt(1 - probability)
    shares = {
        "flip": probability / 2,
        "turns": probability * 3 / 4,
        "scale": probability,
        "stretch": probability,
        "pre_rotation": either,
        "post_rotation": either,
        "offset_down": probability,
    }
    for name, share in shares.items():
        changed = int((drawn[name] != IDENTITY.get(name, 0)).sum())
        assert stats.binomtest(changed, 4000, share).pvalue > 1e-4, name
    turned = int(((drawn["pre_rotation"] != 0) | (drawn["post_rotation"] != 0)).sum())
    assert stats.binomtest(turned, 4000, probability).pvalue > 1e-4
    assert ((drawn["offset_down"] != 0) == (drawn["offset_right"] != 0)).all()
