"""Writing files so that an interruption leaves the old version or the new one, never half of one."""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from keras_gan.untrusted.arrays import check_archive
from keras_gan.untrusted.texts import check_regular

SCRATCH = re.compile(r"\..+\.replacing-\w{8}")


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Gives a temporary path beside `path` to write to; moves it to `path` when the block ends without an error.

    The temporary file or folder has the same suffix, is synchronised to disk before the move and removed after an
    error. An existing file is replaced in one step. An existing folder is not: that raises FileExistsError before
    anything is written.

    Args:
        path: the file or folder that is to appear.

    Yields:
        The path to write to. It does not exist yet.
    """
    path = Path(path)
    if path.is_dir():
        raise FileExistsError(f"A folder stands where a new file or folder was to be written. Received: {path}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.replacing-", dir=path.parent))
    written = scratch / path.name
    try:
        yield written
        _synchronize(written)
        os.replace(written, path)
        _synchronize_folder(path.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def is_whole(path: str | os.PathLike) -> bool:
    """Tells whether a `.keras` file, a ZIP archive, is complete and as it was written, by the checksum of each part."""
    return fault(path) is None


def fault(path: str | os.PathLike) -> str | None:
    """Returns what keeps a `.keras` file from being read, or None if it is complete and as it was written.

    A file that says that it unpacks to much more than it has is not unpacked.
    """
    try:
        check_regular(Path(path), "A checkpoint")
        with zipfile.ZipFile(path) as archive:
            check_archive(archive, os.path.getsize(path))
            damaged = archive.testzip()
        return damaged and f"its part {damaged!r} is changed"
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return "a part is missing or changed"
    except Exception as error:  # lists of parts that make no sense raise all kinds of errors
        return " ".join(str(error).split())[:300] or type(error).__name__


@contextlib.contextmanager
def locked(folder: str | os.PathLike) -> Iterator[None]:
    """Holds a folder for this process in the block; the system lets go of it when the process ends, however it does.

    Raises:
        RuntimeError: if another process holds it.
        OSError: if its lock is a link: what that leads to would be written to.
    """
    descriptor = os.open(Path(folder) / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "another"
            raise RuntimeError(
                f"Only one process may work in a run folder. Received: {folder}, where process {holder} does. "
                "Wait for it, or stop it."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def sweep(folder: str | os.PathLike) -> None:
    """Removes what killed processes were writing below a folder: the temporary folders of `replacing`."""
    for path in Path(folder).rglob(".*"):
        if SCRATCH.fullmatch(path.name) and path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


def _synchronize(path):
    """Flushes a file, or every file of a folder, to the disk."""
    for file in [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _synchronize_folder(path):
    """Flushes the names in a folder, so that a rename outlives a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def save_image(path: str | os.PathLike, image) -> None:
    """Writes a uint8 array `(height, width, channels)` as an image file; the format is that of the suffix."""
    from keras_gan.pictures import to_pillow

    with replacing(path) as written:
        to_pillow(image).save(written)
