"""Reading the tensors of a PyTorch state dict without PyTorch, and without running anything that the file asks for."""

import io
import math
import os
import struct
import zipfile

import numpy as np

from keras_gan.features.torch_pickle import Tensor, read_pickle
from keras_gan.storage.arrays import check_archive
from keras_gan.storage.texts import check_regular

# The first pickle of the format before PyTorch 1.6, and the version that follows it.
LEGACY_MAGIC, LEGACY_VERSION = 0x1950A86A20F9469CFC6C, 1001


def read_state_dict(path):
    """Reads a file that `torch.save(model.state_dict(), path)` wrote, in the zip format or in that before PyTorch 1.6.

    Args:
        path: str or path.

    Returns:
        {name: array}, float32, float64 or int64, in PyTorch's layout.

    Raises:
        ValueError: if the file is damaged, is no state dict, or holds anything but tensors of these types.
    """
    check_regular(path, "A PyTorch state dict")
    try:
        with open(path, "rb") as file:
            start = file.read(4)
            file.seek(0)
            described, read = _open_zip(file) if start == b"PK\x03\x04" else _open_legacy(file)
            _check_described(described, os.path.getsize(path))
            return {str(name): _materialise(name, tensor, read) for name, tensor in described.items()}
    except FileNotFoundError:
        raise
    except Exception as error:  # a damaged pickle may raise anything
        reason = str(error) or type(error).__name__
        raise ValueError(f"A PyTorch state dict was expected. Received: {path}, unreadable: {reason}.") from error


def _open_zip(file):
    archive = zipfile.ZipFile(file)
    check_archive(archive, os.fstat(file.fileno()).st_size)
    (listing,) = (name for name in archive.namelist() if name.endswith("/data.pkl") and name.count("/") == 1)
    folder = listing.removesuffix("data.pkl")
    if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != b"little":
        raise ValueError("it is big-endian")
    described = read_pickle(io.BytesIO(archive.read(listing)))
    return described, lambda storage: archive.read(f"{folder}data/{storage.key}")


def _open_legacy(file):
    if read_pickle(file) != LEGACY_MAGIC or read_pickle(file) != LEGACY_VERSION:
        raise ValueError("it is of no known format")
    if read_pickle(file)["little_endian"] is not True:
        raise ValueError("it is big-endian")
    described, size = read_pickle(file), os.fstat(file.fileno()).st_size
    _check_described(described, size)
    sizes = {tensor.storage.key: np.dtype(tensor.storage.dtype).itemsize for tensor in described.values()}
    data = {}
    for key in read_pickle(file):
        (count,) = struct.unpack("<q", file.read(8))
        if not 0 <= count <= size:
            raise ValueError("a storage is cut short")
        data[key] = file.read(count * sizes[key])
    return described, lambda storage: data[storage.key]


def _check_described(described, size):
    """Raises ValueError unless tensors are described which a file of `size` bytes can hold, a few of them twice."""
    if not isinstance(described, dict):
        raise ValueError(f"it holds a {type(described).__name__}, no dict of tensors")
    for name, tensor in described.items():
        if not isinstance(tensor, Tensor):
            raise ValueError(f"{str(name)[:99]} is not a tensor")
    if sum(max(0, math.prod(tensor.shape)) for tensor in described.values()) > size:  # a number has 4 bytes or 8
        raise ValueError("its tensors are larger than the file")


def _materialise(name, tensor, read):
    data = np.frombuffer(read(tensor.storage), tensor.storage.dtype)
    last = tensor.offset + sum((n - 1) * stride for n, stride in zip(tensor.shape, tensor.strides, strict=True))
    outside = min((tensor.offset, *tensor.shape, *tensor.strides)) < 0 or last >= tensor.storage.count
    if outside or len(data) != tensor.storage.count or math.prod(tensor.shape) > len(data):
        raise ValueError(f"the numbers of {name} are cut short")
    strides = [stride * data.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(data[tensor.offset :], tensor.shape, strides).copy()
