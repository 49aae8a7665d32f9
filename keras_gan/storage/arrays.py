"""ZIP archives, and arrays in .npy and .npz files, that somebody else may have made."""

import math
import os
import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from keras_gan.storage.memory import memory_limit
from keras_gan.storage.texts import check_regular

MEMBERS = 10_000  # entries of an archive at most
EXPANSION, FLOOR = 10, 64 * 2**20  # of checkpoints, which Keras does not compress: times the file's bytes, and bytes


def check_archive(archive: zipfile.ZipFile, size: int | None = None) -> None:
    """Looks over the list of an archive, before anything is unpacked.

    Args:
        archive: the archive.
        size: bytes of its file, of which it must not expand to much more; None where strong compression is usual.

    Raises:
        ValueError: if a name would lead out of a folder or stands there twice, a part is encrypted, or all parts
            together would be larger than plausible, or than half of the available memory.
    """
    parts = archive.infolist()
    if len(parts) > MEMBERS:
        raise ValueError(f"it holds {len(parts):,} parts, more than {MEMBERS:,}")
    names = [part.filename for part in parts]
    if repeated := sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []:
        raise ValueError(f"the part {repeated[0]!r} is there more than once")
    for part in parts:
        if part.filename.startswith("/") or "\\" in part.filename or ".." in part.filename.split("/"):
            raise ValueError(f"the part {part.filename!r} would be unpacked outside of its folder")
        if part.flag_bits & 1:
            raise ValueError(f"the part {part.filename!r} is encrypted")
    declared = sum(part.file_size for part in parts)
    if size is not None and declared > EXPANSION * size + FLOOR:
        raise ValueError(f"its {size:,} bytes say that they unpack to {declared:,}")
    check_memory(declared)


def check_memory(declared: int) -> None:
    """Raises ValueError for more bytes than half of the available memory."""
    if declared > (limit := memory_limit()):
        raise ValueError(f"it says that it unpacks to {declared:,} bytes, and {limit:,.0f} may be used")


def read_arrays(path: str | os.PathLike | IO[bytes]) -> dict[str, np.ndarray]:
    """Reads a .npz file of numbers and texts; never unpickles.

    Args:
        path: the file, or one that is open.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it is damaged, holds anything else, or says that it holds more than it does or than fits into
            half of the available memory.
    """
    _check_path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            check_archive(archive)
            for part in archive.infolist():
                with archive.open(part) as file:
                    _check_header(file, part.file_size)
        if not isinstance(path, (str, os.PathLike)):
            path.seek(0)
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except Exception as error:  # damaged headers and compressed streams raise all kinds of errors
        raise ValueError(_reason(error)) from error


def read_array(path: str | os.PathLike) -> np.ndarray:
    """Reads a .npy file. Raises as `read_arrays`."""
    _check_path(path)
    try:
        size = os.path.getsize(path)
        check_memory(size)
        with open(path, "rb") as file:
            _check_header(file, size)
            file.seek(0)
            return np.lib.format.read_array(file, allow_pickle=False)
    except Exception as error:  # as above
        raise ValueError(_reason(error)) from error


def _check_path(path):
    if isinstance(path, (str, os.PathLike)):
        check_regular(Path(path), "A file of arrays")


def _check_header(file, size):
    """Raises ValueError unless a .npy file of `size` bytes begins here, with all the numbers that it announces."""
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):  # 3.0 is for structured arrays
        raise ValueError(f"arrays of numbers are of version 1.0 or 2.0, not {version}")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if dtype.kind not in "biufUS":
        raise ValueError(f"only numbers and texts are read, not dtype {dtype}: no Python objects")
    declared, held = math.prod(shape) * dtype.itemsize, size - file.tell()
    if any(side < 0 for side in shape) or declared > held or (dtype.itemsize == 0 and math.prod(shape) > MEMBERS):
        raise ValueError(f"it says that it holds an array of shape {shape} and type {dtype}, and has {held:,} bytes")


def _reason(error):
    return " ".join(str(error).split())[:300] or type(error).__name__
