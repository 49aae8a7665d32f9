"""Images from a folder of image files of any of the usual formats, decoded by Pillow."""

import dataclasses
import pathlib

import numpy as np

from keras_gan.data.rows import InMemory, OnDemand
from keras_gan.data.sources import collect
from keras_gan.data.sources.convert import Convert
from keras_gan.data.sources.files import Files, Trouble, read_rows
from keras_gan.data.sources.layout import Layout
from keras_gan.storage.texts import check_regular

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
GREY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L")
WANTED = "Every file of the folder must be a readable image."


@dataclasses.dataclass(frozen=True)
class Header:
    """What a file says of its image before it is decoded."""

    path: pathlib.Path
    height: int
    width: int
    grey: bool


class Folder(Files):
    """The image files under a folder. See `Files` for their classes.

    Args:
        path: the folder.
        bad_files: "raise" or "skip": what to do about a file that is no readable image.
        argument: the name of the argument that is `path`, for errors.
        trouble: where bad files are noted. Defaults to a `Trouble` of this folder alone.
    """

    in_memory = False

    def __init__(
        self, path: pathlib.Path, bad_files: str = "raise", argument: str = "source", trouble: Trouble | None = None
    ):
        super().__init__(path, "image", SUFFIXES, trouble or Trouble({argument: path}, bad_files, WANTED))

    def read(self, layout: Layout, keep: bool = True) -> InMemory | OnDemand:
        """Decodes every file once, and holds the images in memory or decodes them anew whenever they are needed."""
        headers = self.headers()
        layout = self.settle(layout, headers)

        def load(header, attempt):
            row = attempt(header.path, decode, header, layout)
            return row if row is None or not layout.labelled else row | self.label(header.path)

        columns = layout.columns | (self.label_columns if layout.labelled else {})
        return read_rows(self.trouble, load, headers, columns, keep)

    def headers(self) -> list[Header]:
        """Reads the headers of all files, in their order; those of bad ones are left out."""
        found = collect.parallel_map(lambda path: self.trouble.attempt(path, read_header, path), self.files)
        headers = [header for header in found if header is not None]
        if self.trouble.bad_files == "raise" or not headers:
            self.trouble.report(skip=False)
        return headers

    def settle(self, layout: Layout, headers: list[Header]) -> Layout:
        """Settles the size and the channels that all images get."""
        names = [self.trouble.name(header.path) for header in headers]
        parts = [layout.part(header.height, header.width, name) for header, name in zip(headers, names, strict=True)]
        sizes = list(zip(names, parts, strict=True))
        grey = sum(header.grey for header in headers)
        converts = {name: settle(convert, sizes, grey) for name, convert in layout.converts.items()}
        return dataclasses.replace(layout, converts=converts)


def settle(convert: Convert, sizes: list[tuple[str, tuple[int, int]]], grey: int) -> Convert:
    """Settles the size and the channels of images: (name, (height, width)) of each, and how many are grey.

    Raises:
        ValueError: if they do not agree and `convert` does not say what they are to become, or one is too small.
    """
    first, size = sizes[0]
    if convert.size is None:
        for name, other in sizes:
            if other != size:
                raise ValueError(
                    "Images of different sizes need a common `size`. Received: size=None, "
                    f"{first} of {size[0]}x{size[1]} pixels and {name} of {other[0]}x{other[1]}. "
                    "Use for example `size=64`."
                )
    for name, other in sizes:
        convert.check_scale(*other, name)
    if convert.channels is None and 0 < grey < len(sizes):
        raise ValueError(
            f"Grey and colour images together need a common number of channels. Received: {convert.argument}=None, "
            f"{grey} grey and {len(sizes) - grey} colour images. "
            f"Use `{convert.argument}=1` or `{convert.argument}=3`."
        )
    return dataclasses.replace(convert, size=convert.size or size, channels=convert.channels or (1 if grey else 3))


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


def decode(header: Header, layout: Layout) -> dict[str, np.ndarray]:
    """Decodes a file (an animation: its first frame), upright; returns its columns, uint8 (height, width, channels)."""
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
    return layout(pixels if pixels.ndim == 3 else pixels[..., None], header.path.name)
