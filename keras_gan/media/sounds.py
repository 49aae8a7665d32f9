import keras
import numpy as np
from keras import ops

from keras_gan.media import spectrograms, waves
from keras_gan.media.medium import Medium


@keras.saving.register_keras_serializable("keras_gan")
class Sounds(Medium):
    """Sounds `(samples, channels)`: float32 in [-1, 1] inside, int16 in [-32767, 32767] outside.

    A value x becomes 32767 * x, clipped and rounded, halves to the even neighbour; a sample s becomes s / 32767. So x
    and -x become s and -s, and -32768, which files may hold, is read as -1. Many libraries divide by 32768 instead,
    which makes everything quieter by a thirty-thousandth and lets no sound reach 1.

    Args:
        rate: int, samples in a second of each channel.

    Example:

    >>> import numpy as np
    >>> Sounds(8000).finish(np.array([-1.0, 0.0, 0.5, 2.0], "float32"))
    array([-32767,      0,  16384,  32767], dtype=int16)
    """

    column = "sound"
    rank = 2
    held_dtype = "int16"
    suffix = ".wav"

    def __init__(self, rate):
        waves.check_rate(rate)
        self.rate = int(rate)

    def finish_tensor(self, values):
        scaled = ops.clip(ops.cast(values, "float32") * 32767.0, -32767.0, 32767.0)
        return ops.cast(ops.round(scaled), "int16")

    def begin(self, held):
        return waves.to_floats(np.asarray(held))

    def begin_tensor(self, values):
        return values / 32767.0

    def sheet(self, held, columns=None):
        """Draws spectrograms: time to the right, frequency upwards on the mel scale, loudness as brightness.

        Args:
            held: int16 array `(count, samples, channels)`.
            columns: int, how many in each row. Defaults to the ceiling of the square root of the count.

        Returns:
            uint8 array `(height, width, 3)`.
        """
        return spectrograms.sheet(np.asarray(held), self.rate, columns)

    def write(self, path, held):
        """Writes one sound, int16 `(samples, channels)`, as a WAV file."""
        waves.write_wav(path, held, self.rate)

    def get_config(self):
        return {"rate": self.rate}
