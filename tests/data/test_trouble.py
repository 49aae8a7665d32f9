"""Files and folders as people have them. docs/data.md has a row for each case here, and this reads that page."""

import io
import os
import pathlib
import re
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

import keras_gan as kg
from keras_gan.cli import app as cli

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "data.md"
SIZE = 16
SKIPPED, TAKEN = "skipped", "taken"


def picture(mode="RGB", value=(10, 200, 30), size=(SIZE, SIZE)):
    return Image.new(mode, size, value)


def encoded(image, form="PNG", **options):
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def noisy(form, **options):
    values = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), dtype="uint8")
    return encoded(Image.fromarray(values), form, **options)


def changed(data, place=0.6):
    """Returns bytes with a stretch of zeros in their second half."""
    start = int(len(data) * place)
    return data[:start] + bytes(20) + data[start + 20 :]


def bomb(side=50_000):
    """Returns a PNG file of some bytes that says that it has side x side pixels."""

    def part(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(bytes(99))) + part(b"IEND", b"")


def animated(form):
    return encoded(picture(), form, save_all=True, append_images=[picture(value=(0, 0, 255))])


def turned():
    exif = Image.Exif()
    exif[0x0112] = 6  # by a quarter
    return encoded(picture(size=(SIZE, 2 * SIZE)), "JPEG", exif=exif)


def turned_behind():
    """Returns a PNG file with its orientation behind its pixels."""
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(picture(size=(SIZE, 2 * SIZE)), "PNG", exif=exif)
    start = data.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(data[start : start + 4], "big")
    return data[:start] + data[end : data.index(b"IEND") - 4] + data[start:end] + data[data.index(b"IEND") - 4 :]


def grey_levels(values, form="PNG"):
    return encoded(Image.fromarray(values), form)


# Row of the page: (name of the file, its content, the reason by default or None, (shape, a pixel) of what it becomes).
FILES = {
    "damaged PNG": ("x.png", changed(noisy("PNG")), r"broken|CRC|truncated|decod", None),
    "truncated JPEG": ("x.jpg", noisy("JPEG", quality=95)[:400], "truncated", None),
    "zero bytes": ("x.png", b"", "cannot identify image file", None),
    "a text named like an image": ("x.png", b"hello", "cannot identify image file", None),
    "a JPEG named .png": ("x.png", encoded(picture(), "JPEG", quality=100), None, (10, 200, 30)),
    "an image without an image's suffix": ("x.dat", encoded(picture()), "not an image file", None),
    "another file beside the images": ("notes.txt", b"hello", "not an image file", None),
    "50,000 x 50,000 pixels": ("x.png", bomb(), "exceeds limit of .* pixels", None),
    "one pixel": ("x.png", encoded(picture(size=(1, 1))), r"1x1 pixels", None),
    "CMYK": ("x.jpg", encoded(picture("CMYK", (0, 255, 255, 0)), "JPEG", quality=100), None, (254, 0, 0)),
    "16 bits per channel": ("x.png", grey_levels(np.full((SIZE, SIZE), 257 * 250, "uint16")), None, (250,) * 3),
    "floats": ("x.tif", grey_levels(np.full((SIZE, SIZE), np.nan, "float32"), "TIFF"), "floats of unknown range", None),
    "1 bit per pixel": ("x.png", encoded(picture("1", 1)), None, (255,) * 3),
    "palette with transparency": (
        "x.gif",
        encoded(picture("P", 0), "GIF", transparency=0),
        None,
        (255, 255, 255),
    ),
    "alpha": ("x.png", encoded(picture("RGBA", (0, 100, 200, 51))), None, (204, 224, 244)),
    "grey with alpha": ("x.png", encoded(picture("LA", (100, 0))), None, (255,) * 3),
    "animated GIF": ("x.gif", animated("GIF"), None, (10, 200, 30)),
    "animated WebP": ("x.webp", animated("WEBP"), None, (10, 200, 30)),
    "turned by EXIF": ("x.jpg", turned(), None, (10, 200, 30)),
    "turned by EXIF behind the pixels of a PNG": ("x.png", turned_behind(), "its header says otherwise", None),
    "a name in other scripts": ("größe 你好 🙂.png", encoded(picture()), None, (10, 200, 30)),
    "a name that is no Unicode": (os.fsdecode(b"\xff\xfe.png"), encoded(picture()), None, (10, 200, 30)),
    "a new line in a name, of a damaged file": ("a\nb.png", b"hello", r"a\?b\.png", None),
}


