"""From what a user names to a source of images."""

import dataclasses
import pathlib
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gan.data import catalogue, optional
from keras_gan.data.arguments import check_unused
from keras_gan.data.sources import arrays
from keras_gan.data.sources.arrays import Arrays
from keras_gan.data.sources.folder import Folder

if TYPE_CHECKING:
    from keras_gan.data.sources.stored import Stored


@dataclasses.dataclass(frozen=True)
class Opening:
    """How sources are opened. The arguments are those of `keras_gan.data.images`."""

    split: str = "train"
    value_range: tuple[float, float] | None = None
    bad_files: str = "raise"
    data_dir: str | pathlib.Path | None = None
    archives: str | pathlib.Path | None = None

    def named(self, name: str, split: str | None = None) -> "Stored | Arrays":
        """Opens a data set by its name; `split` instead of its own."""
        return catalogue.open_named(name, split or self.split, self.data_dir, self.archives, self.value_range)

    def images(self, source: Any, argument: str = "source") -> "Arrays | Folder | Stored":
        """Opens any source of images.

        Args:
            source: as for `keras_gan.data.images`.
            argument: the name of the argument that is `source`, for errors.
        """
        if isinstance(source, str) and catalogue.is_name(source):
            return self.named(source)
        path = pathlib.Path(source) if isinstance(source, (str, pathlib.Path)) else None
        if path is not None and not path.exists():
            raise catalogue.unknown(str(source), argument)
        is_npz = path is not None and path.suffix == ".npz"
        check_unused("split", self.split, "train", "named data sets and .npz files" if not is_npz else None)
        if path is not None and path.is_dir():
            return self.folder(path, argument)
        self._check_unnamed()
        if path is None:
            return self._object(source, argument)
        if path.suffix not in (".npz", ".npy"):
            raise ValueError(
                f"A file must be a .npz or a .npy. Received: {argument}={str(source)!r}. Images go in a folder."
            )
        return arrays.read_file(path, self.split, self.value_range)

    def folder(self, path: pathlib.Path, argument: str) -> Folder:
        """Opens a folder of images."""
        self._check_unnamed()
        check_unused("value_range", self.value_range, None, "arrays and data sets, not for files of images")
        return Folder(path, self.bad_files, argument)

    def _check_unnamed(self) -> None:
        check_unused("data_dir", self.data_dir, None, "named data sets")
        check_unused("archives", self.archives, None, "named data sets")

    def _object(self, source: Any, argument: str) -> "Arrays | Stored":
        if optional.is_dataset(source):
            from keras_gan.data.sources.stored import Stored

            return Stored(source, self.value_range)
        name = "images" if argument == "source" else argument
        if isinstance(source, tuple) and len(source) == 2:
            return Arrays(*source, self.value_range, name)
        if isinstance(source, np.ndarray) or hasattr(source, "__array__"):
            return Arrays(source, None, self.value_range, name)
        raise TypeError(
            "A source must be a name, a path, an array, a tuple (images, labels) or a tf.data.Dataset. "
            f"Received: {argument} of type {type(source).__name__}."
        )
