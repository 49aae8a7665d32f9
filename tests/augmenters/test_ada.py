import itertools

import keras
import numpy as np
import pytest

from keras_gan import schedules
from keras_gan.augmenters import ADA

ALL = {"filter": True, "noise": True, "cutout": True}
NONE = {"blit": False, "geometry": False, "color": False}


def signs(positive, count=64):
    """Logits of a batch of which that many are positive."""
    return np.where(np.arange(count) < positive, 2.5, -0.1).astype("float32")[:, None]


def probability(augmenter):
    return float(augmenter.current_probability)


def test_probability_zero_gives_the_same_bits(make_images):
    images = make_images(8, 13, 13)
    assert (np.asarray(ADA(**ALL)(images)) == images).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_probability_one_changes_everything(make_images, channels):
    images = make_images(8, 16, 16, channels)
    augmenter = ADA(target=None, probability=1.0, seed=1, **ALL)
    drawn = augmenter.draw(images)
    for name in ("scale", "pre_rotation", "stretch", "post_rotation", "offset_down", "brightness", "contrast"):
        assert (np.asarray(drawn[name]) != (name in ("scale", "stretch", "contrast"))).all(), name
    augmented = np.asarray(augmenter.apply(images, drawn))
    assert augmented.shape == images.shape
    assert ((augmented != images).reshape(8, -1).mean(axis=1) > 0.5).all()


def test_order_of_the_groups(make_images):
    """All groups at once are the groups one after the other; filter and noise do not commute with cutout."""
    images = make_images(4, 16, 16)
    augmenter = ADA(target=None, probability=0.9, seed=3, **ALL)
    drawn = augmenter.draw(images)
    expected = ADA(color=False).apply(images, drawn)
    for group in ("color", "filter", "noise", "cutout"):
        expected = ADA(**{**NONE, group: True}).apply(expected, drawn)
    np.testing.assert_allclose(augmenter.apply(images, drawn), expected, atol=1e-6)


def test_shift_and_map_are_composed_before_the_border_is_reflected(make_images):
    images = make_images(1, 16, 16)
    drawn = {name: np.asarray(value) for name, value in ADA(seed=0).draw(images).items()}
    there = {**drawn, "right": np.array([2], "int32"), "offset_right": np.array([-2.0], "float32")}
    np.testing.assert_allclose(ADA().apply(images, there), images, atol=2e-6)


def test_same_seed_same_images(make_images):
    images = make_images(4, 8, 8)
    first, second, other = (ADA(target=None, probability=0.7, seed=seed, **ALL) for seed in (3, 3, 4))
    one, two = np.asarray(first(images)), np.asarray(second(images))
    assert (one == two).all()
    assert (one != np.asarray(other(images))).any()
    assert (np.asarray(first(images)) != one).any()  # and the next draw is another one


def test_controller_by_hand():
    augmenter = ADA(target=0.6, probability=0.01, speed=10_000, interval=2)
    seen = []
    for positive in (60, 60, 50, 50, 51, 52, 52, 52):
        augmenter.adapt(signs(positive))
        seen.append(probability(augmenter))
    # Two batches move p by 128 / 10,000. Mean signs: 0.875 up; 0.5625 down; 0.609375 up, though the first of the two
    # batches alone, 0.59375, would be down; 0.625 up.
    np.testing.assert_allclose(seen, [0.01, 0.0228, 0.0228, 0.01, 0.01, 0.0228, 0.0228, 0.0356], rtol=1e-5)


def test_controller_stays_between_zero_and_the_limit():
    augmenter = ADA(probability=0.005, speed=1000, interval=1, limit=0.8)
    augmenter.adapt(signs(0))
    assert probability(augmenter) == 0.0
    for _ in range(20):
        augmenter.adapt(signs(64))
    np.testing.assert_allclose(probability(augmenter), 0.8, rtol=1e-7)
    augmenter = ADA(speed=100, interval=1)
    for _ in range(3):
        augmenter.adapt(signs(64))
    assert probability(augmenter) == 1.0


@pytest.mark.parametrize(("size", "interval"), [(64, 4), (50, 1), (1000, 4)])
def test_speed_is_the_number_of_images_from_zero_to_one(size, interval):
    augmenter = ADA(speed=20_000, interval=interval)
    for _ in range(10_000 // size):
        augmenter.adapt(signs(size, size))
    expected = 10_000 // size // interval * interval * size / 20_000
    np.testing.assert_allclose(probability(augmenter), expected, rtol=1e-5)


def test_mean_is_over_images_of_batches_of_different_size_and_over_patches():
    augmenter = ADA(target=0.5, speed=1000, interval=2)
    augmenter.adapt(signs(100, 100))
    augmenter.adapt(signs(0, 20))  # mean sign 80 / 120, though the batches' means are 1 and -1
    np.testing.assert_allclose(probability(augmenter), 0.12, rtol=1e-5)
    patches = ADA(target=0.5, speed=1000, interval=1)
    patches.adapt(np.ones((10, 4, 4, 1), "float32"))
    np.testing.assert_allclose(probability(patches), 0.01, rtol=1e-5)


def test_a_mean_at_the_target_moves_nothing():
    augmenter = ADA(target=0.5, probability=0.25, interval=1)
    augmenter.adapt(signs(48))
    assert probability(augmenter) == 0.25


def test_fixed_probability_and_schedule():
    fixed = ADA(target=None, probability=0.2)
    fixed.adapt(signs(64))
    fixed.set_progress(10**6)
    assert probability(fixed) == np.float32(0.2)
    following = ADA(target=None, probability=schedules.Linear(0.8, 0.0, end=1000))
    assert probability(following) == np.float32(0.8)
    following.set_progress(keras.ops.convert_to_tensor(750, dtype="int32"))
    np.testing.assert_allclose(probability(following), 0.2, rtol=1e-6)
    adaptive = ADA(probability=0.1)
    adaptive.set_progress(10**6)
    assert probability(adaptive) == np.float32(0.1)


@pytest.mark.parametrize("value", [0.35, schedules.Cosine(0.0, 0.5, end=100)])
def test_config_round_trip(value):
    groups = {"blit": False, "geometry": True, "color": False, **ALL}
    augmenter = ADA(None, value, speed=100, interval=2, limit=0.9, **groups, seed=3, name="augmenter")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(augmenter))
    assert again.get_config() == augmenter.get_config()
    assert probability(again) == probability(augmenter)
    given = {**augmenter.get_config(), "probability": None}
    assert given == dict(
        target=None, probability=None, speed=100, interval=2, limit=0.9, **groups, seed=3, name="augmenter"
    )


