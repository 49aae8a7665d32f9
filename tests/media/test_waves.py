import os
import struct

import numpy as np
import pytest

from keras_gan.media import read_wav
from keras_gan.media.waves import read_header

GUID = bytes.fromhex("0000000010008000 00aa00389b71")


def wav(data, bits=16, channels=1, rate=8000, kind=1, extra=b"", before=b"", size=None):
    """Bytes of a WAV file."""
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * block, block, bits) + extra
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", len(data) if size is None else size) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.fixture
def read(tmp_path):
    def write_and_read(content):
        (tmp_path / "x.wav").write_bytes(content)
        return read_wav(tmp_path / "x.wav")

    return write_and_read


@pytest.mark.parametrize(
    ("bits", "data", "dtype", "values"),
    [
        (8, bytes([0, 128, 255]), "int16", [-32768, 0, 32512]),
        (16, struct.pack("<3h", -32768, 1, 32767), "int16", [-32768, 1, 32767]),
        (
            24,
            b"\x00\x00\x80" + b"\x00\x00\x40" + b"\xff\xff\x7f" + b"\xff\xff\xff",
            "float32",
            [-1, 0.5, 1, -1 / 8388607],
        ),
        (32, struct.pack("<4i", -(2**31), 2**30, 2**31 - 1, -1), "float32", [-1, 0.5, 1, -1 / 2147483647]),
    ],
)
def test_depths(read, bits, data, dtype, values):
    samples, rate = read(wav(data, bits))
    assert (samples.dtype, samples.shape, rate) == (dtype, (len(values), 1), 8000)
    np.testing.assert_allclose(samples[:, 0], values, rtol=2e-7)


def test_channels_stand_beside_each_other(read):
    samples, rate = read(wav(struct.pack("<6h", *range(6)), channels=2, rate=44100))
    np.testing.assert_array_equal(samples, [[0, 1], [2, 3], [4, 5]])
    assert rate == 44100


def test_other_parts_of_the_file_are_passed_over(read):
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    assert read(wav(struct.pack("<2h", 5, 6), before=odd) + odd)[0][:, 0].tolist() == [5, 6]


def test_the_extensible_format_of_plain_samples(read):
    extra = struct.pack("<HHIH", 22, 24, 4, 1) + GUID
    assert read(wav(bytes(6), 24, kind=0xFFFE, extra=extra))[0].shape == (2, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (wav(bytes(8), 32, kind=3), r"whose format is 3 \(floats\)"),
        (wav(bytes(8), 32, kind=0xFFFE, extra=struct.pack("<HHIH", 22, 32, 4, 3) + GUID), r"format is 3 \(floats\)"),
        (wav(bytes(8), 8, kind=7), r"whose format is 7 \(mu-law, compressed\)"),
        (wav(bytes(8), 8, kind=99), r"whose format is 99 \(another\)"),
        (wav(bytes(8), 64), "1 channels of 64 bits and the rate 8000"),
        (wav(bytes(8), channels=0), "0 channels of 16 bits"),
        (wav(bytes(8), rate=0), "16 bits and the rate 0"),
        (wav(bytes(8), size=20), "which is cut off: it holds 8 of 20 bytes of sound"),
        (wav(bytes(8), size=2**32 - 1), "which is cut off: it holds 8 of 4,294,967,295 bytes"),
        (wav(b""), "which holds no sound"),
        (wav(bytes(8))[:38], "which is cut off before its samples"),
        (wav(bytes(8))[:30], "which is cut off before its samples"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "which does not say its format"),
        (b"", "which is no WAV file"),
        (b"OggS" + bytes(40), "which is no WAV file"),
    ],
)
def test_what_is_refused(read, content, message):
    with pytest.raises(ValueError, match=rf"PCM with 8, 16, 24 or 32 bits. Received: .*x\.wav, .*{message}") as error:
        read(content)
    assert "ffmpeg -i IN -c:a pcm_s16le OUT.wav" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x.wav")
    with pytest.raises(ValueError, match="a pipe or a device"):
        read_wav(tmp_path / "x.wav")


def test_the_header_alone(tmp_path):
    (tmp_path / "x.wav").write_bytes(wav(bytes(12), 24, channels=2, rate=48000))
    header = read_header(tmp_path / "x.wav")
    assert (header.channels, header.rate, header.bits, header.samples) == (2, 48000, 24, 2)


def test_damage_anywhere_in_the_header_is_told(read):
    whole, random = wav(bytes(range(200)), channels=2), np.random.default_rng(0)
    for _ in range(500):
        damaged = bytearray(whole)
        damaged[random.integers(48)] = random.integers(256)
        try:
            samples, rate = read(bytes(damaged[: random.integers(300)]))
        except ValueError as error:
            assert "\n" not in str(error)  # noqa: PT017
        else:
            assert samples.size
            assert rate > 0
