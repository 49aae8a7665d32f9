"""Reading the tensors of a PyTorch state dict without PyTorch, and without running anything that the file asks for."""

import collections
import io
import math
import pickle
import struct
import zipfile
from typing import NamedTuple

import numpy as np

DTYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "LongStorage": "<i8"}
# The first pickle of the format before PyTorch 1.6, and the version that follows it.
LEGACY_MAGIC, LEGACY_VERSION = 0x1950A86A20F9469CFC6C, 1001


class Storage(NamedTuple):
    """What a file says of a stretch of numbers: its key, their type and their number."""

    key: str
    dtype: str
    count: int


class Tensor(NamedTuple):
    """What a file says of a tensor: a view, in elements, of a storage."""

    storage: Storage
    offset: int
    shape: tuple
    strides: tuple


class TensorUnpickler(pickle.Unpickler):
    """Reads pickles of tensors only: any other name in the file is refused before it is looked up."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        raise ValueError(f"it asks for {module}.{name}, which is refused: only plain tensors are read")

    def persistent_load(self, description):
        kind, dtype, key, _, count, *view = description
        if kind != "storage" or dtype not in DTYPES.values() or any(part is not None for part in view):
            raise ValueError("its storages are not of a known kind")
        return Storage(str(key), dtype, int(count))


def _tensor(storage, offset, shape, strides, *_):
    return Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


def read_state_dict(path):
    """Reads a file that `torch.save(model.state_dict(), path)` wrote, in the zip format or in that before PyTorch 1.6.

    Args:
        path: str or path.

    Returns:
        {name: array}, float32, float64 or int64, in PyTorch's layout.

    Raises:
        ValueError: if the file is damaged, is no state dict, or holds anything but tensors of these types.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(4)
            file.seek(0)
            described, read = _open_zip(file) if start == b"PK\x03\x04" else _open_legacy(file)
            return {str(name): _materialise(name, tensor, read) for name, tensor in described.items()}
    except FileNotFoundError:
        raise
    except Exception as error:  # a damaged pickle may raise anything
        reason = str(error) or type(error).__name__
        raise ValueError(f"A PyTorch state dict was expected. Received: {path}, unreadable: {reason}.") from error


def _open_zip(file):
    archive = zipfile.ZipFile(file)
    (listing,) = (name for name in archive.namelist() if name.endswith("/data.pkl") and name.count("/") == 1)
    folder = listing.removesuffix("data.pkl")
    if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != b"little":
        raise ValueError("it is big-endian")
    return TensorUnpickler(io.BytesIO(archive.read(listing))).load(), lambda storage: archive.read(
        f"{folder}data/{storage.key}"
    )


def _open_legacy(file):
    if _load(file) != LEGACY_MAGIC or _load(file) != LEGACY_VERSION:
        raise ValueError("it is of no known format")
    if _load(file)["little_endian"] is not True:
        raise ValueError("it is big-endian")
    described = _load(file)
    sizes = {tensor.storage.key: np.dtype(tensor.storage.dtype).itemsize for tensor in described.values()}
    data = {}
    for key in _load(file):
        (count,) = struct.unpack("<q", file.read(8))
        data[key] = file.read(count * sizes[key])
    return described, lambda storage: data[storage.key]


def _load(file):
    return TensorUnpickler(file).load()


def _materialise(name, tensor, read):
    if not isinstance(tensor, Tensor):
        raise ValueError(f"{name} is not a tensor")
    data = np.frombuffer(read(tensor.storage), tensor.storage.dtype)
    last = tensor.offset + sum((n - 1) * stride for n, stride in zip(tensor.shape, tensor.strides, strict=True))
    outside = min((tensor.offset, *tensor.shape, *tensor.strides)) < 0 or last >= tensor.storage.count
    if outside or len(data) != tensor.storage.count or math.prod(tensor.shape) > len(data):
        raise ValueError(f"the numbers of {name} are cut short")
    strides = [stride * data.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(data[tensor.offset :], tensor.shape, strides).copy()
