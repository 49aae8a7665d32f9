"""The one entrance: any source of images becomes one tf.data.Dataset of batches."""

import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from keras_gan.data import keeping
from keras_gan.data.arguments import as_range, as_size, check_choice
from keras_gan.data.arrangement import Arrangement, on_column
from keras_gan.data.opening import Opening
from keras_gan.data.sources.convert import FITS, Convert
from keras_gan.data.sources.layout import whole

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_gan.data.sequence import BatchSequence


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
        sources are then "digits", arrays, files and folders, and `cache` is True or False. Its attribute `columns`
        says what the columns are, as `{"image": Images(), "label": Labels(10)}` (of `keras_gan.media`).

    Raises:
        ValueError, TypeError: an argument, or an image, is not as described; the message says which and what to do.

    Example:

    >>> import keras_gan
    >>> batches = keras_gan.data.images("digits", batch_size=32)
    >>> batch = next(iter(batches))
    >>> batch["image"].shape, batch["label"].shape
    (TensorShape([32, 8, 8, 1]), TensorShape([32]))
    """
    check_choice("fit", fit, FITS)
    check_choice("channels", channels, (None, 1, 3, 4))
    check_choice("bad_files", bad_files, ("raise", "skip"))
    convert = Convert(as_size(size), fit, channels, upscale)
    augment = on_column("image", augment)
    arrangement = Arrangement(batch_size, shuffle, seed, flip, None, augment, drop_remainder, passes)
    opened = Opening(split, as_range(value_range), bad_files, data_dir, archives).images(source)
    described = keeping.description(source, split, convert, value_range)
    return arrangement.batches(keeping.read(opened, whole(convert), cache, described))
