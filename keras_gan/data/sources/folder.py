"""Images from a folder of image files of any of the usual formats, decoded by Pillow."""

import dataclasses
import os
import pathlib
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from keras_gan.data.sources import collect
from keras_gan.data.sources.convert import Convert
from keras_gan.storage.texts import check_regular

if TYPE_CHECKING:
    import tensorflow as tf

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
LITTER = ("thumbs.db", "desktop.ini", "__macosx")  # what systems leave in folders, besides hidden files
GREY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L")


@dataclasses.dataclass(frozen=True)
class Header:
    """What a file says of its image before it is decoded."""

    path: pathlib.Path
    height: int
    width: int
    grey: bool


class Folder:
    """The image files under a folder.

    When no file lies directly in the folder, every one lies in a sub-folder of it, and there are two sub-folders or
    more, the sub-folders are the classes, in alphabetical order. Otherwise there are no labels. Links are followed,
    save for those that lead back to a folder above them.

    Args:
        path: the folder.
        bad_files: "raise" or "skip": what to do about a file that is no readable image.
    """

    def __init__(self, path: pathlib.Path, bad_files: str = "raise"):
        self.path, self.bad_files = path, bad_files
        unreadable = []
        files = sorted(_walk(path, unreadable.append))
        self.files = [file for file in files if file.suffix.lower() in SUFFIXES]
        self.bad = {file: "not an image file" for file in files if file.suffix.lower() not in SUFFIXES}
        self.bad |= {pathlib.Path(error.filename): error.strerror for error in unreadable}
        if unreadable and (bad_files == "raise" or not self.files):
            self._report(skip=False)
        if not self.files:
            raise ValueError(
                f"A folder must hold image files ({', '.join(SUFFIXES)}). "
                f"Received: source={str(path)!r}, with {len(files)} other files."
            )
        parts = [file.relative_to(path).parts for file in self.files]
        classes = sorted({part[0] for part in parts})
        self.class_names = classes if len(classes) > 1 and all(len(part) == 2 for part in parts) else []

    def read(self, convert: Convert) -> tuple[np.ndarray, np.ndarray | None]:
        """Decodes every file once."""
        headers, convert = self._scan(convert)
        decoded = collect.parallel_map(lambda header: self._try(decode, header, convert), headers)
        images = collect.collect((image for image in decoded if image is not None), len(headers))
        self._report()
        return images, self._labels(headers)

    def stream(self, convert: Convert) -> "tuple[Callable[..., tf.data.Dataset], int]":
        """Decodes every file once to find the bad ones.

        Returns:
            A function of an order (data set of indices -> data set of them) -> `tf.data.Dataset` of dicts, which
            decodes anew in each epoch; and the number of images.
        """
        import tensorflow as tf

        from keras_gan.data.pipeline import PARALLEL

        headers, convert, labels = self.checked(convert)

        def load(index):
            image = tf.numpy_function(lambda i: decode(headers[i], convert), [index], tf.uint8)
            image.set_shape((*convert.size, convert.channels))
            return {"image": image} if labels is None else {"image": image, "label": tf.gather(labels, index)}

        def stream(order):
            return order(tf.data.Dataset.range(len(headers))).map(load, num_parallel_calls=PARALLEL)

        return stream, len(headers)

    def checked(self, convert: Convert) -> tuple[list[Header], Convert, np.ndarray | None]:
        """Decodes every file once; returns the good ones, how to convert them, and their labels."""
        headers, convert = self._scan(convert)
        for _ in collect.parallel_map(lambda header: self._try(decode, header, convert), headers):
            pass
        self._report()
        labels = self._labels(headers)
        return [header for header in headers if header.path not in self.bad], convert, labels

    def _scan(self, convert: Convert) -> tuple[list[Header], Convert]:
        """Reads the headers, and settles the size and the channels that all images get."""
        headers = collect.parallel_map(lambda path: self._try(read_header, path), self.files)
        headers = [header for header in headers if header is not None]
        if self.bad_files == "raise" or not headers:
            self._report(skip=False)
        first = headers[0]
        if convert.size is None:
            for header in headers:
                if (header.height, header.width) != (first.height, first.width):
                    raise ValueError(
                        "Images of different sizes need a common `size`. Received: size=None, "
                        f"{self._name(first.path)} of {first.height}x{first.width} pixels and "
                        f"{self._name(header.path)} of {header.height}x{header.width}. Use for example `size=64`."
                    )
        for header in headers:
            convert.check_scale(header.height, header.width, self._name(header.path))
        grey = sum(header.grey for header in headers)
        if convert.channels is None and 0 < grey < len(headers):
            raise ValueError(
                "Grey and colour images together need a common number of channels. Received: channels=None, "
                f"{grey} grey and {len(headers) - grey} colour images. Use `channels=1` or `channels=3`."
            )
        size = convert.size or (first.height, first.width)
        return headers, dataclasses.replace(convert, size=size, channels=convert.channels or (1 if grey else 3))

    def _try(self, function: Callable, item, *args):
        """Calls `function`, or notes that the file is bad and returns None."""
        try:
            return function(item, *args)
        except Exception as error:  # Pillow raises OSError, SyntaxError, struct.error and more, by format and damage
            path = item.path if isinstance(item, Header) else item
            self.bad[path] = " ".join(str(error).replace(str(path), path.name).split()) or type(error).__name__
            return None

    def _report(self, skip: bool = True) -> None:
        if not self.bad:
            return
        names = [f"{self._name(path)} ({reason})" for path, reason in sorted(self.bad.items())]
        if skip and self.bad_files == "skip":
            warnings.warn(f"Skipped {len(names)} files of {self.path}: {', '.join(names)}", stacklevel=4)
            return
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        raise ValueError(
            f"Every file of the folder must be a readable image. Received: source={str(self.path)!r} with "
            f"{len(names)} bad of {len(names) + self._readable()} files: {', '.join(names[:5])}{more}. "
            'Remove them, or use `bad_files="skip"`.'
        )

    def _readable(self) -> int:
        return sum(file not in self.bad for file in self.files)

    def _labels(self, headers: list[Header]) -> np.ndarray | None:
        if not self.class_names:
            return None
        number = {name: index for index, name in enumerate(self.class_names)}
        good = [header.path for header in headers if header.path not in self.bad]
        return np.array([number[path.parent.name] for path in good], "int32")

    def _name(self, path: pathlib.Path) -> str:
        return printable(path.relative_to(self.path).as_posix())


