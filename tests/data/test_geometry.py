"""Mirroring and cutting: alike for what belongs together, apart for what does not, anew in every epoch."""

import numpy as np
import pytest

from keras_gan.data import domains, pairs
from keras_gan.data.sources.convert import Convert, with_margin


@pytest.fixture
def ramps():
    """Images whose pixels tell where they were: the row in the first channel, the column in the second."""
    rows, columns = np.mgrid[:20, :30].astype("uint8")
    return np.broadcast_to(np.stack([rows, columns, 0 * rows], axis=-1), (400, 20, 30, 3))


def places(images):
    """The row and the column of the pixel at the top left, and whether the image is mirrored."""
    levels = np.round((images + 1) * 127.5).astype(int)
    return levels[:, 0, 0, 0], levels[:, 0, :, 1].min(axis=1), levels[:, 0, 0, 1] > levels[:, 0, 1, 1]


def cut(arrays, function, **options):
    """Batches of images that are cut out of the arrays as they are: their own size is that with the margin."""
    return function(*arrays, size=(16, 24), jitter=4, batch_size=400, shuffle=False, **options)


def test_the_margin_keeps_the_proportions():
    assert with_margin((256, 256), 30) == (286, 286)
    assert with_margin((128, 256), 15) == (143, 286)
    assert with_margin((16, 24), 4) == (20, 30)
    assert with_margin(None, 0) is None


def test_images_may_be_enlarged_to_the_margin_but_not_to_the_size():
    convert = Convert((20, 20), smallest=(16, 16))
    assert convert(np.zeros((16, 16, 1), "uint8"), "x").shape == (20, 20, 1)
    with pytest.raises(ValueError, match=r"x has 15x16 pixels. Received: size=\(16, 16\)"):
        convert(np.zeros((15, 16, 1), "uint8"), "x")


def test_a_pair_moves_as_one(either, ramps, numpy):
    batches = cut((ramps, ramps), pairs, flip=True)
    assert tuple(batches.element_spec["target"].shape) == (400, 16, 24, 3)
    seen = []
    for _ in range(2):
        batch = numpy(batches)[0]
        assert batch["source"].shape == (400, 16, 24, 3)
        np.testing.assert_array_equal(batch["source"], batch["target"])
        seen.append(places(batch["source"]))
    rows, columns, mirrored = seen[0]
    assert set(rows) == {0, 1, 2, 3, 4}
    assert set(columns) == {0, 1, 2, 3, 4, 5, 6}
    assert np.bincount(rows).min() > 50
    assert np.bincount(columns).min() > 30
    assert 150 < mirrored.sum() < 250
    assert abs(np.corrcoef([rows, columns, mirrored]) - np.eye(3)).max() < 0.2
    for before, after in zip(*seen, strict=True):
        assert (before != after).any()


def test_what_is_cut_out_is_a_part_as_it_was(either, ramps, numpy):
    batch = numpy(cut((ramps, ramps), pairs))[0]
    levels = np.round((batch["target"] + 1) * 127.5).astype(int)
    rows, columns, mirrored = places(batch["target"])
    assert not mirrored.any()
    for image, row, column in zip(levels, rows, columns, strict=True):
        np.testing.assert_array_equal(image, ramps[0, row : row + 16, column : column + 24])


def test_domains_move_apart(either, ramps, numpy):
    batch = numpy(cut((ramps, ramps), domains, flip=True))[0]
    for a, b in zip(places(batch["a"]), places(batch["b"]), strict=True):
        assert abs(np.corrcoef(a, b)[0, 1]) < 0.2


def test_nothing_moves_by_default(either, ramps, numpy):
    batch = numpy(pairs(ramps, ramps, batch_size=400))[0]
    np.testing.assert_array_equal(batch["source"], np.broadcast_to(batch["source"][:1], ramps.shape))


def test_augment_gets_whole_batches(either, ramps, numpy):
    batches = pairs(ramps, ramps, batch_size=4, augment=lambda batch: {**batch, "source": -batch["target"]})
    batch = numpy(batches)[0]
    np.testing.assert_array_equal(batch["source"], -batch["target"])


@pytest.mark.parametrize(
    ("augment", "message"),
    [
        (
            lambda batch: {"source": batch["source"]},
            r"must return the columns source, target\. Received: source from it",
        ),
        (
            lambda batch: (batch["source"], batch["target"]),
            r"must return the columns source, target\. Received: an object",
        ),
        (
            lambda batch: {**batch, "target": batch["target"][:, 1:]},
            r"keep the shape \(4, 20, 30, 3\) and float32 of 'target'\. Received: target of shape \(4, 19, 30, 3\)",
        ),
    ],
)
def test_augment_must_keep_the_columns(either, ramps, numpy, augment, message):
    with pytest.raises(ValueError, match=message):
        numpy(pairs(ramps, ramps, batch_size=4, augment=augment))
