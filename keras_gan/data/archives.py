"""Prepares a TensorFlow Datasets data set from archives that are on disk already, without a network."""

import json
import pathlib
import posixpath
import re
import shutil
import urllib.parse


def fill_download_folder(builder, archives: pathlib.Path, folder: pathlib.Path) -> None:
    """Copies the archives of a data set into a download folder, where TFDS takes them for downloaded.

    Args:
        builder: the `tfds.core.DatasetBuilder`.
        archives: the folder that holds the original files, under the names that end their addresses.
        folder: the download folder, empty.

    Raises:
        ValueError: a file is missing, or its size or SHA-256 is not what TFDS has on record.
    """
    from tensorflow_datasets.core.download import checksums, resource

    for url, info in _needed(builder).items():
        found = _find(archives, url, info, builder.name)
        # TFDS trusts the names in its download folder, so the contents are compared here.
        received = checksums.compute_url_info(found)
        if received != info:
            raise ValueError(
                f"An archive of {builder.name!r} must be the original file of {int(info.size)} bytes with "
                f"SHA-256 {info.checksum}. Received: {found.name} with {int(received.size)} bytes and SHA-256 "
                f"{received.checksum}. Download it again from {url}"
            )
        copy = folder / resource.get_dl_fname(url, info.checksum)
        shutil.copyfile(found, copy)
        record = {"dataset_names": [builder.name], "original_fname": found.name, "urls": [url]}
        copy.with_name(f"{copy.name}.INFO").write_text(json.dumps(record))


def _needed(builder) -> dict:
    """The addresses on record; of a data set with variants, only those that name the chosen one, if any do."""
    urls = dict(builder.url_infos or {})
    if not urls:
        raise ValueError(
            f"`archives` needs a data set whose files TFDS has on record. Received: source={builder.name!r}, "
            "which has none. Leave `archives` out."
        )
    if builder.builder_config is None:
        return urls
    variant = re.compile(rf"(?<![a-z0-9]){re.escape(builder.builder_config.name)}(?![a-z0-9])", re.IGNORECASE)
    return {url: info for url, info in urls.items() if variant.search(url)} or urls


def _find(archives: pathlib.Path, url: str, info, name: str) -> pathlib.Path:
    end = posixpath.basename(urllib.parse.unquote(urllib.parse.urlsplit(url).path))
    names = list(dict.fromkeys(filter(None, (end, info.filename))))
    for candidate in names:
        if (archives / candidate).is_file():
            return archives / candidate
    raise ValueError(
        f"The folder `archives` must hold the original files of {name!r}. Received: archives={str(archives)!r}, "
        f"without {' or '.join(names)}. Download it from {url}"
    )
