"""Images and what they are to become."""

import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gan.data import catalogue, keeping, optional
from keras_gan.data.arguments import as_range, as_size, check_choice, check_jitter
from keras_gan.data.arrangement import Arrangement
from keras_gan.data.opening import Opening
from keras_gan.data.sources.convert import FITS, Convert, with_margin
from keras_gan.data.sources.layout import Layout
from keras_gan.data.sources.paired import PairedArrays, PairedFolders

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_gan.data.sequence import BatchSequence


def pairs(
    source: "str | pathlib.Path | np.ndarray | tf.data.Dataset",
    target: "str | pathlib.Path | np.ndarray | None" = None,
    *,
    source_half: str = "left",
    split: str = "train",
    size: int | tuple[int, int] | None = None,
    fit: str = "crop",
    upscale: bool = False,
    source_channels: int | None = None,
    target_channels: int | None = None,
    value_range: tuple[float, float] | None = None,
    bad_files: str = "raise",
    batch_size: int = 1,
    shuffle: bool = True,
    seed: int | None = 0,
    flip: bool = False,
    jitter: int = 0,
    augment: Callable[[dict], dict] | None = None,
    drop_remainder: bool = True,
    passes: int = 1,
    cache: bool | str | pathlib.Path = True,
    data_dir: str | pathlib.Path | None = None,
    archives: str | pathlib.Path | None = None,
) -> "tf.data.Dataset | BatchSequence":
    """Makes batches of images and their targets, for translation from one kind of image to another.

    The two images of a pair stay together: `flip` and `jitter` do the same to both. Arguments that are not described
    here are those of `keras_gan.data.images`.

    Args:
        source: With a `target`, a folder of images, an array or a `.npy` file. Without one, images that hold both side
            by side, as the data sets of pix2pix do: anything that `keras_gan.data.images` takes. Of two images in a
            `tf.data.Dataset` `map` can make one: `lambda source, target: tf.concat([source, target], 1)`.
        target: A folder, an array or a `.npy` file. Files of two folders are partners when their paths in the folders
            agree but for the suffix: `a/1.png` and `a/1.jpg`. Arrays are partners in their order.
        source_half: `"left"` or `"right"`: which half of images side by side is the source.
        size: Height and width of one image in pixels, one number for a square. Defaults to None: the images' own, which
            must agree. Before they are resized, the two images of a pair must have one size.
        source_channels: 1, 3 or 4 channels of the source, or None; see `channels` of `keras_gan.data.images`.
        target_channels: The same of the target.
        bad_files: What to do about a file that is no readable image or has no partner: `"raise"`, the default, or
            `"skip"` it, and its partner, with one warning that lists such files.
        batch_size: Pairs a batch. Defaults to 1, as in pix2pix.
        flip: Whether to mirror each pair left to right with probability 1/2, anew in every epoch.
        jitter: Pixels by which the images' shorter side is made larger than `size`; a part of that `size` is cut out at
            random, anew in every epoch. Defaults to 0. pix2pix has 30, for a `size` of 256.
        augment: Function of a batch to such a batch: a dict of `"source"` and `"target"`, float32 in [-1, 1].

    Returns:
        A `tf.data.Dataset` of dicts with `"source"` and `"target"`, float32 `(batch, height, width, channels)` in
        [-1, 1], and with the attributes `columns` and `place`; without TensorFlow a `keras.utils.PyDataset` of such
        dicts. See `keras_gan.data.images`.

    Raises:
        ValueError, TypeError: an argument, or an image, is not as described; the message says which and what to do.

    Example:

    >>> import numpy as np
    >>> import keras_gan
    >>> photos = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), "uint8")
    >>> outlines = photos.mean(axis=-1, keepdims=True).astype("uint8")
    >>> batches = keras_gan.data.pairs(outlines, photos, size=32, jitter=4, flip=True, batch_size=4)
    >>> batch = next(iter(batches))
    >>> batch["source"].shape, batch["target"].shape
    (TensorShape([4, 32, 32, 1]), TensorShape([4, 32, 32, 3]))

    Reference: Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks", arXiv:1611.07004,
    section 6.2 (random jitter). There images are resized to 286 pixels and then cut; so they are here, straight from
    their own size.
    """
    check_choice("source_half", source_half, ("left", "right"))
    check_choice("fit", fit, FITS)
    check_choice("bad_files", bad_files, ("raise", "skip"))
    for name, channels in (("source_channels", source_channels), ("target_channels", target_channels)):
        check_choice(name, channels, (None, 1, 3, 4))
    size = as_size(size)
    check_jitter(jitter, size)
    cut = size if jitter else None
    arrangement = Arrangement(batch_size, shuffle, seed, flip, cut, augment, drop_remainder, passes, "pairs")
    enlarged = with_margin(size, jitter)
    of_source = Convert(enlarged, fit, source_channels, upscale, size, "source_channels")
    of_target = Convert(enlarged, fit, target_channels, upscale, size, "target_channels")
    converts = {"source": of_source, "target": of_target}
    if source_half == "right":
        converts = {"target": of_target, "source": of_source}
    opening = Opening(split, as_range(value_range), bad_files, data_dir, archives)
    opened = opening.images(source) if target is None else _open_both(source, target, opening, source_half)
    described = keeping.description(source, keeping.description(target), split, converts, value_range)
    return arrangement.batches(keeping.read(opened, Layout(converts), cache, described))


def _open_both(source: Any, target: Any, opening: Opening, source_half: str) -> PairedFolders | PairedArrays:
    if source_half != "left":
        raise ValueError(
            "`source_half` is for images side by side. "
            f"Received: source_half={source_half!r} with a target. Leave one of them out."
        )
    given = {"source": source, "target": target}
    kinds = [_kind(side) for side in given.values()]
    if kinds == ["folder", "folder"]:
        source, target = (opening.images(side, argument) for argument, side in given.items())
        return PairedFolders(source.path, target.path, opening.bad_files)
    if kinds == ["array", "array"]:
        return PairedArrays(*(opening.images(side, argument) for argument, side in given.items()))
    raise ValueError(
        "A source and its target must be two folders, or two arrays or .npy files. "
        f"Received: source of the kind {kinds[0]}, target of the kind {kinds[1]}."
    )


def _kind(side: Any) -> str:
    if optional.is_dataset(side):
        return "tf.data.Dataset"
    if isinstance(side, str) and catalogue.is_name(side):
        return "named data set"
    return "folder" if isinstance(side, (str, pathlib.Path)) and pathlib.Path(side).is_dir() else "array"
