import numpy as np


class Reservoir:
    """Keeps rows drawn at random from a stream of unknown length: each has the same chance, wherever it stands.

    The first rows of a folder that is sorted by class are of one class; those kept here are of all.

    Args:
        most: int >= 1, rows to keep.
        seed: int. Defaults to 0.

    Reference:
        Vitter 1985, "Random sampling with a reservoir", algorithm R.

    Example:

    >>> import numpy as np
    >>> reservoir = Reservoir(most=3)
    >>> for start in (0, 50):
    ...     reservoir.add(np.arange(start, start + 50))
    >>> len(reservoir.rows())
    3
    """

    def __init__(self, most: int, seed: int = 0) -> None:
        self.most, self.seed = most, seed
        self.seen = 0
        self._random = np.random.default_rng(seed)
        self._kept = None

    def add(self, rows: np.ndarray) -> None:
        """Offers rows, an array `(batch, ...)` of the same shape and type each time."""
        room = self.most - min(self.seen, self.most)
        if room:
            first = rows[:room]
            self._kept = first.copy() if self._kept is None else np.concatenate([self._kept, first])
        rest = rows[room:]
        numbers = np.arange(self.seen + len(rows) - len(rest), self.seen + len(rows))
        places = self._random.integers(0, numbers + 1)
        chosen = places < self.most
        self._kept[places[chosen]] = rest[chosen]  # of rows for one place the last one stays
        self.seen += len(rows)

    def rows(self) -> np.ndarray:
        """Returns what is kept, in random order: the first few are a fair sample too.

        Raises:
            ValueError: if nothing was added.
        """
        if self._kept is None:
            raise ValueError("At least one image is needed. Received: none.")
        return self._kept[np.random.default_rng(self.seed).permutation(len(self._kept))]
