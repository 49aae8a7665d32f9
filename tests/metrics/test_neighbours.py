import numpy as np
import pytest

from keras_gan.metrics import distance_bounds, neighbours
from keras_gan.metrics.neighbours import FeatureRows, count_in_balls, nearest, nearest_others


def rows(features):
    kept = FeatureRows()
    kept.update(np.asarray(features))
    return kept


def all_squares(a, b):
    return np.square(a.astype("float64")[:, None] - b.astype("float64")[None]).sum(axis=-1)


def slow_counts(real, fake, k, strict):
    """The definition over full matrices; the k-th neighbour without self is entry k of the sorted row with self."""
    radii = [np.sort(all_squares(x, x), axis=1)[:, k] for x in (real, fake)]
    squares, nearer = all_squares(real, fake), np.less if strict else np.less_equal
    in_real, in_fake = nearer(squares, radii[0][:, None]), nearer(squares, radii[1][None])
    return in_real.sum(axis=0), in_real.sum(axis=1), in_fake.sum(axis=1)


def normal(random, count, width):
    return random.normal(size=(count, width))


# Pairs of sets that break distances by matrix products, or in float32.
CASES = {
    "normal": lambda r: (normal(r, 97, 8), 1.2 * normal(r, 64, 8) + 0.3),
    "float32": lambda r: (normal(r, 90, 300).astype("float32"), normal(r, 70, 300).astype("float32")),
    "lattice": lambda r: (np.round(normal(r, 80, 3)), np.round(normal(r, 90, 3))),
    "far from 0": lambda r: (normal(r, 80, 5) + 1e6, normal(r, 70, 5) + 1e6),
    "outliers": lambda r: (normal(r, 80, 5) * np.where(np.arange(80) == 3, 1e9, 1)[:, None], normal(r, 70, 5)),
    "tight modes": lambda r: (normal(r, 60, 4), r.integers(0, 2, (90, 1)) + 1e-7 * normal(r, 90, 4)),
    "copies": lambda r: ((x := normal(r, 60, 9)), x[r.integers(0, 10, 70)]),
    "same": lambda r: ((x := normal(r, 60, 9)), x),
    # All of a cluster among the candidates, in an order that float32 cannot tell.
    "clusters": lambda r: (
        (x := np.repeat(normal(r, 20, 9), 6, axis=0)) + 1e-5 * normal(r, 120, 9),
        x + 1e-5 * normal(r, 120, 9),
    ),
    "huge": lambda r: (1e100 * normal(r, 60, 2), 1e100 * normal(r, 50, 2)),
    "tiny": lambda r: (1e-30 * normal(r, 60, 2), 1e-30 * normal(r, 50, 2) + np.eye(50, 2)),
    "one mode": lambda r: (normal(r, 40, 2), np.full((50, 2), 0.1)),
    "one hot": lambda r: (np.eye(12)[r.integers(0, 12, 60)], np.eye(12)[r.integers(0, 12, 70)]),
}


@pytest.mark.parametrize("tile", [19, 64, 2048])
@pytest.mark.parametrize("case", CASES)
def test_counts_are_those_of_the_definition_whatever_the_tiles(case, tile, monkeypatch):
    monkeypatch.setattr(distance_bounds, "TILE", tile)
    real, fake = CASES[case](np.random.default_rng(0))
    for k in (1, 5):
        for strict in (True, False):
            counts = count_in_balls(rows(real), rows(fake), k, strict)
            for ours, slow in zip(counts, slow_counts(real, fake, k, strict), strict=True):
                np.testing.assert_array_equal(ours, slow)


