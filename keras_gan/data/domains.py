"""Two sets of images that do not belong together one by one."""

import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gan.data import catalogue, keeping
from keras_gan.data.arguments import as_range, as_size, check_choice, check_jitter
from keras_gan.data.arrangement import Arrangement
from keras_gan.data.opening import Opening
from keras_gan.data.rows import Rows
from keras_gan.data.sources.convert import FITS, Convert, with_margin
from keras_gan.data.sources.layout import whole

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_gan.data.sequence import BatchSequence


def domains(
    a: "str | pathlib.Path | np.ndarray | tf.data.Dataset",
    b: "str | pathlib.Path | np.ndarray | tf.data.Dataset | None" = None,
    *,
    split: str = "train",
    size: int | tuple[int, int] | None = None,
    fit: str = "crop",
    upscale: bool = False,
    channels: int | None = None,
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
    """Makes batches of images of two domains, such as horses and zebras, that are not paired.

    Each domain is shuffled, mirrored and cut on its own. A pass shows each image of the larger domain once; the smaller
    one begins again, in a new order, as often as that takes. Arguments that are not described here are those of
    `keras_gan.data.images`.

    Args:
        a: The one domain: anything that `keras_gan.data.images` takes; its labels are left out. Without `b`, a folder
            with the sub-folders `trainA` and `trainB`, as the data sets of CycleGAN have, or a named data set with such
            splits: `"cycle_gan/horse2zebra"`.
        b: The other domain.
        split: `"train"` for `trainA` and `trainB`, `"test"` for `testA` and `testB`; the part of a named data set where
            both `a` and `b` are given.
        size: Height and width in pixels, one number for a square. Defaults to None: the images' own, which must agree
            in both domains.
        batch_size: Images of each domain a batch. Defaults to 1, as in CycleGAN.
        flip: Whether to mirror each image left to right with probability 1/2, anew in every epoch.
        jitter: Pixels by which the images' shorter side is made larger than `size`; a part of that `size` is cut out at
            random, anew in every epoch. Defaults to 0. CycleGAN has 30, for a `size` of 256.
        augment: Function of a batch to such a batch: a dict of `"a"` and `"b"`, float32 in [-1, 1].

    Returns:
        A `tf.data.Dataset` of dicts with `"a"` and `"b"`, float32 `(batch, height, width, channels)` in [-1, 1], and
        with the attributes `columns` and `place`; without TensorFlow a `keras.utils.PyDataset` of such dicts. See
        `keras_gan.data.images`.

    Raises:
        ValueError, TypeError: an argument, or an image, is not as described; the message says which and what to do.

    Example:

    >>> import numpy as np
    >>> import keras_gan
    >>> dark, bright = np.zeros((20, 32, 32, 3), "uint8"), np.full((30, 32, 32, 3), 255, "uint8")
    >>> batches = keras_gan.data.domains(dark, bright, batch_size=10)
    >>> len(batches), next(iter(batches))["a"].shape
    (3, TensorShape([10, 32, 32, 3]))

    Reference: Zhu et al. 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
    arXiv:1703.10593.
    """
    check_choice("fit", fit, FITS)
    check_choice("channels", channels, (None, 1, 3, 4))
    check_choice("bad_files", bad_files, ("raise", "skip"))
    size = as_size(size)
    check_jitter(jitter, size)
    cut = size if jitter else None
    arrangement = Arrangement(batch_size, shuffle, seed, flip, cut, augment, drop_remainder, passes)
    convert = Convert(with_margin(size, jitter), fit, channels, upscale, size)
    opening = Opening(split, as_range(value_range), bad_files, data_dir, archives)
    opened = _open_both(a, opening) if b is None else {"a": opening.images(a, "a"), "b": opening.images(b, "b")}
    groups = []
    for column, source in (("a", a), ("b", a if b is None else b)):
        described = keeping.description(source, b is None, split, convert, value_range)
        groups.append(keeping.read(opened[column], whole(convert, column), cache, described))
    _check(*groups)
    return arrangement.batches(*groups)


def _open_both(a: Any, opening: Opening) -> dict:
    """Opens both domains of one folder or of one named data set."""
    parts = {"a": f"{opening.split}A", "b": f"{opening.split}B"}
    if isinstance(a, str) and catalogue.is_name(a):
        return {column: opening.named(a, part) for column, part in parts.items()}
    if not isinstance(a, (str, pathlib.Path)):
        raise TypeError(
            "`b` may be left out for a folder or a named data set that holds both domains. "
            f"Received: a of type {type(a).__name__}, b=None."
        )
    folder = pathlib.Path(a)
    if not folder.exists():
        raise catalogue.unknown(str(a), "a")
    if missing := [part for part in parts.values() if not (folder / part).is_dir()]:
        found = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
        raise ValueError(
            f"Without `b`, a folder must hold the sub-folders {' and '.join(parts.values())}. "
            f"Received: a={str(a)!r}, split={opening.split!r}, without {' and '.join(missing)}; its sub-folders are "
            f"{', '.join(found[:10]) or 'none'}. Give the two folders as `a` and `b`."
        )
    return {column: opening.folder(folder / part, "a") for column, part in parts.items()}


def _check(a: Rows, b: Rows) -> None:
    shapes = a.shapes["a"], b.shapes["b"]
    if shapes[0][:2] != shapes[1][:2]:
        raise ValueError(
            "The images of both domains must have one size. "
            f"Received: a of {shapes[0][0]}x{shapes[0][1]} pixels, b of {shapes[1][0]}x{shapes[1][1]}. Use `size`."
        )
    if unknown := [name for name, rows in (("a", a), ("b", b)) if rows.count < 0]:
        raise ValueError(
            "Streamed domains need a known number of images. "
            f"Received: {unknown[0]} of unknown cardinality with cache=False. Use `cache=True`, or "
            "`tf.data.experimental.assert_cardinality`."
        )
