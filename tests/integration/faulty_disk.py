"""A disk that fails: what Python asks of the system, for paths below one folder, with faults put in."""

import builtins
import contextlib
import errno
import io
import os
import pathlib
import tempfile

CALLS = ("mkdir", "replace", "rename", "fsync", "truncate", "unlink", "open")


class Disk:
    """Fails with one errno for what is written below a folder, once so many bytes were written there.

    Args:
        folder: the folder.
        number: the errno.
        room: bytes that can be written before it fails.
        matching: only files with this in their path count and fail.
    """

    def __init__(self, folder, number=errno.ENOSPC, room=0, matching=""):
        self.folder, self.number, self.room, self.matching = pathlib.Path(folder), number, room, matching
        self.failures = 0

    def fail(self, path=None):
        self.failures += 1
        raise OSError(self.number, os.strerror(self.number), *([] if path is None else [str(path)]))

    def concerns(self, path):
        if not isinstance(path, (str, os.PathLike)):
            return False
        path = os.path.abspath(os.fspath(path))
        return path.startswith(str(self.folder)) and self.matching in path

    def refuses(self, name, path, arguments):
        """Tells whether a call fails: a full disk still opens and cuts what it has, and removes it."""
        full = self.number in (errno.ENOSPC, errno.EDQUOT)
        if name == "open":
            return bool(arguments[0] & (os.O_WRONLY | os.O_RDWR)) and not (full and os.path.exists(path))
        return not (full and (name in ("unlink", "truncate") or (name == "mkdir" and os.path.exists(path))))

    @contextlib.contextmanager
    def failing(self):
        """Puts the faults in, in the block."""
        originals = {name: getattr(os, name) for name in CALLS}
        opened = builtins.open
        paths = {}  # of descriptors that os.open gave, for fsync

        def call(name):
            def wrapped(path, *arguments, **named):
                place = paths.get(path) if name == "fsync" else path
                if self.room <= 0 and self.concerns(place) and self.refuses(name, place, arguments):
                    self.fail(None if name == "fsync" else path)
                result = originals[name](path, *arguments, **named)
                if name == "open":
                    paths[result] = path
                return result

            return wrapped

        def open_(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, *rest, **named):
            if not (set(mode) & set("wax+") and self.concerns(file)):
                return opened(file, mode, buffering, encoding, errors, newline, *rest, **named)
            if self.room <= 0 and self.number not in (errno.ENOSPC, errno.EDQUOT):
                self.fail(file)
            raw = _Limited(self, file, mode.replace("b", "").replace("t", ""), named.get("opener"))
            if buffering == 0:
                return raw
            buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)

        try:
            for name in CALLS:
                setattr(os, name, call(name))
            builtins.open = io.open = open_
            yield self
        finally:
            builtins.open = io.open = opened
            for name, original in originals.items():
                setattr(os, name, original)
            tempfile.tempdir = None


class _Limited(io.FileIO):
    def __init__(self, disk, file, mode, opener):
        self.disk = disk
        super().__init__(file, mode, opener=opener)

    def write(self, data):
        data = memoryview(data).cast("B")
        if self.disk.room <= 0 < len(data):
            self.disk.fail()
        written = super().write(data[: self.disk.room])
        self.disk.room -= written
        return written
