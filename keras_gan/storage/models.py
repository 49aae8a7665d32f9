"""Keras models in files that somebody else may have made: looked over before Keras builds anything."""

import contextlib
import io
import math
import os
import zipfile
from pathlib import Path
from typing import Any

import keras

from keras_gan.storage.arrays import check_archive, check_memory
from keras_gan.storage.texts import MOST, check_regular, parse_json, walk

CONFIG, METADATA, WEIGHTS, ASSETS = "config.json", "metadata.json", "model.weights.h5", "assets/"
# Parts of Keras whose configuration may hold code, or names files that are opened when it is read.
REFUSED = (
    *("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),
    *("StringLookup", "IntegerLookup", "TextVectorization", "IndexLookup"),
)
MODULES = tuple(
    f"keras.{name}"
    for name in (
        *("activations", "constraints", "dtype_policies", "initializers", "layers", "losses", "metrics", "models"),
        *("ops", "optimizers", "quantizers", "random", "regularizers"),
    )
)
# How Keras writes values that JSON lacks. `__lambda__` is code, `__typespec__` names a class of TensorFlow.
VALUES = ("__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__")
NUMBERS = ("bool", "int", "uint", "float", "bfloat")
SLACK = 2**20  # numbers that a network may have besides those in the file, such as states of random generators


def load_model(path: str | os.PathLike, compile: bool = True, kind: type | None = None) -> keras.Model:
    """Loads a `.keras` file: `keras.saving.load_model` in safe mode, after a look at what is in it.

    Nothing of the file is built before its list of parts, its configuration and its weights are found plausible: only
    classes of Keras, and those that are registered with it already, so that no module is imported; no `Lambda`; no
    links to other files; no more weights than the file holds.

    Args:
        path: the file.
        compile: whether to compile the model as it was.
        kind: the class that the model must be of, or None for any. Of a `keras_gan` game the networks are looked at.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is damaged, not plausible, or refused; the text says why, without the path.
    """
    check_model(path, kind)
    return keras.saving.load_model(path, compile=compile, safe_mode=True)


def check_model(path: str | os.PathLike, kind: type | None = None) -> None:
    """Raises as `load_model`, whose first half it is."""
    check_regular(Path(path), "A model")
    with _opened(path) as archive:
        check_archive(archive, os.path.getsize(path))
        config = parse_json(_part(archive, CONFIG, MOST))
        _part(archive, METADATA, MOST)
        if others := [
            n for n in archive.namelist() if n not in (CONFIG, METADATA, WEIGHTS) and not n.startswith(ASSETS)
        ]:
            raise ValueError(f"it holds {others[0]!r}, which no model has")
        check_classes(config)
        check_kind(config, kind)
        stored = stored_numbers(_part(archive, WEIGHTS))
    check_size([config] if kind is None else [v for v in config["config"].values() if isinstance(v, dict)], stored)


def _opened(path):
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise ValueError(f"it is no whole archive: {error}") from error


def _part(archive, name, most=None):
    """Returns a part of an archive; one that is missing, damaged or larger than `most` is an error."""
    if name not in archive.namelist():
        raise ValueError(f"it lacks {name}")
    if most is not None and (size := archive.getinfo(name).file_size) > most:
        raise ValueError(f"{name} has {size:,} bytes, more than {most:,}")
    try:
        return archive.read(name)
    except Exception as error:  # damaged compressed streams raise all kinds of errors
        raise ValueError(f"{name} is damaged: {error}") from error


def check_classes(config: Any) -> None:
    """Raises ValueError if a configuration names what is neither part of Keras nor registered with it."""
    for value in walk(config):
        if isinstance(value, dict) and "class_name" in value:
            _check_class(value)


def _check_class(described):
    module, name, registered = (described.get(key) for key in ("module", "class_name", "registered_name"))
    if not isinstance(name, str) or not isinstance(module, (str, type(None))):
        raise ValueError("a class is named by texts")
    if name.startswith("__"):
        if name not in VALUES or not _is_plain(described.get("config")):
            raise ValueError(f"it holds a {name}, which is refused")
        return
    called = described.get("config") if name == "function" else name
    if not (isinstance(called, str) and called.isidentifier() and isinstance(registered, (str, type(None)))):
        raise ValueError("a class is named by a single word")
    key = called if name == "function" else described.get("registered_name", name)  # what Keras looks for
    if key and keras.saving.get_registered_object(key) is not None:
        return
    full = f"{module}.{called}" if module else str(registered or called)
    if called in REFUSED:
        raise ValueError(f"it holds {full}, which is refused: it may run code or open other files")
    if module == "builtins" and name == "function":  # how Keras names its own functions, such as "relu"
        return
    public = (module or "").replace("keras.src.", "keras.")
    if public != "keras" and not any(public == known or public.startswith(f"{known}.") for known in MODULES):
        raise ValueError(
            f"it names {full}, which is no part of Keras and not registered. A class of your own: import its module, "
            "which registers it with @keras.saving.register_keras_serializable(), before loading"
        )


def _is_plain(config):
    """Tells whether a value that JSON lacks is of numbers: another dtype could ask for any number of bytes."""
    dtype = config.get("dtype", "int") if isinstance(config, dict) else "int"
    name = dtype if isinstance(dtype, str) else ""
    return isinstance(dtype, dict) or name.rstrip("0123456789") in NUMBERS


def check_kind(config: Any, kind: type | None) -> None:
    """Raises ValueError unless a configuration is that of a model, of this class if one is given."""
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict) or "class_name" not in config:
        raise ValueError("its configuration is not that of a model")
    registered = config.get("registered_name")
    found = keras.saving.get_registered_object(registered) if registered else None
    if kind is not None and not (isinstance(found, type) and issubclass(found, kind)):
        raise ValueError(f"a {kind.__name__} was expected, and it holds a {config['class_name']}")


