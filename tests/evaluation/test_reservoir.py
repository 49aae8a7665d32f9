import numpy as np
import pytest

from keras_gan.evaluation.reservoir import Reservoir


def kept(batches, most, seed=0):
    reservoir = Reservoir(most, seed)
    for batch in batches:
        reservoir.add(np.asarray(batch))
    return reservoir.rows()


def test_all_are_kept_where_there_is_room():
    rows = kept([[0, 1, 2], [3, 4]], most=9)
    assert sorted(rows) == [0, 1, 2, 3, 4]
    assert list(rows) != [0, 1, 2, 3, 4]  # a sorted folder's first few would be of one class


def test_batches_do_not_matter_and_nothing_is_kept_twice():
    stream = np.arange(100)
    whole = kept([stream], most=20)
    np.testing.assert_array_equal(kept(np.split(stream, [3, 19, 25, 60]), most=20), whole)
    assert len(set(whole)) == 20


def test_every_row_has_the_same_chance_to_be_kept_and_to_come_first():
    first, counts = np.zeros(50), np.zeros(50)
    for seed in range(2000):
        rows = kept(np.arange(50).reshape(5, 10), most=15, seed=seed)
        counts[rows] += 1
        first[rows[:5]] += 1
    # Binomial counts: 600 +- 20.5 and 200 +- 13.4; of 50 rows none is 4.5 deviations off, but for 1 in 3000 seeds.
    assert np.abs(counts - 600).max() < 4.5 * 20.5
    assert np.abs(first - 200).max() < 4.5 * 13.4


def test_what_was_given_may_change_afterwards():
    rows = np.zeros((4, 2, 2, 1), "uint8")
    reservoir = Reservoir(10)
    reservoir.add(rows)
    rows[:] = 9
    assert reservoir.rows().max() == 0


def test_nothing_added():
    with pytest.raises(ValueError, match=r"At least one image is needed. Received: none"):
        Reservoir(3).rows()
