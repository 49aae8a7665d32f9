"""Writing files so that an interruption leaves the old version or the new one, never half of one."""

import contextlib
import errno
import fcntl
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from keras_gan.storage.arrays import check_archive
from keras_gan.storage.texts import check_regular

SCRATCH = re.compile(r"\..+\.replacing-\w{8}")
TROUBLES = tuple(
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EROFS", "EIO", "ESTALE", "ENOENT", "EACCES", "EPERM", "EFBIG", "ENXIO", "ENODEV")
)


@contextlib.contextmanager
def replacing(path: str | os.PathLike, parents: bool = True) -> Iterator[Path]:
    """Gives a temporary path beside `path` to write to; moves it to `path` when the block ends without an error.

    The temporary file or folder has the same suffix, is synchronised to disk before the move and removed after an
    error. An existing file is replaced in one step. An existing folder is not: that raises FileExistsError before
    anything is written.

    Args:
        path: the file or folder that is to appear.
        parents: whether missing folders above it are made. Without, a folder that was there and is gone, like that of
            a network, is an error instead of being made anew where nobody looks for it.

    Yields:
        The path to write to. It does not exist yet.

    Raises:
        OSError: if the disk is full, gone or the like, whatever the writing library makes of that; it names `path`.
    """
    path = Path(path)
    if path.is_dir():
        raise FileExistsError(f"A folder stands where a new file or folder was to be written. Received: {path}.")
    scratch = None
    try:
        if parents:
            path.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.replacing-", dir=path.parent))
        written = scratch / path.name
        yield written
        _synchronize(written)
        os.replace(written, path)
        _synchronize_folder(path.parent)
    except Exception as error:
        if (told := _naming(error, path)) is None:
            raise
        raise told from error
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


def trouble(error: BaseException) -> OSError | None:
    """Returns what a disk or a system has refused, from what a library has made of it, or None if it was no such thing.

    TensorFlow and h5py turn a full disk into errors of other kinds.
    """
    if isinstance(error, OSError):
        return error
    if isinstance(error, RuntimeError) or type(error).__module__.startswith("tensorflow"):
        for number in TROUBLES:
            if os.strerror(number) in str(error):
                return OSError(number, os.strerror(number))
    return None


def _naming(error, path):
    """Returns the trouble that an error comes from as one with `path`; None if it is none, or names another place."""
    found = trouble(error)
    if found is None or found.errno is None:
        return None
    own = found.filename is None or f".{path.name}.replacing-" in str(found.filename)
    return OSError(found.errno, os.strerror(found.errno), str(path)) if own else None


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Gives a folder for the block, where the system has such; a full disk there is an OSError that names it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield Path(folder)
        except Exception as error:
            if (told := _naming(error, Path(folder))) is None:
                raise
            raise told from error


@contextlib.contextmanager
def temporary_files_in(folder: str | os.PathLike) -> Iterator[None]:
    """Has Python's temporary files made in a folder in the block: Keras makes some when it saves a model."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


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
        with contextlib.suppress(OSError):  # the number is for the message only, and the disk may be full
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