def rows():
    """Returns {trouble: (by default, with bad_files="skip")} of the table of images, which has three columns."""
    cells = [re.split(r" *\| *", line.strip("| \n")) for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return {row[0]: (row[1], row[2]) for row in cells if len(row) == 3 and row[0] != "trouble"}


def read(path, bad_files="raise"):
    dataset = kg.data.images(path, size=SIZE, channels=3, batch_size=1, shuffle=False, bad_files=bad_files)
    return [np.round((batch["image"][0] + 1) * 127.5).astype(int) for batch in dataset.as_numpy_iterator()]


def one_line(text):
    return "\n" not in text and all(c.isprintable() for c in text)


@pytest.mark.parametrize("trouble", FILES)
def test_files(trouble, folder):
    name, content, reason, becomes = FILES[trouble]
    path = folder({name: content, "zz.png": encoded(picture())})
    assert (TAKEN if reason is None else SKIPPED) in rows()[trouble][1]
    if reason is None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            images = read(path)
        assert len(images) == 2
        np.testing.assert_allclose(images[0], np.broadcast_to(becomes, (SIZE, SIZE, 3)), atol=2)
        return
    with pytest.raises(ValueError, match=reason) as error:
        read(path)
    assert one_line(str(error.value))
    assert "Received: " in str(error.value)
    if trouble == "one pixel":  # a readable image: the mend is another
        assert "upscale" in str(error.value)
        return
    with pytest.warns(UserWarning, match="Skipped 1 files") as told:
        assert len(read(path, "skip")) == 1
    assert one_line(str(told[0].message))


def loop(path):
    (path / "a" / "loop").symlink_to(path)


def dangling(path):
    (path / "a" / "gone.png").symlink_to(path / "nowhere.png")


def pipe(path):
    os.mkfifo(path / "a" / "pipe.png")


def unreadable(path):
    (path / "a" / "locked").mkdir()


FOLDERS = {
    "a link to a folder above": (loop, None),
    "a link to nothing": (dangling, "No such file"),
    "a pipe named like an image": (pipe, "a pipe or a device"),
    "a folder that may not be read": (unreadable, r"a/locked \(Permission denied\)"),
}


@pytest.mark.parametrize("trouble", FOLDERS)
def test_folders(trouble, folder, monkeypatch):
    make, reason = FOLDERS[trouble]
    path = folder({"a/one.png": encoded(picture()), "b/two.png": encoded(picture())})
    make(path)
    scan = os.scandir

    def guarded(place="."):
        if pathlib.Path(place).name == "locked":  # for root no folder is
            raise PermissionError(13, "Permission denied", str(place))
        return scan(place)

    monkeypatch.setattr(os, "scandir", guarded)
    assert (TAKEN if reason is None else SKIPPED) in rows()[trouble][1]
    if reason is None:
        assert len(read(path)) == 2
        return
    with pytest.raises(ValueError, match=reason) as error:
        read(path)
    assert one_line(str(error.value))
    with pytest.warns(UserWarning, match="Skipped 1 files"):
        assert len(read(path, "skip")) == 2


def test_the_page_has_a_row_for_each_case():
    assert set(rows()) == {*FILES, *FOLDERS, "100,000 files"}
    for name, (_, _, reason, _) in FILES.items():
        assert ("error" in rows()[name][0]) == (reason is not None), name
    for name, (_, reason) in FOLDERS.items():
        assert ("error" in rows()[name][0]) == (reason is not None), name


def test_a_folder_that_may_not_be_read_at_all(folder, monkeypatch):
    path = folder({"one.png": encoded(picture())})

    def denied(place="."):
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr(os, "scandir", denied)
    for bad_files in ("raise", "skip"):
        with pytest.raises(ValueError, match="Permission denied"):
            read(path, bad_files)


def test_the_command_line_says_it_in_one_line_and_leaves_nothing(folder, tmp_path, monkeypatch, capsys):
    path = folder({"one.png": encoded(picture()), "two.png": noisy("PNG")[:100]})
    monkeypatch.setattr(
        "sys.argv", ["keras-gan", "train", "dcgan", "--data", str(path), "--out", str(tmp_path / "run")]
    )
    with pytest.raises(SystemExit) as stop:
        cli.main()
    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert error.count("\n") == 1
    assert "1 bad of 2 files: two.png" in error
    assert "--skip-bad-files" in error
    assert not (tmp_path / "run").exists()
