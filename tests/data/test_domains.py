import io
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_gan.data import catalogue, domains
from keras_gan.media import Images


def numbered(count, size=4, first=0):
    """Images that are told apart by their value."""
    return np.broadcast_to(np.arange(first, first + count, dtype="uint8")[:, None, None, None], (count, size, size, 1))


def numbers(batches, column):
    return np.concatenate([np.round((batch[column][:, 0, 0, 0] + 1) * 127.5).astype(int) for batch in batches])


def files(a, b, parts=("trainA", "trainB")):
    return {
        f"{part}/{value}.png": Image.new("L", (4, 4), value)
        for part, values in zip(parts, (a, b), strict=True)
        for value in values
    }


@pytest.mark.parametrize("kind", ["array", "folder", "folder on demand"])
def test_an_epoch_shows_the_larger_domain_once(either, folder, numpy, kind):
    if kind == "array":
        sources = numbered(10), numbered(4, first=100)
    else:
        sources = (folder(files(range(10), range(100, 104))),)
    batches = domains(*sources, batch_size=5, cache=kind != "folder on demand")
    assert len(batches) == 2
    assert batches.columns == {"a": Images(), "b": Images()}
    seen = []
    for _ in range(2):
        found = numpy(batches)
        assert sorted(numbers(found, "a")) == list(range(10))
        b = numbers(found, "b")
        assert sorted(b[:4]) == sorted(b[4:8]) == list(range(100, 104))
        assert len(set(b[8:])) == 2
        seen.append((numbers(found, "a"), b))
    assert (seen[0][0] != seen[1][0]).any()
    assert (seen[0][1] != seen[1][1]).any()


def test_the_smaller_domain_comes_in_a_new_order_each_time(either, numpy):
    b = numbers(numpy(domains(numbered(60), numbered(20), batch_size=60)), "b")
    rounds = np.split(b, 3)
    assert (rounds[0] != rounds[1]).any()
    assert (rounds[1] != rounds[2]).any()
    np.testing.assert_array_equal(*map(np.sort, rounds[:2]))


def test_each_domain_has_an_order_of_its_own(either, numpy):
    found = numpy(domains(numbered(50), numbered(50), batch_size=50))
    assert (numbers(found, "a") != numbers(found, "b")).any()


def test_without_shuffling_the_smaller_one_begins_again(either, numpy):
    found = numpy(domains(numbered(5), numbered(2), batch_size=2, shuffle=False, drop_remainder=False))
    assert list(numbers(found, "a")) == [0, 1, 2, 3, 4]
    assert list(numbers(found, "b")) == [0, 1, 0, 1, 0]


@pytest.mark.parametrize("shuffle", [True, False])
def test_the_last_batch_has_as_many_of_both(either, numpy, shuffle):
    found = numpy(domains(numbered(5), numbered(3), batch_size=2, shuffle=shuffle, drop_remainder=False))
    assert [(len(batch["a"]), len(batch["b"])) for batch in found] == [(2, 2), (2, 2), (1, 1)]


def test_epochs_follow_from_the_seed(either, numpy):
    one, same, other = (domains(numbered(30), numbered(7), batch_size=30, seed=seed) for seed in (3, 3, 4))
    for _ in range(2):
        found = numpy(one)
        again, another = numpy(same), numpy(other)
        for column in ("a", "b"):
            np.testing.assert_array_equal(numbers(found, column), numbers(again, column))
            assert (numbers(found, column) != numbers(another, column)).any()


def test_the_split_chooses_the_sub_folders(folder, numpy):
    path = folder(files([1], [2]) | files([3], [4], ("testA", "testB")))
    found = numpy(domains(path, split="test"))
    assert (numbers(found, "a"), numbers(found, "b")) == ([3], [4])


