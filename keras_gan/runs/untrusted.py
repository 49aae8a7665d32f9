"""Run folders that somebody else may have made: what must agree in them, and what must not be in them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_gan.media import Images


def check_agreement(arguments: Mapping[str, Any], gan: Any, where: Path) -> None:
    """Compares a run's configuration with its checkpoint, which was found to be no larger than its file.

    What networks keep under the name of an option, such as `latent_dim`, must be what the option says in one of them.

    Args:
        arguments: of the recipe.
        gan: what the checkpoint holds.
        where: the file of the configuration.

    Raises:
        ValueError: if the networks or the images that the configuration asks for are others.
    """
    pictures = [column.shape for column in gan.columns().values() if isinstance(column.medium, Images)]
    found = {"channels": [shape[-1] for shape in pictures]} if pictures else {}
    for height, width, _ in pictures:
        found.setdefault("size", []).extend([[height, width], *([height] if height == width else [])])
    for network in (layer for layer in gan.layers if hasattr(layer, "kept")):
        for name in network.kept:
            found.setdefault(name, []).append(getattr(network, name))
    for name, value in arguments.items():
        kept = found.get(name, [None])
        if type(value) in (int, list) and None not in kept and value not in kept:
            raise ValueError(
                f"The configuration of a run must fit its checkpoint. Received: {where} with {name}={value!r}, where "
                f"the checkpoint has {kept[0]!r}."
            )


def check_own(folder: Path, names: list[str]) -> None:
    """Looks at what a run folder holds before any of it is opened.

    Raises:
        ValueError: for a link, which what it leads to would be written to, and for a pipe or a device.
    """
    for path in (folder / name for name in names):
        if path.is_symlink():
            raise ValueError(
                f"A run folder must hold its own files, for they are written to. Received: {path}, a link to "
                f"{path.readlink()}. Put what it leads to in its place."
            )
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise ValueError(
                f"A run folder must hold files and folders. Received: {path}, a pipe or a device. Remove it."
            )
