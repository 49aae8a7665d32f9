"""Pictures of sounds."""

import math

import numpy as np

from keras_gan.media import pictures

HEIGHT, WIDTH = 96, 160  # pixels of one sound
PROBES = 32  # frequencies that a row shows the loudest of: a high row spans many, and a tone is as narrow as one
WINDOW = 0.032  # seconds: harmonics of a voice are apart, and syllables too
RANGE = 70.0  # decibels from black to white
QUIETEST = (
    -40.0
)  # decibels of full scale: a sheet without anything louder is drawn darker, so that silence looks silent
# Black, violet, red, orange, light yellow: brightness alone tells the loudness.
COLOURS = np.array([(0, 0, 4), (60, 15, 112), (158, 47, 127), (241, 96, 93), (254, 176, 120), (252, 253, 191)])


def sheet(sounds, rate, columns=None):
    """Draws the spectrograms of several sounds on one picture.

    Args:
        sounds: int16 array `(count, samples, channels)`.
        rate: int, samples in a second.
        columns: int, sounds per row. Defaults to the ceiling of the square root of `count`.

    Returns:
        uint8 array `(rows * (96 + 4) + 4, columns * (160 + 4) + 4, 3)`.
    """
    levels = np.stack([decibels(sound, rate) for sound in sounds])
    loudest = max(levels.max(), QUIETEST)
    shares = np.clip(1 + (levels - loudest) / RANGE, 0, 1) * (len(COLOURS) - 1)
    stops = np.arange(len(COLOURS))
    painted = np.stack([np.interp(shares, stops, COLOURS[:, channel]) for channel in range(3)], axis=-1)
    return pictures.grid(np.round(painted).astype("uint8"), columns, gap=4, smallest=1, ground=40)


def decibels(sound, rate):
    """Returns the loudness of a sound over time and frequency.

    Args:
        sound: int16 array `(samples, channels)`; the powers of the channels are averaged.
        rate: int, samples in a second.

    Returns:
        float array `(96, 160)` of decibels, 0 for a full sine: rows from half the rate down to 0 Hz, evenly spaced on
        the mel scale (O'Shaughnessy's); columns from the start to the end.
    """
    size = 2 ** max(4, round(math.log2(WINDOW * rate)))
    padded = np.pad(sound.astype("float64") / 32767, ((size // 2, size // 2), (0, 0)))
    starts = np.linspace(0, len(sound) - 1, WIDTH).round().astype(int)
    window = np.hanning(size + 1)[:-1]
    frames = padded[starts[:, None] + np.arange(size)] * window[:, None]
    power = (np.abs(np.fft.rfft(frames, axis=1)) ** 2).mean(axis=-1) * (2 / window.sum()) ** 2
    found = 10 * np.log10(power + 1e-12)
    mels = np.linspace(0, 2595 * np.log10(1 + rate / 2 / 700), HEIGHT * PROBES)
    frequencies = 700 * (10 ** (mels / 2595) - 1)
    bins = np.arange(size // 2 + 1) * rate / size
    probed = np.stack([np.interp(frequencies, bins, frame) for frame in found], axis=1)
    return probed.reshape(HEIGHT, PROBES, WIDTH).max(axis=1)[::-1]