def test_a_named_data_set_by_its_splits(monkeypatch, numpy):
    opened = []

    def open_named(name, split, *others):
        opened.append((name, split))
        return catalogue.Arrays(numbered(3))

    monkeypatch.setattr(catalogue, "open_named", open_named)
    domains("cycle_gan/horse2zebra", split="test")
    assert opened == [("cycle_gan/horse2zebra", "testA"), ("cycle_gan/horse2zebra", "testB")]


def test_labels_are_left_out(folder, numpy):
    path = folder({f"{kind}/{i}.png": Image.new("L", (4, 4), i) for kind in "xy" for i in range(3)})
    dataset = tf.data.Dataset.from_tensor_slices((numbered(6), np.arange(6)))
    for cache in (True, False):
        assert set(numpy(domains(path, dataset, cache=cache))[0]) == {"a", "b"}


def test_streams_begin_again(numpy):
    slices = tf.data.Dataset.from_tensor_slices
    found = numpy(domains(slices(numbered(9)), slices(numbered(4)), batch_size=3, cache=False))
    assert sorted(numbers(found, "a")) == list(range(9))
    assert sorted(numbers(found, "b")[:4]) == list(range(4))


def test_an_unknown_number_of_streamed_images():
    slices = tf.data.Dataset.from_tensor_slices(numbered(4))
    with pytest.raises(ValueError, match=r"known number of images. Received: b of unknown cardinality.*`cache=True`"):
        domains(slices, slices.filter(lambda image: True), cache=False)


def test_domains_on_disk_are_told_apart(folder, numpy, tmp_path):
    path = folder(files(range(5), range(100, 105)))
    for _ in range(2):
        found = numpy(domains(path, cache=tmp_path / "cache"))
        assert sorted(numbers(found, "a")) == list(range(5))
        assert sorted(numbers(found, "b")) == list(range(100, 105))


def test_an_empty_domain(folder):
    path = folder(files([1], []))
    (path / "trainB").mkdir()
    empty = tf.data.Dataset.from_tensor_slices(numbered(3)).take(0)
    for a, b, message in (
        (path, None, r"must hold image files .*Received: a='.*trainB', with 0 other files"),
        (numbered(3), numbered(0), r"At least one image .*Received: b with shape=\(0, 4, 4, 1\)"),
        (numbered(3), empty, r"At least one row is needed. Received: a source of b that is empty"),
    ):
        with pytest.raises(ValueError, match=message) as error:
            domains(a, b, cache=False)
        assert "\n" not in str(error.value)


def test_a_folder_without_the_sub_folders(folder):
    path = folder(files([1], [2], ("horses", "zebras")))
    message = (
        r"must hold the sub-folders trainA and trainB.*without trainA and trainB; its sub-folders are horses, zebras"
    )
    with pytest.raises(ValueError, match=message):
        domains(path)


def test_domains_of_different_sizes(numpy):
    with pytest.raises(ValueError, match=r"must have one size. Received: a of 4x4 pixels, b of 6x6"):
        domains(numbered(2), numbered(2, 6))
    assert numpy(domains(numbered(2), numbered(2, 6), size=4))[0]["b"].shape == (1, 4, 4, 1)


def test_one_array_is_not_two_domains():
    with pytest.raises(TypeError, match=r"`b` may be left out for a folder.*Received: a of type ndarray, b=None"):
        domains(numbered(3))


def test_real_horses_and_zebras(real_file, tmp_path, numpy):
    with zipfile.ZipFile(real_file("horse2zebra_test.zip")) as archive:
        archive.extractall(tmp_path)
        read = {name: archive.read(f"horse2zebra/test{name}/n02381460_1000.jpg") for name in "A"}
    batches = domains(tmp_path / "horse2zebra", split="test", batch_size=140, shuffle=False)
    batch = numpy(batches)[0]
    assert batch["a"].shape == batch["b"].shape == (140, 256, 256, 3)
    np.testing.assert_array_equal(batch["a"][0], Images().begin(np.asarray(Image.open(io.BytesIO(read["A"])))))
    np.testing.assert_array_equal(batch["a"][120:], batch["a"][:20])