def stored_numbers(content: bytes) -> int:
    """Returns how many numbers an HDF5 file of weights holds.

    Raises:
        ValueError: if it is damaged, refers to other files, or says that it holds more than it does.
    """
    import h5py

    total, seen = 0, set()
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            waiting = [file]
            while waiting:
                group = waiting.pop()
                for name in group:
                    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                        raise ValueError(f"{name!r} is a link, which is refused")
                    member = group[name]
                    place = h5py.h5o.get_info(member.id).addr
                    if place in seen:
                        raise ValueError(f"{name!r} is there more than once")
                    seen.add(place)
                    if isinstance(member, h5py.Group):
                        waiting.append(member)
                    else:
                        total += _numbers(name, member)
    except Exception as error:  # a damaged file raises all kinds of errors
        raise ValueError(f"{WEIGHTS} cannot be read: {error}") from error
    return total


def _numbers(name, dataset):
    """Returns how many numbers a dataset of an HDF5 file holds, in the file itself and not compressed."""
    if not hasattr(dataset, "nbytes") or dataset.dtype.kind not in "biufV":
        raise ValueError(f"{name!r} holds no numbers")
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"the numbers of {name!r} are in another file, which is refused")
    if dataset.nbytes > dataset.id.get_storage_size():
        raise ValueError(f"{name!r} says that it holds {dataset.nbytes:,} bytes and does not")
    return math.prod(dataset.shape)


def check_size(configs: list[dict], stored: int) -> None:
    """Raises ValueError if networks would have many more weights than are stored. Takes no memory for them.

    Args:
        configs: of networks, and of what else `keras.saving.deserialize_keras_object` takes.
        stored: how many numbers their file holds.
    """
    needed = 0
    with _without_values():
        for config in configs:
            config = {**config, "compile_config": None} if "compile_config" in config else config
            made = keras.saving.deserialize_keras_object(config, safe_mode=True)
            needed += sum(math.prod(variable.shape) for variable in getattr(made, "variables", ()))
    if needed > 2 * stored + SLACK:
        raise ValueError(f"its networks would have {needed:,} numbers, and it holds {stored:,}")
    check_memory(4 * needed)


@contextlib.contextmanager
def _without_values():
    """Variables made in it have no values, now and later: Keras would give them theirs as the next such scope ends."""
    from keras.src.backend.common import global_state

    kept = list(global_state.get_global_attribute("uninitialized_variables") or [])
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute("uninitialized_variables", kept)
