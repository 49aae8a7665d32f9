"""How rows become batches: what `keras_gan.data`'s functions have in common."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from keras_gan.data import optional
from keras_gan.data.arguments import check_count
from keras_gan.data.rows import Rows
from keras_gan.media import Images, Medium

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_gan.data.sequence import BatchSequence


@dataclasses.dataclass(frozen=True)
class Arrangement:
    """How rows become batches.

    What is random in a pass over the data follows from `seed` and the number of the pass (`Place.next_pass`) alone, so
    that training can go on in the middle of one.

    Args:
        batch_size, shuffle, seed, flip, drop_remainder, passes: as in `keras_gan.data.images`.
        cut: (height, width) in pixels that pictures are cut to, at random places; None to leave them whole.
        augment: function of a batch (a dict) to such a batch.
        what: what a row is called in errors, in the plural.
    """

    batch_size: int
    shuffle: bool = True
    seed: int | None = 0
    flip: bool = False
    cut: tuple[int, int] | None = None
    augment: Callable[[dict], dict] | None = None
    drop_remainder: bool = True
    passes: int = 1
    what: str = "images"

    def __post_init__(self):
        check_count("batch_size", self.batch_size)
        check_count("passes", self.passes)

    def batches(self, *groups: Rows) -> "tf.data.Dataset | BatchSequence":
        """Returns the data set of an epoch, with the attributes `columns` and `place`.

        Args:
            groups: rows of columns that belong together. A pass shows each row of the longest group once; shorter ones
                begin again, in a new order.

        Raises:
            ValueError: there are fewer rows than one batch needs, or none in a group.
        """
        count = row_count(groups)
        if empty := [group for group in groups if group.count == 0]:
            raise ValueError(
                f"At least one row is needed. Received: a source of {', '.join(empty[0].columns)} that is empty."
            )
        if self.drop_remainder and self.batch_size > count >= 0:
            raise ValueError(
                "A batch must not be larger than the data set. "
                f"Received: batch_size={self.batch_size}, with {count} {self.what}. "
                f"Use a `batch_size` of at most {count}, or `drop_remainder=False`."
            )
        if optional.has_tensorflow():
            from keras_gan.data.pipeline import Pipeline

            return Pipeline(self, groups).epoch()
        from keras_gan.data.sequence import BatchSequence

        return BatchSequence(self, groups)

    def batches_in(self, count: int) -> int | None:
        """Returns the number of batches in a pass over so many rows, or None where that is not known."""
        if count < 0:
            return None
        return count // self.batch_size if self.drop_remainder else -(-count // self.batch_size)

    def moved(self, columns: dict[str, Medium]) -> list[str]:
        """Returns the names of the columns that are mirrored or cut."""
        return [name for name, medium in columns.items() if isinstance(medium, Images) and (self.flip or self.cut)]


def row_count(groups: Sequence[Rows]) -> int:
    """Returns the number of rows in a pass: those of the longest group; below 0 where it is not known."""
    return max(group.count for group in groups)


def columns_of(groups: Sequence[Rows]) -> dict[str, Medium]:
    """Returns the columns of all groups."""
    return {name: medium for group in groups for name, medium in group.columns.items()}


def check_augmented(given: dict[str, tuple], received: Any) -> None:
    """Checks that `augment` has kept the columns, their shapes and their types.

    Args:
        given: {name: (shape, name of the dtype)}, None in a shape for what is not known.
        received: what `augment` has returned, described in the same way.
    """
    if not isinstance(received, dict) or set(received) != set(given):
        names = ", ".join(received) if isinstance(received, dict) else f"an object of type {type(received).__name__}"
        raise ValueError(f"`augment` must return the columns {', '.join(given)}. Received: {names} from it.")
    for name, (shape, dtype) in given.items():
        got, got_dtype = received[name]
        same = len(got) == len(shape) and all(a is None or b is None or a == b for a, b in zip(got, shape, strict=True))
        if not same or got_dtype != dtype:
            raise ValueError(
                f"`augment` must keep the shape {shape} and {dtype} of {name!r}. "
                f"Received: {name} of shape {got} and {got_dtype} from it."
            )


def on_column(name: str, augment: Callable | None) -> Callable[[dict], dict] | None:
    """Returns a function of a batch that applies `augment` to one column of it."""
    return None if augment is None else functools.partial(_augment_column, name, augment)


def _augment_column(name, augment, batch):
    return {**batch, name: augment(batch[name])}