@pytest.mark.parametrize("tile", [19, 2048])
@pytest.mark.parametrize("case", CASES)
def test_nearest_distances_and_rows(case, tile, monkeypatch):
    monkeypatch.setattr(distance_bounds, "TILE", tile)
    points, queries = CASES[case](np.random.default_rng(1))
    squares = all_squares(queries, points)
    found, indices = nearest(queries, points, 3)
    np.testing.assert_array_equal(found, np.sort(squares, axis=1)[:, :3])
    np.testing.assert_array_equal(found, np.take_along_axis(squares, indices, axis=1))
    squares = all_squares(points, points)
    np.fill_diagonal(squares, np.inf)
    found, indices = nearest_others(points, 3)
    np.testing.assert_array_equal(found, np.sort(squares, axis=1)[:, :3])
    np.testing.assert_array_equal(found, np.take_along_axis(squares, indices, axis=1))
    assert (indices != np.arange(len(points))[:, None]).all()
    assert all(len(set(row)) == 3 for row in indices.tolist())


def test_bounds_hold_and_are_narrow():
    random = np.random.default_rng(2)
    for width in (1, 16, 500):
        a = normal(random, 60, width) * 10.0 ** random.integers(-3, 4, (60, 1)) + 100
        b = normal(random, 50, width) + 100
        for dtype in ("float32", "float64"):
            frame = distance_bounds.Frame.around(a, b, dtype=dtype)
            one, other = frame.place(a), frame.place(b)
            lower = one.lower(other)
            upper = lower + one.gap[:, None] + other.gap
            true = frame.scaled(all_squares(a, b))
            assert (lower <= true).all()
            assert (true <= upper).all()
            size = np.square(one.values, dtype="float64").sum(axis=1)[:, None]
            size = size + np.square(other.values, dtype="float64").sum(axis=1)
            # Twice (width + 80) units of half an epsilon; the rounding of the bounds themselves is far below.
            assert ((upper - lower) <= 1.1 * (width + 80) * np.finfo(dtype).eps * size).all()


def test_hardly_any_pair_needs_its_float64_distance(monkeypatch):
    evaluated = []
    real_function = distance_bounds.pair_distances

    def counting(a, b, i, j):
        evaluated.append(len(i))
        return real_function(a, b, i, j)

    monkeypatch.setattr(distance_bounds, "pair_distances", counting)
    monkeypatch.setattr(neighbours, "pair_distances", counting)
    random = np.random.default_rng(3)
    # 30 deviations from 0: float32 products would lose three digits without a shift to the mean.
    real, fake = (rows((normal(random, 700, 64) + 30).astype("float32")) for _ in range(2))
    real.nearest(5)
    assert 5 * 700 <= sum(evaluated) <= 1.05 * 5 * 700
    fake.nearest(5)
    evaluated.clear()
    count_in_balls(real, fake, 5, True)
    assert sum(evaluated) <= 1e-4 * 4 * 700 * 700
    evaluated.clear()
    rows(np.repeat(normal(random, 10, 64), 70, axis=0)).nearest(5)  # a collapsed generator: at distance 0
    assert sum(evaluated) <= (5 + neighbours.SPARE) * 700


def test_distances_within_a_set_are_computed_once(monkeypatch):
    calls = []
    real_function = neighbours.nearest_others
    monkeypatch.setattr(neighbours, "nearest_others", lambda *a: calls.append(a) or real_function(*a))
    random = np.random.default_rng(4)
    real = rows(normal(random, 30, 4))
    for _ in range(3):
        count_in_balls(real, rows(normal(random, 30, 4)), 3, False)
    count_in_balls(real, rows(normal(random, 30, 4)), 5, True)
    assert len(calls) == 5  # the reals once, the fakes of each call
    real.update(normal(random, 1, 4))
    real.nearest(3)
    assert len(calls) == 6


