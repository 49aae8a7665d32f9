import keras
import numpy as np
import pytest
from PIL import Image

from keras_gan.data import domains, images, optional, pairs


def pixels(batches):
    return [np.concatenate([np.asarray(value).ravel() for value in batch.values()]) for batch in batches]


@pytest.fixture(params=["tf.data", "PyDataset"])
def source(request, monkeypatch):
    if request.param == "tf.data":
        pytest.importorskip("tensorflow")
    monkeypatch.setattr(optional, "has_tensorflow", lambda: request.param == "tf.data")
    return np.arange(25 * 4, dtype="uint8").reshape(25, 2, 2)


@pytest.mark.parametrize("passes", [1, 3])
@pytest.mark.parametrize("first", [1, 2, 4, 5, 7, 14])
def test_the_rest_of_an_epoch_is_what_the_whole_ends_with(source, passes, first):
    made = {"batch_size": 5, "flip": True, "passes": passes, "seed": 3}
    batches = images(source, **made)
    if first >= len(batches):
        pytest.skip("beyond the epoch")
    for epoch in (0, 4):
        batches.place.begin_epoch(epoch)
        whole = pixels(batches)
        keras.utils.set_random_seed(epoch)
        again = images(source, **made)  # as in another process
        again.place.begin_epoch(epoch, first)
        rest = again.place.rest(first)
        assert int(rest.cardinality()) == len(whole) - first
        np.testing.assert_array_equal(pixels(rest), whole[first:])
    batches.place.begin_epoch(5)
    assert np.any(np.stack(pixels(batches)) != np.stack(whole))


@pytest.mark.parametrize("kind", ["arrays", "folders", "folders on demand"])
@pytest.mark.parametrize("function", [pairs, domains])
def test_pairs_and_domains_know_their_place(either, folder, function, kind):
    random = np.random.default_rng(0)
    several = [random.integers(0, 256, (count, 6, 6, 3), "uint8") for count in (12, 12 if function is pairs else 5)]
    if kind != "arrays":
        several = [
            folder({f"{place}.png": Image.fromarray(image) for place, image in enumerate(group)}, str(number))
            for number, group in enumerate(several)
        ]
    options = {"size": 6, "jitter": 3, "flip": True, "passes": 2, "batch_size": 4, "cache": kind != "folders on demand"}
    batches = function(*several, **options)
    assert len(batches) == 6
    batches.place.begin_epoch(3)
    whole = pixels(batches)
    for first in (1, 3, 5):
        again = function(*several, **options)
        again.place.begin_epoch(3, first)
        rest = again.place.rest(first)
        assert rest.columns == batches.columns
        np.testing.assert_array_equal(pixels(rest), whole[first:])


def test_each_pass_has_another_order_and_every_image(source):
    batches = images(source, batch_size=5, passes=3)
    assert int(batches.cardinality()) == batches.place.batches_an_epoch == 15
    one, two, three = np.split(np.concatenate(pixels(batches)), 3)
    np.testing.assert_array_equal(np.sort(one), np.sort(two))
    assert np.any(one != two)
    assert np.any(two != three)
    assert batches.place.next_pass == 3


def test_passes_must_be_a_number():
    with pytest.raises(ValueError, match="`passes` must be a whole number above 0"):
        images(np.zeros((5, 4, 4), "uint8"), batch_size=2, passes=0)


@pytest.mark.parametrize("cache", [False, "disk"])
def test_streams_know_their_place(cache, tmp_path, stack):
    tf = pytest.importorskip("tensorflow")
    (tmp_path / "pictures").mkdir()
    for index in range(12):
        Image.fromarray(np.full((4, 4), 20 * index, "uint8")).save(tmp_path / "pictures" / f"{index}.png")
    cache = tmp_path / "cache" if cache == "disk" else cache
    sources = [tmp_path / "pictures"]
    if cache is False:
        sources.append(tf.data.Dataset.range(12).map(lambda i: tf.cast(tf.fill((4, 4, 1), 20 * i), "uint8")))
    for source in sources:
        batches = images(source, batch_size=3, cache=cache)
        orders = []
        for epoch in range(2):
            batches.place.begin_epoch(epoch)
            whole = pixels(batches)
            assert len(whole) == int(batches.cardinality()) == 4
            batches.place.begin_epoch(epoch, 2)
            np.testing.assert_array_equal(pixels(batches.place.rest(2)), whole[2:])
            orders.append(np.concatenate(whole))
        assert np.any(orders[0] != orders[1])
        np.testing.assert_array_equal(*map(np.sort, orders))