def test_probability_and_unfinished_sums_are_saved(tmp_path):
    augmenter = ADA(speed=1000, interval=3, seed=0)
    for positive in (64, 60, 64, 64, 50):
        augmenter.adapt(signs(positive))
    model = keras.Sequential([keras.Input((8, 8, 1)), augmenter])
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras").layers[0]
    assert 0 < probability(again) == probability(augmenter)
    for one in (augmenter, again):
        one.adapt(signs(64))
    assert probability(again) == probability(augmenter) > 0.3


def group_kernel(p, elements, drawn):
    """Transition matrix of a transform over a set of images, from its parameters' probabilities at p."""
    images = np.stack(elements)
    kernel = np.zeros((len(images), len(images)))
    for chance, name, value in drawn(p):
        identity = {"flip": 0, "turns": 0, "luma_flip": 0}
        rows = {key: np.full(len(images), value if key == name else 0, "int32") for key in identity}
        rows |= {"down": rows["flip"] * 0, "right": rows["flip"] * 0}
        rows |= {"brightness": np.zeros(len(images), "float32"), "contrast": np.ones(len(images), "float32")}
        moved = np.asarray(ADA(geometry=False).apply(images, rows))
        distance = np.abs(moved[:, None] - images[None]).max(axis=(2, 3, 4))
        assert (distance.min(axis=1) < 1e-6).all()  # the set is closed under the transform
        kernel[np.arange(len(images)), distance.argmin(axis=1)] += chance
    return kernel


TRANSFORMS = {
    "flip": lambda p: [(1 - p / 2, "flip", 0), (p / 2, "flip", 1)],
    "turns": lambda p: [(1 - p + p / 4, "turns", 0), *((p / 4, "turns", k) for k in (1, 2, 3))],
    "luma_flip": lambda p: [(1 - p / 2, "luma_flip", 0), (p / 2, "luma_flip", 1)],
}


def test_distribution_of_images_can_be_told_from_the_augmented_one_below_p_one():
    """Section 2.2: what happens with probability p < 1 can be undone by a linear map of distributions."""
    image = np.array([[0.1, 0.7], [-0.4, 0.3]], "float32")[..., None]
    turned = [np.rot90(flipped, k) for flipped in (image, image[:, ::-1]) for k in range(4)]
    elements = [sign * one for one, sign in itertools.product(turned, (1, -1))]
    assert len({one.tobytes() for one in elements}) == 16
    for p in (0.0, 0.5, 0.8, 1.0):
        kernels = [group_kernel(p, elements, drawn) for drawn in TRANSFORMS.values()]
        smallest = [np.linalg.svd(kernel, compute_uv=False).min() for kernel in kernels]
        np.testing.assert_allclose(smallest, 1 - p, atol=1e-12)  # of each transform
        together = kernels[0] @ kernels[1] @ kernels[2]
        np.testing.assert_allclose(together.sum(axis=1), 1.0)
        smallest = np.linalg.svd(together, compute_uv=False).min()
        assert smallest >= (1 - p) ** 3 - 1e-12
        assert (smallest > 1e-6) == (p < 1)


def test_drawn_parameters_have_the_probabilities_of_the_leak_test():
    count = 20_000
    augmenter = ADA(target=None, probability=0.8, geometry=False, seed=2)
    drawn = augmenter.draw(np.zeros((count, 2, 2, 1), "float32"))
    for transform in TRANSFORMS.values():
        for chance, name, value in transform(0.8):
            share = np.mean(np.asarray(drawn[name]) == value)
            assert abs(share - chance) < 5 * np.sqrt(chance * (1 - chance) / count)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"target": 1.0}, r"`target` must lie in \(0, 1\), or be None. Received: target=1.0"),
        ({"probability": 1.5}, r"`probability` must be a number >= 0 and <= 1.*Received: probability=1.5"),
        ({"probability": 0.9, "limit": 0.8}, r"must not start above `limit`. Received: probability=0.9, limit=0.8"),
        (
            {"probability": schedules.Linear(0.0, 0.5, end=9)},
            r"only without a controller. Received: probability=Linear",
        ),
        ({"speed": 0}, r"`speed` must be a finite number above 0. Received: speed=0"),
        ({"interval": 0}, r"`interval` must be a whole number >= 1. Received: interval=0"),
        ({"interval": 2.5}, r"Received: interval=2.5"),
        ({"limit": 0.0}, r"`limit` must lie in \(0, 1\]. Received: limit=0.0"),
        (NONE, r"At least one group must be on. Received: blit=False, geometry=False, color=False, filter=False"),
    ],
)
def test_wrong_arguments(arguments, text):
    with pytest.raises(ValueError, match=text):
        ADA(**arguments)
