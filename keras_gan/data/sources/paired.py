"""Pictures and their partners, in two folders or two arrays."""

import dataclasses
import pathlib
import typing

from keras_gan.data.rows import InMemory, OnDemand
from keras_gan.data.sources.arrays import Arrays
from keras_gan.data.sources.files import Trouble, read_rows
from keras_gan.data.sources.folder import Folder, Header, decode
from keras_gan.data.sources.layout import Layout, whole

WANTED = "Every file of both folders must be a readable image with one partner of the same path without its suffix."
SHOWN = 10  # files that an error names at most


class PairedFolders:
    """The images of two folders, matched by their paths in the folder without the suffix.

    Args:
        source: the folder of the sources.
        target: the folder of their targets.
        bad_files: "raise" or "skip": what to do about a file that is no readable image or has no partner. The partner
            of such a file is left out with it.
    """

    in_memory = False

    def __init__(self, source: pathlib.Path, target: pathlib.Path, bad_files: str = "raise"):
        self.trouble = Trouble({"source": source, "target": target}, bad_files, WANTED, SHOWN)
        self.source, self.target = (Folder(path, trouble=self.trouble) for path in (source, target))
        sources, targets = _by_name(self.source), _by_name(self.target)
        self._note(sources, targets, target)
        self._note(targets, sources, source)
        self.paths = [
            (sources[name][0], targets[name][0])
            for name in sorted(sources)
            if len(sources[name]) == len(targets.get(name, ())) == 1
        ]
        if bad_files == "raise" or not self.paths:
            self.trouble.report(skip=False)

    def _note(self, names: dict, others: dict, folder: pathlib.Path) -> None:
        for name, paths in names.items():
            if len(paths) > 1:
                self.trouble.bad |= dict.fromkeys(paths, f"one of {len(paths)} files of this name")
            elif len(others.get(name, ())) != 1:
                self.trouble.bad[paths[0]] = f"no partner in {folder.name}"

    def read(self, layout: Layout, keep: bool = True) -> InMemory | OnDemand:
        """Decodes every file once, and holds the images in memory or decodes them anew whenever they are needed."""
        self.source.files, self.target.files = map(list, zip(*self.paths, strict=True))
        of_source, of_target = ({header.path: header for header in side.headers()} for side in self._sides())
        pairs = [(of_source[a], of_target[b]) for a, b in self.paths if a in of_source and b in of_target]
        if not pairs:
            self.trouble.report(skip=False)
        self._check_sizes(pairs)
        parts = [
            side.settle(whole(layout.converts[column], column), [pair[place] for pair in pairs])
            for place, (column, side) in enumerate(zip(("source", "target"), self._sides(), strict=True))
        ]

        def load(pair, attempt):
            rows = [attempt(header.path, decode, header, part) for header, part in zip(pair, parts, strict=True)]
            return None if None in rows else rows[0] | rows[1]

        return read_rows(self.trouble, load, pairs, layout.columns, keep)

    def _sides(self) -> tuple[Folder, Folder]:
        return self.source, self.target

    def _check_sizes(self, pairs: list[tuple[Header, Header]]) -> None:
        wrong = [(a, b) for a, b in pairs if (a.height, a.width) != (b.height, b.width)]
        if wrong:
            told = " and ".join(f"{self.trouble.name(h.path)} of {h.height}x{h.width} pixels" for h in wrong[0])
            more = f", and {len(wrong) - 1} more such pairs" if len(wrong) > 1 else ""
            raise ValueError(
                f"The two images of a pair must have one size, before they are brought to `size`. Received: {told}"
                f"{more}. Resize one of the folders."
            )


def _by_name(folder: Folder) -> dict[str, list[pathlib.Path]]:
    """Returns {path in the folder without suffix: the files of that name}."""
    found = {}
    for path in folder.files:
        found.setdefault(path.relative_to(folder.path).with_suffix("").as_posix(), []).append(path)
    return found


@dataclasses.dataclass(frozen=True)
class PairedArrays:
    """Images and their partners in memory, in one order.

    Args:
        source: the sources.
        target: as many targets, of the same height and width.
    """

    in_memory: typing.ClassVar[bool] = True

    source: Arrays
    target: Arrays

    def __post_init__(self):
        shapes = self.source.images.shape, self.target.images.shape
        if shapes[0][:3] != shapes[1][:3]:
            raise ValueError(
                "A source and a target must be as many images of one size. "
                f"Received: source with shape={shapes[0]}, target with shape={shapes[1]}."
            )

    def read(self, layout: Layout, keep: bool = True) -> InMemory:
        """Converts the images. They are in memory whatever `keep` says."""
        sides = {"source": self.source, "target": self.target}
        arrays = {}
        for column, convert in layout.converts.items():
            arrays |= sides[column].read(whole(convert, column)).arrays
        return InMemory(arrays, layout.columns)
