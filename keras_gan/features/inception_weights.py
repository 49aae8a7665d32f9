"""The published weights of Inception-2015-12-05: getting the file, telling it from others, reading it."""

import hashlib
import itertools
import math
import shutil
import sys
import urllib.request
from pathlib import Path

from keras_gan.features.torch_file import read_state_dict
from keras_gan.storage.caches import cache_folder
from keras_gan.storage.files import replacing
from keras_gan.storage.texts import check_regular

# SHA-256 -> file. The first is also what the file's name says, in its first 8 digits.
PUBLISHED = {
    "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2": "pt_inception-2015-12-05-6726825d.pth",
    "009d6814d1bc560d4e7b236e170e9b2d5ca6f4b57bd8037f6db05776204415c6": "classify_image_graph_def.pb",
}
SHA256 = next(iter(PUBLISHED))
URLS = (
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth",
    "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
)
MEGABYTE = 2**20
TIMEOUT = 30  # seconds without a byte

_NORMALIZATION = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}


def sha256_of_file(path):
    """Returns the SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(MEGABYTE):
            digest.update(block)
    return digest.hexdigest()


def download(urls=URLS, sha256=SHA256, folder=None):
    """Returns the path of the published weights, downloading them unless they are there.

    Args:
        urls: addresses of one and the same file, tried in turn.
        sha256: str, what the file must hash to, in the cache folder as well as after the download.
        folder: where to keep it. Defaults to `cache_folder()`.

    Returns:
        Path of the file. It appears whole and checked, or not at all.

    Raises:
        ConnectionError: if no address answers.
        ValueError: if what was downloaded has another hash.
    """
    path = Path(folder or cache_folder()) / PUBLISHED.get(sha256, urls[0].rsplit("/", 1)[-1])
    if path.is_file() and sha256_of_file(path) == sha256:
        return path
    failures = []
    for url in urls:
        try:
            with replacing(path) as written:
                _fetch(url, written)
                if (received := sha256_of_file(written)) != sha256:
                    raise ValueError(f"Weights must have the SHA-256 {sha256}. Received: {received} from {url}.")
            return path
        except OSError as error:
            failures.append(f"{url}: {error}")
    raise ConnectionError(
        f"Inception's weights could not be downloaded. Received: {'; '.join(failures)}. "
        "Get the file by other means and give its path: InceptionFeatures(weights=PATH)."
    )


def _fetch(url, path):
    with urllib.request.urlopen(url, timeout=TIMEOUT) as response, open(path, "wb") as file:
        size = int(response.headers.get("Content-Length") or 0)
        print(f"Downloading {size / 1e6:.0f} MB from {url}", file=sys.stderr)
        shutil.copyfileobj(response, file, MEGABYTE)


def read_weights(path):
    """Reads the tensors of the network from a published file or one of the same form.

    Args:
        path: of a TensorFlow GraphDef (`.pb`) or a PyTorch state dict (`.pth`, `.pt`).

    Returns:
        {name in PyTorch's state dict: array in Keras's layout}: kernels (height, width, in, out), `fc.weight` (in,
        out). Counts of batches, which PyTorch adds, are left out; whether the tensors are complete is for
        `inception.assign` to say.

    Raises:
        ValueError: if the file is unreadable or has another ending.
        FileNotFoundError: if there is no such file.
        ImportError: if a `.pb` file is given and TensorFlow is not installed.
    """
    ending = Path(path).suffix
    if ending == ".pb":
        return _read_graph(path)
    if ending in (".pth", ".pt"):
        arrays = read_state_dict(path)
        return {name: _keras_layout(a) for name, a in arrays.items() if not name.endswith("num_batches_tracked")}
    raise ValueError(f"Inception's weights must be a .pb or a .pth file. Received: {path}.")


def _keras_layout(array):
    if array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    return array.T


def _read_graph(path):
    try:
        import tensorflow as tf
    except ImportError as error:
        raise ImportError(
            f"A GraphDef is read with TensorFlow, which is not installed. Received: {path}. "
            "Install tensorflow, or use the .pth file."
        ) from error
    from google.protobuf.message import DecodeError

    check_regular(path, "A GraphDef")
    graph, content = tf.compat.v1.GraphDef(), Path(path).read_bytes()
    try:
        graph.ParseFromString(content)
        names = scopes()
        tensors = {
            names[node.name]: node.attr["value"].tensor
            for node in graph.node
            if node.op == "Const" and node.name in names
        }
        for name, tensor in tensors.items():  # one number can stand for any number of them
            if math.prod(side.size for side in tensor.tensor_shape.dim) > len(content):
                raise ValueError(f"{name} says that it holds more than the file")
        return {name: tf.make_ndarray(tensor) for name, tensor in tensors.items()}
    except (DecodeError, ValueError, TypeError, OverflowError, KeyError) as error:
        raise ValueError(f"A TensorFlow GraphDef was expected. Received: {path}, unreadable: {error}.") from error


def scopes():
    """Returns {name of a constant in the published graph: name in PyTorch's state dict}, 472 of them."""
    names = {"softmax/weights": "fc.weight", "softmax/biases": "fc.bias"}
    for scope, unit in _units():
        names[f"{scope}/conv2d_params"] = f"{unit}.conv.weight"
        names.update({f"{scope}/batchnorm/{ours}": f"{unit}.bn.{torch}" for ours, torch in _NORMALIZATION.items()})
    return names


def _units():
    """Yields (scope in the graph, prefix in the state dict) of the 94 convolutions."""
    one, pool = {"": ["branch1x1"]}, {"tower_2/": ["branch_pool"]}
    triple = _chain("branch3x3dbl", 3)
    a = {**one, "tower/": _chain("branch5x5", 2), "tower_1/": triple, **pool}
    c = {**one, "tower/": _chain("branch7x7", 3), "tower_1/": _chain("branch7x7dbl", 5), **pool}
    e = {
        **one,
        "tower/": ["branch3x3_1"],
        "tower/mixed/": ["branch3x3_2a", "branch3x3_2b"],
        "tower_1/": _chain("branch3x3dbl", 2),
        "tower_1/mixed/": ["branch3x3dbl_3a", "branch3x3dbl_3b"],
        **pool,
    }
    blocks = {"5b": a, "5c": a, "5d": a, "6a": {"": ["branch3x3"], "tower/": triple}}
    blocks |= {"6b": c, "6c": c, "6d": c, "6e": c}
    blocks |= {"7a": {"tower/": _chain("branch3x3", 2), "tower_1/": _chain("branch7x7x3", 4)}, "7b": e, "7c": e}
    stem = ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"]
    yield from zip(_numbered("conv"), stem, strict=False)
    for mixed, (block, branches) in zip(_numbered("mixed"), blocks.items(), strict=False):
        for scope, names in branches.items():
            for unit, name in zip(_numbered("conv"), names, strict=False):
                yield f"{mixed}/{scope}{unit}", f"Mixed_{block}.{name}"


def _chain(name, count):
    return [f"{name}_{number}" for number in range(1, count + 1)]


def _numbered(name):
    """Yields the names that TensorFlow 1 gave to things of one name: conv, conv_1, conv_2 ..."""
    yield name
    for number in itertools.count(1):
        yield f"{name}_{number}"