def test_pairs_are_counted_once(monkeypatch):
    passes = []
    real_function = neighbours._count_in_balls
    monkeypatch.setattr(neighbours, "_count_in_balls", lambda *a: passes.append(a[2]) or real_function(*a))
    random = np.random.default_rng(8)
    features = [normal(random, 30, 4) for _ in range(3)]
    real, fake, more = (rows(x) for x in features)
    for _ in range(2):
        for k, strict in ((3, False), (5, True), (4, True)):
            counts = count_in_balls(real, fake, k, strict)
            for ours, slow in zip(counts, slow_counts(*features[:2], k, strict), strict=True):
                np.testing.assert_array_equal(ours, slow)
    assert passes == [[(3, False), (5, True)], [(4, True)]]
    count_in_balls(more, fake, 3, False)
    count_in_balls(real, fake, 3, False)
    assert len(passes) == 4
    for grown in (real, fake):
        grown.update(features[2])
        expected = slow_counts(real.column(), fake.column(), 3, False)
        for ours, slow in zip(count_in_balls(real, fake, 3, False), expected, strict=True):
            np.testing.assert_array_equal(ours, slow)
    count_in_balls(rows(features[0]), rows(features[1][:5]), 3, False)  # too few for the fifth neighbour
    assert passes[4:] == [[(3, False), (5, True)]] * 2 + [[(3, False)]]


def test_rows_keep_their_distances_on_the_way_to_a_file_and_back(monkeypatch):
    kept = rows(normal(np.random.default_rng(5), 20, 3))
    expected = kept.nearest(4)
    monkeypatch.setattr(neighbours, "nearest_others", None)
    again = FeatureRows.from_arrays(kept.arrays())
    np.testing.assert_array_equal(again.nearest(4), expected)
    np.testing.assert_array_equal(again.column(), kept.column())


def test_batches_and_merged_parts_are_one_set():
    features = normal(np.random.default_rng(6), 20, 3)
    whole, first, second = rows(features), rows(features[:7]), rows(features[7:12])
    first.nearest(3)
    second.update(features[12:])
    first.merge(second)
    np.testing.assert_array_equal(first.nearest(3), whole.nearest(3))


def test_float16_and_integers():
    features = np.random.default_rng(7).integers(-50, 50, (40, 3))
    expected = rows(features.astype("float64")).nearest(3)
    np.testing.assert_array_equal(rows(features).nearest(3), expected)
    np.testing.assert_array_equal(rows(features.astype("float16")).nearest(3), expected)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite(bad):
    features = np.zeros((4, 2))
    features[2, 1] = bad
    with pytest.raises(ValueError, match=r"must be finite\. Received: NaN or infinite values in 1 of 4 samples"):
        rows(features)


def test_wrong_shapes_and_k():
    with pytest.raises(ValueError, match=r"array \(count, width\)\. Received: shape \(4, 2, 2\)"):
        rows(np.zeros((4, 2, 2)))
    with pytest.raises(ValueError, match=r"array \(count, width\)\. Received: shape \(4, 0\)"):
        rows(np.zeros((4, 0)))
    three, wide = rows(np.eye(3)), rows(np.ones((9, 4)))
    with pytest.raises(ValueError, match=r"of one width\. Received: widths 3 and 4"):
        count_in_balls(three, wide, 2, True)
    with pytest.raises(ValueError, match=r"`k=3` neighbours need at least 4 reals\. Received: 3 reals"):
        count_in_balls(three, wide, 3, True)
    with pytest.raises(ValueError, match=r"`k=3` neighbours need at least 4 fakes\. Received: 3 fakes"):
        count_in_balls(wide, three, 3, True)
    with pytest.raises(ValueError, match=r"`k=1` neighbours need at least 2 reals\. Received: 1 reals"):
        count_in_balls(rows(np.zeros((1, 3))), three, 1, True)
    with pytest.raises(ValueError, match=r"At least one sample is needed"):
        count_in_balls(FeatureRows(), three, 1, True)
    for k in (0, 1.5, True, None):
        with pytest.raises(ValueError, match=rf"`k` must be a whole number >= 1\. Received: k={k}"):
            three.nearest(k) if k else neighbours.check_k(k)
