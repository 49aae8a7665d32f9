"""The one entrance: any source of images becomes one tf.data.Dataset of batches."""

import hashlib
import pathlib
import shutil
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gan.data import catalogue, optional
from keras_gan.data.sequence import BatchSequence
from keras_gan.data.sources import arrays, collect
from keras_gan.data.sources.arrays import Arrays
from keras_gan.data.sources.convert import FITS, Convert
from keras_gan.data.sources.folder import Folder, decode
from keras_gan.storage import files

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_gan.data.sources.stored import Stored


def images(
    source: "str | pathlib.Path | np.ndarray | tuple | tf.data.Dataset" = "digits",
    *,
    split: str = "train",
    size: int | tuple[int, int] | None = None,
    fit: str = "crop",
    upscale: bool = False,
    channels: int | None = None,
    value_range: tuple[float, float] | None = None,
    bad_files: str = "raise",
    batch_size: int = 64,
    shuffle: bool = True,
    seed: int | None = 0,
    flip: bool = False,
    augment: Callable | None = None,
    drop_remainder: bool = True,
    passes: int = 1,
    cache: bool | str | pathlib.Path = True,
    data_dir: str | pathlib.Path | None = None,
    archives: str | pathlib.Path | None = None,
) -> "tf.data.Dataset | BatchSequence":
    """Makes batches of images for a GAN from any source.

    Everything is read, decoded, checked and resized once, when this function is called, so that errors come at once
    and an epoch costs only a gather from memory. What is random (order, `flip`, `augment`) differs from epoch to epoch.

    Args:
        source: One of
            - the name of a data set of TensorFlow Datasets, `"name"`, `"name/config"` or `"name:version"`, with an
              "image" feature. The default, `"digits"`, needs no download: 1,797 handwritten digits of 8x8 pixels;
            - the path of a folder of PNG, JPEG, BMP, GIF, WebP or TIFF files, in sub-folders or not. Two or more
              sub-folders that hold all of the files are taken for classes, in alphabetical order. A name above takes
              precedence over a folder of the same name: write `"./digits"`;
            - the path of a `.npy` file of images or a `.npz` file with the key `image`, `images`, `x` or
              `x_<split>`, or a single array of 3 or 4 dimensions, and perhaps `label`, `labels`, `y` or `y_<split>`;
            - an array `(count, height, width)` or `(count, height, width, channels)`, or a tuple `(images, labels)`;
            - a finite `tf.data.Dataset` of images `(height, width, channels)`, or batches of them, of
              `(image, label)` tuples or of dicts with `"image"` and perhaps `"label"`.
        split: The part of a named data set, for example `"test"` or `"train[:10%]"`, or of a `.npz`'s keys.
        size: Height and width in pixels, one number for a square. Defaults to None: the images' own, which must agree.
        fit: How another shape becomes `size`: `"crop"` (scale the shorter side, cut the middle out), `"pad"` (scale the
            longer side, fill with black) or `"stretch"`. Resampling is Lanczos with antialiasing.
        upscale: Whether images smaller than `size` may be enlarged. Defaults to False, because a GAN learns the blur.
        channels: 1 (grey, Rec. 601 luma), 3 (RGB) or 4 (RGB and alpha). Defaults to None: as stored, save that files
            with alpha are composited over white; alpha is kept with `channels=4` only.
        value_range: (lowest, highest) value that the source's numbers can take. Defaults to None: integers are
            [0, 255], floats [-1, 1]. Not for folders.
        bad_files: What to do about a file in a folder that is no readable image: `"raise"`, the default, or `"skip"`
            with one warning that lists them. Hidden files, `Thumbs.db` and `desktop.ini` never count.
        batch_size: Images a batch.
        shuffle: Whether each epoch has another order. Streamed sources other than folders are shuffled over as many
            images as fit in 512 MiB, 10,000 at most.
        seed: Integer that makes orders and flips reproducible, epoch by epoch; None for another order in every run.
        flip: Whether to mirror each image left to right with probability 1/2, anew in every epoch. Defaults to False:
            digits and letters must not be mirrored.
        augment: Function of a batch of images, float32 in [-1, 1], to such a batch of the same shape.
        drop_remainder: Whether to leave out the last, smaller batch of an epoch. Defaults to True: one batch shape
            is compiled once.
        passes: Passes over the images that make one epoch, for small data sets. Defaults to 1.
        cache: True (the default) to hold the decoded images in memory; False to decode them in each epoch; a path of a
            folder to decode once and read the images from there, in this run and later ones with the same arguments
            (delete the folder when the source's contents change). Arrays are in memory in any case.
        data_dir: Folder of prepared data sets. Defaults to that of TensorFlow Datasets, `~/tensorflow_datasets`.
        archives: Folder with the original files of a named data set, to prepare it without a network.

    Returns:
        A `tf.data.Dataset` of dicts: `"image"`, float32 `(batch, height, width, channels)` in [-1, 1], and, when the
        source has labels, `"label"`, int32 `(batch,)`. Its cardinality is known where the source's is. Where
        TensorFlow is not installed, a `keras.utils.PyDataset` of such dicts of NumPy arrays, in another order;
        sources are then "digits", arrays, files and folders, and `cache` is True or False.

    Raises:
        ValueError, TypeError: an argument, or an image, is not as described; the message says which and what to do.

    Example:

    >>> import keras_gan
    >>> batches = keras_gan.data.images("digits", batch_size=32)
    >>> batch = next(iter(batches))
    >>> batch["image"].shape, batch["label"].shape
    (TensorShape([32, 8, 8, 1]), TensorShape([32]))
    """
    _check_choice("fit", fit, FITS)
    _check_choice("channels", channels, (None, 1, 3, 4))
    _check_choice("bad_files", bad_files, ("raise", "skip"))
    convert = Convert(_as_size(size), fit, channels, upscale)
    passes = _as_count("passes", passes)
    arrangement = (_as_count("batch_size", batch_size), shuffle, seed, flip, augment, drop_remainder, passes)
    opened = _open(source, split, _as_range(value_range), bad_files, data_dir, archives)
    if not optional.has_tensorflow():
        return _sequence(opened, convert, cache, arrangement)
    from keras_gan.data.pipeline import Batches, room_for

    batches = Batches(*arrangement)
    if cache is True or isinstance(opened, Arrays):
        return batches.from_arrays(*opened.read(convert))
    if cache is False:
        return batches.from_stream(*opened.stream(convert))
    if optional.is_dataset(source):
        raise ValueError(
            "`cache` must be True or False for a tf.data.Dataset, which has no name to find it again by. "
            f"Received: cache={str(cache)!r}. Call `source.cache(path)` and use `cache=False`."
        )
    described = (opened.path.resolve() if isinstance(opened, Folder) else source, split, convert, value_range)
    stream, count = opened.stream(convert)
    stored = _cache_on_disk(stream(lambda dataset, _=None: dataset), pathlib.Path(cache), described)
    return batches.from_stream(lambda order: order(stored, room_for(stored)), count)


