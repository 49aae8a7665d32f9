import threading

import numpy as np
import pytest

from keras_gan.data.sources import collect


def test_parallel_map_keeps_the_order_over_chunks(monkeypatch):
    monkeypatch.setattr(collect, "CHUNK", 3)
    assert list(collect.parallel_map(lambda x: x * x, range(11))) == [x * x for x in range(11)]


def test_parallel_map_takes_a_bounded_number_ahead(monkeypatch):
    monkeypatch.setattr(collect, "CHUNK", 3)
    taken = []
    next(collect.parallel_map(lambda x: x, (taken.append(x) or x for x in range(100))))
    assert len(taken) == 3


def test_parallel_map_uses_threads():
    together = threading.Barrier(2, timeout=20)
    assert sorted(collect.parallel_map(lambda _: together.wait(), range(2))) == [0, 1]


def rows(images):
    """Rows of one column."""
    return ({"image": image} for image in images)


@pytest.mark.parametrize("count", [4, 9, None])
def test_collect_stacks_what_comes(count, ramp):
    both = ({"image": image, "label": np.int32(place)} for place, image in enumerate(ramp(4)))
    stacked = collect.collect(both, count)
    np.testing.assert_array_equal(stacked["image"], ramp(4))
    np.testing.assert_array_equal(stacked["label"], [0, 1, 2, 3])
    assert stacked["label"].dtype == np.int32


@pytest.mark.parametrize("count", [2, None])
def test_collect_of_different_shapes(count):
    images = [np.zeros((4, 4, 3), "uint8"), np.zeros((4, 4, 1), "uint8")]  # these would broadcast
    with pytest.raises(ValueError, match=r"image 0 with shape=\(4, 4, 3\), image 1 with shape=\(4, 4, 1\).*size=64"):
        collect.collect(rows(images), count)


def test_collect_of_nothing():
    with pytest.raises(ValueError, match="At least one readable image"):
        collect.collect([], 0)


@pytest.mark.parametrize("count", [3, None])
def test_more_than_the_memory(monkeypatch, count, ramp):
    monkeypatch.setattr(collect, "memory_limit", lambda: 50)
    with pytest.raises(ValueError, match=r"half of the available memory.*cache=True.*`cache=False`.*path of a folder"):
        collect.collect(rows(ramp(3)), count)


def test_memory_limit_is_a_plausible_number():
    assert collect.memory_limit() > 2**20
