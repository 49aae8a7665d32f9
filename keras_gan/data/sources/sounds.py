"""Sounds from a folder of WAV files, and from arrays."""

import dataclasses
import pathlib

import numpy as np

from keras_gan.data.rows import InMemory, OnDemand
from keras_gan.data.sources import collect
from keras_gan.data.sources.arrays import read_columns
from keras_gan.data.sources.files import Files, Trouble, read_rows
from keras_gan.media import Labels, Sounds, pixels, read_wav, waves

SUFFIXES = (".wav", ".wave")
KEYS = ("sound", "sounds", "x")
WANTED = "Every file of the folder must be a readable WAV file."


@dataclasses.dataclass(frozen=True)
class Clip:
    """Brings one sound to a length.

    Args:
        length: samples of each channel. What is longer loses its end, what is shorter gets zeros there.
        normalize: "peak" to divide each sound by its largest magnitude before it is cut, or None.
        dtype: "int16" to keep samples as files of 16 bits hold them, or "float32" for [-1, 1].
    """

    length: int
    normalize: str | None = None
    dtype: str = "float32"

    def __call__(self, sound: np.ndarray) -> np.ndarray:
        """Brings a sound (samples, channels), int16 or float32 in [-1, 1], to `(length, channels)`."""
        if self.normalize is None:
            sound = sound[: self.length]
        if sound.dtype == np.int16:
            sound = np.maximum(sound, -waves.FULL) if self.dtype == "int16" else waves.to_floats(sound)
        if self.normalize == "peak":
            sound = sound / max(np.abs(sound).max(), np.finfo("float32").tiny)
        clip = np.zeros((self.length, sound.shape[1]), self.dtype)
        clip[: len(sound)] = sound[: self.length]
        return clip


class SoundFolder(Files):
    """The WAV files under a folder. See `Files` for their classes.

    Args:
        path: the folder.
        rate: samples in a second that all files must have, or None for what they have in common.
        bad_files: "raise" or "skip": what to do about a file that is no readable WAV file.
    """

    in_memory = False

    def __init__(self, path: pathlib.Path, rate: int | None = None, bad_files: str = "raise"):
        super().__init__(path, "sound", SUFFIXES, Trouble({"source": path}, bad_files, WANTED))
        self.rate = rate

    def read(self, clip: Clip, keep: bool = True) -> InMemory | OnDemand:
        """Reads every file once, and holds the sounds in memory or reads them anew whenever they are needed."""
        headers = self._headers()
        paths, found = list(headers), list(headers.values())
        rate = self._check_same(headers)
        wide = clip.normalize or any(header.bits > 16 for header in found)
        clip = dataclasses.replace(clip, dtype="float32" if wide else "int16")

        def load(path, attempt):
            sound = attempt(path, lambda: clip(read_wav(path)[0]))
            return None if sound is None else {"sound": sound} | self.label(path)

        return read_rows(self.trouble, load, paths, {"sound": Sounds(rate)} | self.label_columns, keep)

    def _headers(self) -> dict[pathlib.Path, waves.Header]:
        found = collect.parallel_map(lambda path: self.trouble.attempt(path, waves.read_header, path), self.files)
        headers = {path: header for path, header in zip(self.files, found, strict=True) if header is not None}
        if self.trouble.bad_files == "raise" or not headers:
            self.trouble.report(skip=False)
        return headers

    def _check_same(self, headers: dict[pathlib.Path, waves.Header]) -> int:
        """Returns the rate of all files."""
        first, common = next(iter(headers.items()))
        rate = self.rate or common.rate
        for path, header in headers.items():
            name = self.trouble.name(path)
            if header.rate != rate:
                other = f"rate={rate}" if self.rate else f"{self.trouble.name(first)} with the rate {rate}"
                raise ValueError(
                    f"All sounds must have one rate, in samples a second. Received: {other}, {name} with the rate "
                    f"{header.rate}. Resample it, for example with `ffmpeg -i IN -ar {rate} OUT.wav`."
                )
            if header.channels != common.channels:
                raise ValueError(
                    "All sounds must have one number of channels. Received: "
                    f"{self.trouble.name(first)} with {common.channels}, {name} with {header.channels}. "
                    "Mix them, for example with `ffmpeg -i IN -ac 1 OUT.wav`."
                )
        return rate


class SoundArrays:
    """Sounds, and labels if any, that are in memory already.

    Args:
        sounds: int16, or float in [-1, 1], `(count, samples)` or `(count, samples, channels)`.
        labels: (count,) integers or None.
        rate: samples in a second.
        name: what to call the sounds in an error.
    """

    in_memory = True

    def __init__(self, sounds, labels=None, rate=None, name="sounds"):
        sounds = np.asarray(sounds)
        if sounds.ndim not in (2, 3) or 0 in sounds.shape:
            raise ValueError(
                "Sounds must have the shape (count, samples) or (count, samples, channels), with at least one sample. "
                f"Received: {name} with shape={sounds.shape}."
            )
        if rate is None:
            raise ValueError(f"Arrays of sounds need a `rate`, in samples a second. Received: {name} with rate=None.")
        waves.check_rate(rate)
        self.rate = int(rate)
        self.labels = None if labels is None else pixels.to_labels(labels, len(sounds))
        self.sounds = to_samples(sounds if sounds.ndim == 3 else sounds[..., None], name)

    def read(self, clip: Clip, keep: bool = True) -> InMemory:
        """Cuts and pads the sounds. They are in memory whatever `keep` says."""
        clip = dataclasses.replace(clip, dtype="float32" if clip.normalize else self.sounds.dtype.name)
        rows = ({"sound": clip(sound)} for sound in self.sounds)
        arrays, columns = collect.collect(rows, len(self.sounds)), {"sound": Sounds(self.rate)}
        if self.labels is None:
            return InMemory(arrays, columns)
        return InMemory(arrays | {"label": self.labels}, columns | {"label": Labels()})


def read_file(path: pathlib.Path, split: str, rate: int | None) -> SoundArrays:
    """Reads a .npy of sounds, or a .npz of sounds and perhaps labels and a rate. Never unpickles."""
    sounds, labels, name, arrays = read_columns(path, split, "sounds", KEYS, (2, 3))
    stored = arrays.get("rate")
    if stored is not None:
        if stored.size != 1 or (rate is not None and stored.item() != rate):
            raise ValueError(
                f"The `rate` must be that of the file. Received: rate={rate}, {path.name} with the rate {stored}. "
                "Leave it out."
            )
        rate = stored.item()
    return SoundArrays(sounds, labels, rate, name)


def to_samples(sounds: np.ndarray, name: str) -> np.ndarray:
    """Checks sounds, and returns them as int16 or as float32 in [-1, 1]."""
    if sounds.dtype == np.int16:
        return sounds
    if not np.issubdtype(sounds.dtype, np.floating):
        raise TypeError(
            f"Sounds must be int16, or floats in [-1, 1]. Received: {name} with dtype={sounds.dtype}. "
            "Divide other integers by their largest value."
        )
    if not np.isfinite(sounds).all():
        raise ValueError(f"Sounds must be finite. Received: {name} with NaN or infinite values.")
    peak = np.abs(sounds).max()
    if peak > 1 + pixels.ROUNDING:
        raise ValueError(
            f"Sounds of floats must lie in [-1, 1]. Received: {name} with values up to {peak:g}. "
            "Divide them by the largest value, which is 32767 for samples of 16 bits."
        )
    return np.clip(sounds, -1, 1).astype("float32", copy=False)