def _sequence(opened: Arrays | Folder, convert: Convert, cache: Any, arrangement: tuple) -> BatchSequence:
    if cache is True or isinstance(opened, Arrays):
        pictures, labels = opened.read(convert)
        return BatchSequence(lambda chosen: pictures[chosen], len(pictures), pictures.shape[1:], labels, *arrangement)
    if cache is not False:
        raise ValueError(f"A cache on disk needs TensorFlow. Received: cache={str(cache)!r}. Use True or False.")
    headers, convert, labels = opened.checked(convert)

    def fetch(chosen: np.ndarray) -> np.ndarray:
        return np.stack(list(collect.parallel_map(lambda index: decode(headers[index], convert), chosen)))

    return BatchSequence(fetch, len(headers), (*convert.size, convert.channels), labels, *arrangement)


def _open(source, split, value_range, bad_files, data_dir, archives) -> "Arrays | Folder | Stored":
    if isinstance(source, str) and catalogue.is_name(source):
        return catalogue.open_named(source, split, data_dir, archives, value_range)
    path = pathlib.Path(source) if isinstance(source, (str, pathlib.Path)) else None
    if path is not None and not path.exists():
        raise catalogue.unknown(str(source))
    is_npz = path is not None and path.suffix == ".npz"
    _check_unused("split", split, "train", "named data sets and .npz files" if not is_npz else None)
    _check_unused("data_dir", data_dir, None, "named data sets")
    _check_unused("archives", archives, None, "named data sets")
    if path is None:
        return _open_object(source, value_range)
    if path.is_dir():
        _check_unused("value_range", value_range, None, "arrays and data sets, not for files of images")
        return Folder(path, bad_files)
    if path.suffix not in (".npz", ".npy"):
        raise ValueError(f"A file must be a .npz or a .npy. Received: source={str(source)!r}. Images go in a folder.")
    return arrays.read_file(path, split, value_range)


