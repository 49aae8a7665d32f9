"""Data sets by name: everything in TensorFlow Datasets, and the embedded "digits"."""

import contextlib
import difflib
import pathlib
import re
import socket
import sys
import tempfile
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING

from keras_gan.data import archives as archive_files
from keras_gan.data import embedded, optional
from keras_gan.data.sources.arrays import Arrays

if TYPE_CHECKING:
    from keras_gan.data.sources.stored import Stored

NAME = re.compile(r"[a-z][a-z0-9_]*([/:][^\\]*)?")


def names() -> list[str]:
    """Every name that can be opened: all of TensorFlow Datasets and "digits", or "digits" alone without TensorFlow."""
    if not optional.has_tensorflow():
        return [embedded.NAME]
    import tensorflow_datasets as tfds

    import keras_gan.data.digits  # noqa: F401  registers "digits"

    return sorted(tfds.list_builders(with_community_datasets=False))  # those are asked for over the network


def is_name(source: str) -> bool:
    """Whether `source` is "name", "name/config" or "name:version" of a known data set."""
    return bool(NAME.fullmatch(source)) and re.split("[/:]", source)[0] in names()


def unknown(source: str, argument: str = "source") -> ValueError:
    """The error for a string that is neither a name nor a path."""
    wanted = re.sub("[- ]", "_", re.split("[/:]", source.lower())[0])
    near = difflib.get_close_matches(wanted, names(), n=5)
    return ValueError(
        "A source must be a data set of TensorFlow Datasets, or the path of a folder of images, a .npz or a .npy file. "
        f"Received: {argument}={source!r}, which is neither. "
        + (
            ""
            if optional.has_tensorflow()
            else "Named data sets other than 'digits' need tensorflow and tensorflow-datasets. "
        )
        + (f"Near names: {', '.join(near)}." if near else 'The embedded data set is "digits".')
    )


def builder(name: str, data_dir: str | pathlib.Path | None = None):
    """The `tfds.core.DatasetBuilder` of a known name, without any network access."""
    import tensorflow_datasets as tfds

    names()
    try:
        return tfds.builder(name, data_dir=data_dir, try_gcs=False)
    except (ValueError, AssertionError) as error:  # an unknown config; an unknown version
        raise ValueError(
            f"A data set is named as name, name/config or name:version. Received: source={name!r}. {_one_line(error)}"
        ) from error


def splits(name: str, data_dir: str | pathlib.Path | None = None) -> list[str]:
    """The parts of a data set that is prepared already."""
    return sorted(builder(name, data_dir).info.splits) if optional.has_tensorflow() else ["train"]


def open_named(
    name: str,
    split: str = "train",
    data_dir: str | pathlib.Path | None = None,
    archives: str | pathlib.Path | None = None,
    value_range: tuple | None = None,
) -> "Stored | Arrays":
    """Prepares a data set where needed, and opens one split of it."""
    if not optional.has_tensorflow():
        if split != "train":
            raise ValueError(f"Without TensorFlow 'digits' has the split \"train\" only. Received: split={split!r}.")
        return Arrays(*embedded.digits(), value_range, num_classes=len(embedded.CLASS_NAMES))
    import tensorflow_datasets as tfds

    from keras_gan.data.sources.stored import Stored

    made = prepare(builder(name, data_dir), name, data_dir, archives)
    features = dict(made.info.features.items())
    if not isinstance(features.get("image"), tfds.features.Image):
        raise ValueError(
            f'A data set with the feature "image" is needed. Received: source={name!r} with {", ".join(features)}.'
        )
    try:
        made.info.splits[split]
    except (ValueError, KeyError) as error:
        raise ValueError(
            f"`split` must be one of {', '.join(sorted(made.info.splits))}, or a part such as "
            f'"train[:10%]". Received: split={split!r} of source={name!r}.'
        ) from error
    keys = ["image", *(["label"] if isinstance(features.get("label"), tfds.features.ClassLabel) else [])]
    pictures = [key for key, feature in features.items() if isinstance(feature, tfds.features.Image)]
    dataset = made.as_dataset(
        split=split,
        decoders={key: tfds.decode.SkipDecoding() for key in pictures if key not in keys},
        read_config=tfds.ReadConfig(try_autocache=False),
    )
    dataset = dataset.map(lambda example: {key: example[key] for key in keys})
    return Stored(dataset, value_range, f"{name} split {split}", getattr(features.get("label"), "num_classes", None))


def prepare(made, name: str, data_dir: str | pathlib.Path | None, archives: str | pathlib.Path | None):
    """Downloads (or takes from `archives`) and prepares what `data_dir` does not hold yet; returns the builder."""
    if (made.data_path / "dataset_info.json").exists():
        return made
    try:
        if archives is None:
            _check_reachable(made)
            _prepare(made, {})
        else:
            with tempfile.TemporaryDirectory() as folder:
                archive_files.fill_download_folder(made, pathlib.Path(archives), pathlib.Path(folder))
                _prepare(made, {"manual_dir": str(archives)}, folder)
    except Exception as error:  # downloads, archives and disks fail in many ways
        if (made.data_path / "dataset_info.json").exists():  # another process was quicker
            return builder(name, data_dir)
        if isinstance(error, ValueError) and archives is not None:
            raise
        raise ValueError(
            f"The data set {name!r} could not be prepared: {_one_line(error)} "
            f"Received: source={name!r}, data_dir={str(made.data_dir)!r}. "
            "Use `archives` with a folder that holds its original files, or see that there is a network."
        ) from error
    return made


def _prepare(made, config: dict, folder: str | None = None) -> None:
    import tensorflow_datasets as tfds

    config = tfds.download.DownloadConfig(try_download_gcs=False, **config)
    with contextlib.redirect_stdout(sys.stderr):  # TFDS prints its progress; standard output is the caller's
        made.download_and_prepare(download_dir=folder, download_config=config)


def _check_reachable(made) -> None:
    # TFDS tries an address that cannot be resolved ten times over, for minutes. A proxy resolves names itself.
    if urllib.request.getproxies():
        return
    for host in sorted({urllib.parse.urlsplit(url).hostname or "" for url in made.url_infos or {}}):
        try:
            socket.getaddrinfo(host, 443)
            return
        except OSError as error:
            failed = error
    if made.url_infos:
        raise OSError(f"{host} cannot be reached ({failed.strerror}).")


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else f"{text[:300]} ..."