def printable(text: str) -> str:
    """Returns a text in one line: what cannot be printed, as a new line in the name of a file, becomes "?"."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _walk(folder: pathlib.Path, unreadable: Callable[[OSError], None]):
    for root, folders, files in os.walk(folder, onerror=unreadable, followlinks=True):
        folders[:] = [name for name in folders if not _is_litter(name) and not _leads_back(root, name)]
        yield from (pathlib.Path(root, name) for name in files if not _is_litter(name))


def _leads_back(root: str, name: str) -> bool:
    """Tells whether a sub-folder is a link to a folder that it lies in."""
    path = pathlib.Path(root, name)
    return path.is_symlink() and pathlib.Path(root).resolve().is_relative_to(path.resolve())


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.lower() in LITTER


def read_header(path: pathlib.Path) -> Header:
    """Reads size and colour without decoding the pixels."""
    from PIL import ExifTags, Image

    check_regular(path, "An image")  # a pipe would be waited for
    with Image.open(path) as image:
        width, height = image.size
        told = image.format != "PNG" or "exif" in image.info  # Pillow would decode a PNG to look behind its pixels
        if told and image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8):  # turned by a quarter
            width, height = height, width
        return Header(path, height, width, image.mode in GREY_MODES)


def decode(header: Header, convert: Convert) -> np.ndarray:
    """Decodes a file (an animation: its first frame), upright, and converts it to uint8 (height, width, channels)."""
    from PIL import Image, ImageOps

    with Image.open(header.path) as image:
        ImageOps.exif_transpose(image, in_place=True)
        if image.size != (header.width, header.height):
            raise ValueError(f"it has {image.height}x{image.width} pixels, and its header says otherwise")
        if image.mode == "F":
            raise ValueError("pixels are floats of unknown range")
        if image.mode.startswith("I"):  # 16 bits; Pillow opens some as 32-bit integers
            wide = np.asarray(image).astype("float32")
            image = Image.fromarray(np.clip(np.round(wide / 257), 0, 255).astype("uint8"))
        if image.has_transparency_data:
            image = image.convert("RGBA")
        elif image.mode not in ("L", "RGB"):
            image = image.convert("L" if header.grey else "RGB")
        pixels = np.asarray(image)
    return convert(pixels if pixels.ndim == 3 else pixels[..., None], header.path.name)
