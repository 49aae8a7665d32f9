import keras
import numpy as np
import pytest

from keras_gan.layers import ImagePool
from tests.layers.check_layer import array


def numbered(start, count):
    """Images that are all of one number."""
    return np.arange(start, start + count, dtype="float32")[:, None, None, None] * np.ones((1, 2, 2, 1), "float32")


def numbers(images):
    return array(images)[:, 0, 0, 0].tolist()


def test_images_are_stored_and_passed_on_until_the_pool_is_full():
    pool = ImagePool((2, 2, 1), size=5, seed=0)
    assert numbers(pool(numbered(1, 3))) == [1, 2, 3]
    assert numbers(pool(numbered(4, 3))) == [4, 5, 6]
    assert numbers(pool.images) == [1, 2, 3, 4, 5]  # the sixth had no room
    assert int(pool.stored) == 5


def test_half_of_the_images_are_exchanged_one_by_one_for_stored_ones():
    pool, shown = ImagePool((2, 2, 1), size=8, seed=0), set()
    pool(numbered(0, 8))
    exchanged, mixed = 0, 0
    for step in range(1, 201):
        given = numbered(8 * step, 8)
        held, found = set(numbers(pool.images)), numbers(pool(given))
        swapped = [old != new for old, new in zip(found, numbers(given), strict=True)]
        assert all(number in held for number, other in zip(found, swapped, strict=True) if other)
        after = set(numbers(pool.images))
        gone = {number for number, other in zip(found, swapped, strict=True) if other}
        kept = {new for new, other in zip(numbers(given), swapped, strict=True) if other}
        assert after == (held - gone) | kept, "what comes out gives way to what comes in"
        exchanged += sum(swapped)
        mixed += 0 < sum(swapped) < 8
        shown |= gone
    assert 0.45 < exchanged / 1600 < 0.55
    assert mixed > 180, "images of one batch are decided one by one"
    assert len(shown) > 400, "each stored image comes out sooner or later"


def test_no_image_comes_out_twice_in_a_batch():
    pool = ImagePool((2, 2, 1), size=4, seed=1)
    pool(numbered(0, 4))
    for step in range(1, 50):
        found = numbers(pool(numbered(4 * step, 4)))
        assert len(set(found)) == 4


def test_it_is_saved_with_its_random_state(tmp_path):
    image = keras.Input((2, 2, 1))
    model = keras.Model(image, ImagePool((2, 2, 1), size=4, seed=0)(image))
    model(numbered(0, 4))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(array(loaded.layers[-1].images), array(model.layers[-1].images))
    assert int(loaded.layers[-1].stored) == 4


def test_a_pool_of_none_passes_everything_on():
    pool = ImagePool((2, 2, 1), size=0)
    assert numbers(pool(numbered(3, 2))) == [3, 4]


def test_a_batch_larger_than_the_pool_is_told():
    with pytest.raises(ValueError, match=r"Received: 5 images for a pool of 4. Use `pool_size=5` or more, or 0"):
        ImagePool((2, 2, 1), size=4)(numbered(0, 5))


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match=r"`size` must be a whole number >= 0. Received: size=-1"):
        ImagePool((2, 2, 1), size=-1)