def _open_object(source, value_range) -> "Arrays | Stored":
    if optional.is_dataset(source):
        from keras_gan.data.sources.stored import Stored

        return Stored(source, value_range)
    if isinstance(source, tuple) and len(source) == 2:
        return Arrays(*source, value_range)
    if isinstance(source, np.ndarray) or hasattr(source, "__array__"):
        return Arrays(source, None, value_range)
    raise TypeError(
        "A source must be a name, a path, an array, a tuple (images, labels) or a tf.data.Dataset. "
        f"Received: source of type {type(source).__name__}."
    )


def _cache_on_disk(dataset: "tf.data.Dataset", folder: pathlib.Path, described: tuple) -> "tf.data.Dataset":
    # The name holds what decides the contents: tf.data would read a file made with other arguments unseen.
    described = (*described, dataset.cardinality().numpy(), dataset.element_spec)
    final = folder / hashlib.sha256(repr(described).encode()).hexdigest()[:16]
    if not final.exists():
        # Filled at once, and under another name, so that neither a cut epoch nor a killed run leaves half a cache.
        folder.mkdir(parents=True, exist_ok=True)
        partial = pathlib.Path(tempfile.mkdtemp(prefix=f"{final.name}.", dir=folder))
        try:
            dataset.cache(str(partial / "images")).reduce(np.int64(0), lambda count, _: count + 1)
        except Exception as error:
            shutil.rmtree(partial, ignore_errors=True)
            if (trouble := files.trouble(error)) is None:
                raise
            raise OSError(trouble.errno, trouble.strerror, str(folder)) from error
        try:
            partial.rename(final)
        except OSError:  # another process was quicker
            shutil.rmtree(partial)
    return dataset.cache(str(final / "images"))


def _check_choice(name: str, value, allowed: tuple) -> None:
    if value not in allowed or isinstance(value, bool):
        raise ValueError(f"`{name}` must be one of {', '.join(map(repr, allowed))}. Received: {name}={value!r}.")


def _check_unused(name: str, value, default, used_for: str | None) -> None:
    if used_for is not None and value != default:
        raise ValueError(f"`{name}` is for {used_for}. Received: {name}={value!r} with another source.")


def _as_count(name: str, value) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"`{name}` must be a whole number above 0. Received: {name}={value!r}.")
    return int(value)


def _as_size(size) -> tuple[int, int] | None:
    if size is None:
        return None
    pair = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
    if len(pair) != 2 or not all(isinstance(side, (int, np.integer)) and side > 0 for side in pair):
        raise ValueError(f"`size` must be a number of pixels or (height, width). Received: size={size!r}.")
    return int(pair[0]), int(pair[1])


def _as_range(value_range) -> tuple | None:
    if value_range is None:
        return None
    pair = tuple(value_range) if isinstance(value_range, (tuple, list)) else ()
    if len(pair) != 2 or not pair[0] < pair[1]:
        raise ValueError(f"`value_range` must be (lowest, highest). Received: value_range={value_range!r}.")
    return pair
