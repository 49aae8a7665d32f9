"""The entrance for sounds."""

import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gan.data import keeping
from keras_gan.data.arguments import check_choice, check_count, check_unused
from keras_gan.data.arrangement import Arrangement, on_column
from keras_gan.data.sources import sounds as sources
from keras_gan.data.sources.sounds import Clip, SoundArrays, SoundFolder
from keras_gan.media import waves

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_gan.data.sequence import BatchSequence


def sounds(
    source: "str | pathlib.Path | np.ndarray | tuple",
    *,
    length: int,
    rate: int | None = None,
    normalize: str | None = None,
    split: str = "train",
    bad_files: str = "raise",
    batch_size: int = 64,
    shuffle: bool = True,
    seed: int | None = 0,
    augment: Callable | None = None,
    drop_remainder: bool = True,
    passes: int = 1,
    cache: bool | str | pathlib.Path = True,
) -> "tf.data.Dataset | BatchSequence":
    """Makes batches of sounds of one length.

    Every sound is read once when this function is called, so that errors come at once. Arguments that are not described
    here are those of `keras_gan.data.images`.

    Args:
        source: One of
            - the path of a folder of WAV files (PCM of 8, 16, 24 or 32 bits), in sub-folders or not. Two or more
              sub-folders that hold all of the files are taken for classes, in alphabetical order;
            - an array `(count, samples)` or `(count, samples, channels)`, int16 or float in [-1, 1], or a tuple
              `(sounds, labels)`;
            - the path of a `.npy` file of sounds, or of a `.npz` file with the key `sound`, `sounds`, `x` or
              `x_<split>`, and perhaps `label`, `labels`, `y` or `y_<split>`, and `rate`.
        length: Samples of each channel. Longer sounds are cut at their end, shorter ones get zeros there.
        rate: Samples in a second. Defaults to None: that of the files, which must agree. Arrays need it. Nothing is
            resampled.
        normalize: `"peak"` to divide each sound by its largest magnitude, before it is cut: speakers and microphones
            differ in loudness, and a GAN would learn that. Silence stays silence. Defaults to None: as stored.
        split: The part of the keys of a `.npz` file.
        bad_files: What to do about a file in a folder that is no readable WAV file: `"raise"`, the default, or
            `"skip"` with one warning that lists them.
        batch_size: Sounds a batch.
        augment: Function of a batch of sounds, float32 in [-1, 1], to such a batch of the same shape.

    Returns:
        A `tf.data.Dataset` of dicts: `"sound"`, float32 `(batch, length, channels)` in [-1, 1], and, when the source
        has labels, `"label"`, int32 `(batch,)`; with the attributes `place` and `columns`, as `{"sound": Sounds(8000)}`
        of `keras_gan.media`. Without TensorFlow a `keras.utils.PyDataset` of such dicts. See `keras_gan.data.images`.

    Raises:
        ValueError, TypeError: an argument, or a sound, is not as described; the message says which and what to do.

    Example:

    >>> import numpy as np
    >>> import keras_gan
    >>> tones = np.sin(np.arange(1, 21)[:, None] * np.arange(5000) / 10)
    >>> batches = keras_gan.data.sounds(tones, rate=8000, length=4096, batch_size=10)
    >>> next(iter(batches))["sound"].shape
    TensorShape([10, 4096, 1])
    """
    check_count("length", length)
    check_choice("normalize", normalize, (None, "peak"))
    check_choice("bad_files", bad_files, ("raise", "skip"))
    if rate is not None:
        waves.check_rate(rate)
    augment = on_column("sound", augment)
    arrangement = Arrangement(
        batch_size, shuffle, seed, augment=augment, drop_remainder=drop_remainder, passes=passes, what="sounds"
    )
    opened = _open(source, rate, split, bad_files)
    described = keeping.description(source, "sounds", length, normalize)
    return arrangement.batches(keeping.read(opened, Clip(int(length), normalize), cache, described))


def _open(source: Any, rate: int | None, split: str, bad_files: str) -> SoundArrays | SoundFolder:
    if isinstance(source, (str, pathlib.Path)):
        path = pathlib.Path(source)
        if path.suffix == ".npz" and path.is_file():
            return sources.read_file(path, split, rate)
        check_unused("split", split, "train", ".npz files")
        if path.is_dir():
            return SoundFolder(path, rate, bad_files)
        if path.suffix == ".npy" and path.is_file():
            return sources.read_file(path, split, rate)
        raise ValueError(
            "A source of sounds must be the path of a folder of WAV files, of a .npz or of a .npy file. "
            f"Received: source={str(source)!r}, which is none of them."
        )
    check_unused("split", split, "train", ".npz files")
    if isinstance(source, tuple) and len(source) == 2:
        return SoundArrays(*source, rate)
    if isinstance(source, np.ndarray) or hasattr(source, "__array__"):
        return SoundArrays(source, None, rate)
    raise TypeError(
        "A source of sounds must be a path, an array or a tuple (sounds, labels). "
        f"Received: source of type {type(source).__name__}."
    )
