"""WAV files, by the standard library."""

import contextlib
import dataclasses
import os
import struct
import wave
from collections.abc import Iterator
from typing import IO

import numpy as np

from keras_gan.storage.files import replacing
from keras_gan.storage.texts import check_regular

FULL = 32767  # the sample of 16 bits that is 1
HIGHEST_RATE = 2**31 - 1  # what the header of a WAV file can hold, and every player reads
PCM, EXTENSIBLE = 1, 0xFFFE
LONGEST_FORMAT = 64  # bytes of the format that are looked at
FORMATS = {2: "ADPCM, compressed", 3: "floats", 6: "A-law, compressed", 7: "mu-law, compressed", 85: "MP3, compressed"}


def read_wav(path: str | os.PathLike) -> tuple[np.ndarray, int]:
    """Reads a WAV file of PCM samples with 8, 16, 24 or 32 bits.

    Args:
        path: the file.

    Returns:
        The samples `(samples, channels)` and the rate, samples in a second. Samples of 16 bits are int16 as stored,
        those of 8 bits int16 with their 8 bits on top. Those of 24 and 32 bits are float32 in [-1, 1]: the stored
        number by the largest one of so many bits, and -1 for the lowest.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no WAV file, holds floats or compressed sound, or ends too early; the message names the mend.

    Example:

    >>> import os, tempfile
    >>> import numpy as np
    >>> from keras_gan.media import Sounds, read_wav
    >>> path = os.path.join(tempfile.mkdtemp(), "tone.wav")
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(4000) / 8000)[:, None].astype("float32")
    >>> Sounds(8000).write(path, Sounds(8000).finish(tone))
    >>> samples, rate = read_wav(path)
    >>> samples.shape, samples.dtype, rate
    ((4000, 1), dtype('int16'), 8000)
    """
    with open_wav(path) as (header, file):
        raw = np.frombuffer(file.read(header.samples * header.channels * header.bits // 8), "uint8")
        return _samples(raw, header.bits // 8).reshape(-1, header.channels), header.rate


@dataclasses.dataclass(frozen=True)
class Header:
    """What a WAV file says of its sound: channels, samples in a second, bits of a sample, samples of each channel."""

    channels: int
    rate: int
    bits: int
    samples: int


def read_header(path: str | os.PathLike) -> Header:
    """Reads what a WAV file says of its sound. Raises as `read_wav`."""
    with open_wav(path) as (header, _):
        return header


@contextlib.contextmanager
def open_wav(path: str | os.PathLike) -> Iterator[tuple[Header, IO[bytes]]]:
    """Opens a WAV file, gives its header and the file at the first sample. Raises as `read_wav`."""
    check_regular(path, "A sound")  # a pipe would be waited for
    with open(path, "rb") as file:
        try:
            header = _header(file)
        except ValueError as error:
            raise ValueError(
                f"A sound must be a WAV file of PCM with 8, 16, 24 or 32 bits. Received: {os.fspath(path)}, {error}. "
                "Convert it, for example with `ffmpeg -i IN -c:a pcm_s16le OUT.wav`."
            ) from None
        yield header, file


def _header(file: IO[bytes]) -> Header:
    # The module `wave` refuses the extensible format before Python 3.12, and that is usual for 24 bits.
    start = file.read(12)
    if start[:4] != b"RIFF" or start[8:] != b"WAVE":
        raise ValueError("which is no WAV file")
    form = b""
    while True:
        name, size = struct.unpack("<4sI", _exactly(file, 8))
        if name == b"data":
            break
        following = file.tell() + size + size % 2
        if name == b"fmt ":
            form = _exactly(file, min(size, LONGEST_FORMAT))
        file.seek(following)
    if len(form) < 16:
        raise ValueError("which does not say its format")
    kind, channels, rate, _, block, bits = struct.unpack("<HHIIHH", form[:16])
    if kind == EXTENSIBLE and len(form) >= 26:
        kind = int.from_bytes(form[24:26], "little")
    if kind != PCM:
        raise ValueError(f"whose format is {kind} ({FORMATS.get(kind, 'another')})")
    if bits not in (8, 16, 24, 32) or not channels or block * 8 != channels * bits or not 0 < rate <= HIGHEST_RATE:
        raise ValueError(f"which says that it has {channels} channels of {bits} bits and the rate {rate}")
    held = os.fstat(file.fileno()).st_size - file.tell()
    if held < size:  # told before memory for the samples is taken
        raise ValueError(f"which is cut off: it holds {max(0, held):,} of {size:,} bytes of sound")
    if size < block:
        raise ValueError("which holds no sound")
    return Header(channels, rate, bits, size // block)


def _exactly(file: IO[bytes], count: int) -> bytes:
    found = file.read(count)
    if len(found) < count:
        raise ValueError("which is cut off before its samples")
    return found


def write_wav(path: str | os.PathLike, samples: np.ndarray, rate: int) -> None:
    """Writes int16 samples `(samples, channels)` as a WAV file of 16 bits."""
    samples = np.asarray(samples)
    if samples.dtype != np.int16 or samples.ndim != 2 or 0 in samples.shape:
        raise ValueError(
            "A sound must be an int16 array (samples, channels). "
            f"Received: an array of shape {samples.shape} and {samples.dtype}. Use `Sounds.finish`."
        )
    with replacing(path) as written, wave.open(os.fspath(written), "wb") as file:
        file.setparams((samples.shape[1], 2, rate, len(samples), "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())


def to_floats(samples: np.ndarray) -> np.ndarray:
    """Turns samples of 16 bits into float32 in [-1, 1]: s / 32767, and -1 for -32768, which has no opposite."""
    return np.maximum(samples, -FULL).astype("float32") / np.float32(FULL)


def check_rate(rate) -> None:
    """Raises ValueError unless `rate` is a whole number of samples in a second."""
    whole = isinstance(rate, (int, np.integer)) and not isinstance(rate, bool)
    if not whole or not 0 < rate <= HIGHEST_RATE:
        raise ValueError(f"`rate` must be a whole number of samples in a second. Received: rate={rate!r}.")


def _samples(raw: np.ndarray, width: int) -> np.ndarray:
    if width == 1:  # unsigned, with silence at 128
        return (raw.astype("int16") - 128) * 256
    if width == 2:
        return raw.view("<i2").astype("int16", copy=False)
    wide = np.zeros((len(raw) // width, 4), "uint8")
    wide[:, 4 - width :] = raw.reshape(-1, width)
    values = wide.view("<i4")[:, 0] >> (32 - 8 * width)
    return np.maximum(values / (2 ** (8 * width - 1) - 1), -1).astype("float32")
