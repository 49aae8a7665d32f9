"""How a stored picture becomes the columns of a row."""

import dataclasses

import numpy as np

from keras_gan.data.sources.convert import Convert
from keras_gan.media import Images, Medium


@dataclasses.dataclass(frozen=True)
class Layout:
    """A stored picture is one column, or has several that lie side by side.

    Args:
        converts: {name of a column: how it is converted}, from left to right.
        labelled: whether the labels of the source, where it has any, are a column too.
    """

    converts: dict[str, Convert]
    labelled: bool = False

    @property
    def columns(self) -> dict[str, Medium]:
        return {name: Images() for name in self.converts}

    def __call__(self, picture: np.ndarray, name: str) -> dict[str, np.ndarray]:
        """Returns the columns of a picture (height, width, channels), which is called `name` in errors."""
        _, width = self.part(*picture.shape[:2], name)
        return {
            column: convert(picture[:, place * width : (place + 1) * width], name)
            for place, (column, convert) in enumerate(self.converts.items())
        }

    def part(self, height: int, width: int, name: str) -> tuple[int, int]:
        """Returns the height and width of one column of a picture of this size.

        Raises:
            ValueError: if the picture cannot be parted.
        """
        if width % len(self.converts):
            raise ValueError(
                f"Pictures of pairs side by side must have an even width. Received: {name} of {height}x{width} pixels. "
                "Cut it, or keep the two sides in two folders."
            )
        return height, width // len(self.converts)

    def keeps(self, height: int, width: int, channels: int) -> bool:
        """Whether pictures of this shape pass unchanged, as one column."""
        return len(self.converts) == 1 and all(c.keeps(height, width, channels) for c in self.converts.values())


def whole(convert: Convert, column: str = "image") -> Layout:
    """Returns the layout of a picture that is one column; images keep their labels."""
    return Layout({column: convert}, labelled=column == "image")
