"""Writing files so that an interruption leaves the old version or the new one, never half of one."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


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
    scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    written = scratch / path.name
    try:
        yield written
        _synchronize(written)
        os.replace(written, path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _synchronize(path):
    """Flushes a file, or every file of a folder, to the disk."""
    for file in [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def save_image(path: str | os.PathLike, image) -> None:
    """Writes a uint8 array `(height, width, channels)` as an image file; the format is that of the suffix."""
    from keras_gan.pictures import to_pillow

    with replacing(path) as written:
        to_pillow(image).save(written)
