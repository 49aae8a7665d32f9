"""The files of a folder, and what is wrong with some of them."""

import itertools
import os
import pathlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from keras_gan.data.rows import InMemory, OnDemand
from keras_gan.data.sources import collect
from keras_gan.media import Labels, Medium

LITTER = ("thumbs.db", "desktop.ini", "__macosx")  # what systems leave in folders, besides hidden files


class Trouble:
    """What is wrong with the files of one folder or several, and what is done about it.

    Args:
        folders: {name of an argument: the folder that it gives}.
        bad_files: "raise" or "skip".
        wanted: what every file must be, for the error.
        shown: how many files an error names at most.

    Attributes:
        files: paths of all files of the right kind.
        bad: {path: what is wrong with it}.
    """

    def __init__(self, folders: dict[str, pathlib.Path], bad_files: str, wanted: str, shown: int = 5):
        self.folders, self.bad_files, self.wanted, self.shown = folders, bad_files, wanted, shown
        self.files: list[pathlib.Path] = []
        self.bad: dict[pathlib.Path, str] = {}

    def attempt(self, path: pathlib.Path, function: Callable, *args):
        """Calls `function`, or notes that the file is bad and returns None."""
        try:
            return function(*args)
        except Exception as error:  # Pillow raises OSError, SyntaxError, struct.error and more, by format and damage
            self.bad[path] = " ".join(str(error).replace(str(path), path.name).split()) or type(error).__name__
            return None

    def rows(self, load: Callable, items: Sequence) -> Iterator[tuple[Any, dict]]:
        """Reads rows in parallel, and yields (item, row) for each whose files are good.

        Args:
            load: function of an item and of a function such as `attempt` -> {name: array}, or None for a bad file.
            items: what is to be read, an item for each row.
        """
        items = list(items)
        loaded = collect.parallel_map(lambda item: load(item, self.attempt), items)
        yield from ((item, row) for item, row in zip(items, loaded, strict=True) if row is not None)

    def report(self, skip: bool = True) -> None:
        """Raises ValueError for bad files, or warns of them once where they are to be skipped.

        Args:
            skip: whether bad files may be skipped at all.
        """
        if not self.bad:
            return
        names = [f"{self.name(path)} ({reason})" for path, reason in sorted(self.bad.items())]
        if skip and self.bad_files == "skip":
            places = " and ".join(str(folder) for folder in self.folders.values())
            told = f"Skipped {len(names)} files of {places}: {', '.join(names)}"
            warnings.warn(told, stacklevel=6)  # the line that calls a function of `keras_gan.data`
            return
        more = f" and {len(names) - self.shown} more" if len(names) > self.shown else ""
        count = len(names) + sum(path not in self.bad for path in self.files)
        received = ", ".join(f"{argument}={str(folder)!r}" for argument, folder in self.folders.items())
        raise ValueError(
            f"{self.wanted} Received: {received} with {len(names)} bad of {count} files: "
            f'{", ".join(names[: self.shown])}{more}. Remove them, or use `bad_files="skip"`.'
        )

    def name(self, path: pathlib.Path) -> str:
        """Returns what a file is called: its path within its folder, with the folder where there are several."""
        if len(self.folders) > 1:
            return printable(str(path))
        return printable(path.relative_to(*self.folders.values()).as_posix())


class Files:
    """The files of one kind under a folder.

    When no file lies directly in the folder, every one lies in a sub-folder of it, and there are two sub-folders or
    more, the sub-folders are the classes, in alphabetical order. Otherwise there are no labels. Links are followed,
    save for those that lead back to a folder above them.

    Args:
        path: the folder.
        kind: what the files are, such as "image".
        suffixes: of such files, in lower case.
        trouble: where bad files are noted.
    """

    def __init__(self, path: pathlib.Path, kind: str, suffixes: tuple[str, ...], trouble: Trouble):
        self.path, self.trouble = path, trouble
        unreadable = []
        files = sorted(_walk(path, unreadable.append))
        self.files = [file for file in files if file.suffix.lower() in suffixes]
        article = "an" if kind[0] in "aeiou" else "a"
        trouble.bad |= {file: f"not {article} {kind} file" for file in files if file.suffix.lower() not in suffixes}
        trouble.bad |= {pathlib.Path(error.filename): error.strerror for error in unreadable}
        trouble.files += self.files
        if unreadable and (trouble.bad_files == "raise" or not self.files):
            trouble.report(skip=False)
        if not self.files:
            argument = next(name for name, folder in trouble.folders.items() if folder == path)
            raise ValueError(
                f"A folder must hold {kind} files ({', '.join(suffixes)}). "
                f"Received: {argument}={str(path)!r}, with {len(files)} other files."
            )
        parts = [file.relative_to(path).parts for file in self.files]
        classes = sorted({part[0] for part in parts})
        self.class_names = classes if len(classes) > 1 and all(len(part) == 2 for part in parts) else []
        self._numbers = {name: np.int32(number) for number, name in enumerate(self.class_names)}

    def label(self, path: pathlib.Path) -> dict[str, np.int32]:
        """Returns the column "label" of a file, or nothing where there are no classes."""
        return {"label": self._numbers[path.parent.name]} if self.class_names else {}

    @property
    def label_columns(self) -> dict[str, Medium]:
        return {"label": Labels(len(self.class_names))} if self.class_names else {}


def printable(text: str) -> str:
    """Returns a text in one line: what cannot be printed, as a new line in the name of a file, becomes "?"."""
    return "".join(c if c.isprintable() else "?" for c in text)


def read_rows(
    trouble: Trouble, load: Callable, items: Sequence, columns: dict[str, Medium], keep: bool
) -> InMemory | OnDemand:
    """Reads every file once, so that bad ones are told before training.

    Args:
        trouble: where bad files are noted.
        load, items: as for `Trouble.rows`.
        columns: {name: medium} of a row.
        keep: whether what is read stays in memory, instead of being read anew whenever it is needed.
    """
    rows = trouble.rows(load, items)
    first = next(rows, None)
    if first is None:
        trouble.report(skip=False)
    rows = itertools.chain([first], rows)
    if keep:
        arrays = collect.collect((row for _, row in rows), len(items))
        trouble.report()
        return InMemory(arrays, columns)
    kept = [item for item, _ in rows]
    trouble.report()
    shapes = {name: np.shape(value) for name, value in first[1].items()}
    dtypes = {name: value.dtype.name for name, value in first[1].items()}
    return OnDemand(lambda index: load(kept[index], _call), len(kept), shapes, dtypes, columns)


def _call(path: pathlib.Path, function: Callable, *args):
    """Calls a function as `Trouble.attempt` does, and lets its errors pass: the files have been checked."""
    return function(*args)


def _walk(folder: pathlib.Path, unreadable: Callable[[OSError], None]):
    for root, folders, files in os.walk(folder, onerror=unreadable, followlinks=True):
        folders[:] = [name for name in folders if not _is_litter(name) and not _leads_back(root, name)]
        yield from (pathlib.Path(root, name) for name in files if not _is_litter(name))


def _leads_back(root: str, name: str) -> bool:
    """Tells whether a sub-folder is a link to a folder that it lies in."""
    path = pathlib.Path(root, name)
    return path.is_symlink() and pathlib.Path(root).resolve().is_relative_to(path.resolve())


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.lower() in LITTER
