"""As what files a SavedModel gives and takes signals: one line for each medium."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from keras_gan.media import Images, Medium, Sounds

if TYPE_CHECKING:
    import tensorflow as tf


class FileKind(NamedTuple):
    """Files of one kind, made and read inside TensorFlow's graphs.

    Attributes:
        name: what its signatures are called, such as "png".
        takes: function (shape of one signal) -> whether such signals can be files of this kind.
        encode: function (medium, tensor `(batch, *shape)` of its `held_dtype`) -> string tensor `(batch,)`.
        decode: function (medium, string tensor `(batch,)`, shape) -> tensor `(batch, *shape)` of its `held_dtype`; a
            file of another shape is an error when it runs.
    """

    name: str
    takes: Callable[[tuple], bool]
    encode: "Callable[[Medium, tf.Tensor], tf.Tensor]"
    decode: "Callable[[Medium, tf.Tensor, tuple], tf.Tensor]"


def _is_picture(shape):
    return shape[-1] in (1, 3, 4)  # grey, RGB, RGBA


def _encode_png(medium, held):
    import tensorflow as tf

    return tf.io.encode_png(held)


def _decode_picture(medium, files, shape):
    """Reads PNG and JPEG files."""
    import tensorflow as tf

    def read(file):
        return tf.ensure_shape(tf.io.decode_image(file, shape[-1], expand_animations=False), shape)

    return tf.map_fn(read, files, fn_output_signature=tf.TensorSpec(shape, tf.uint8))


def _is_sound(shape):
    return shape[-1] >= 1


def _encode_wav(medium, held):
    """Writes WAV files of 16 bits. TensorFlow's floats are samples / 32768, which is exact for all of them."""
    import tensorflow as tf

    values = tf.cast(held, tf.float32) / 32768.0
    return tf.map_fn(
        lambda sound: tf.audio.encode_wav(sound, medium.rate), values, fn_output_signature=tf.TensorSpec((), tf.string)
    )


def _decode_wav(medium, files, shape):
    """Reads WAV files of 16 bits. The sample -32768 becomes -32767, the lowest of `Sounds`."""
    import tensorflow as tf

    def read(file):
        sound, rate = tf.audio.decode_wav(file, shape[-1])
        told = [f"A WAV file must have {medium.rate} samples in a second. Received:", rate]
        with tf.control_dependencies([tf.debugging.Assert(rate == medium.rate, told)]):
            return tf.cast(tf.maximum(tf.round(tf.ensure_shape(sound, shape) * 32768.0), -32767.0), tf.int16)

    return tf.map_fn(read, files, fn_output_signature=tf.TensorSpec(shape, tf.int16))


KINDS = {
    Images: FileKind("png", _is_picture, _encode_png, _decode_picture),
    Sounds: FileKind("wav", _is_sound, _encode_wav, _decode_wav),
}


def file_kind(medium: Medium, shape: tuple) -> FileKind | None:
    """Returns as what files signals of a medium go, or None.

    What decides is the medium and the number of axes: one channel of sound is no grey picture.

    Example:

    >>> from keras_gan.media import Vectors
    >>> file_kind(Images(), (8, 8, 1)).name, file_kind(Images(), (8, 8, 2)), file_kind(Vectors(), (1,))
    ('png', None, None)
    """
    for each in type(medium).__mro__:
        if each in KINDS and len(shape) == medium.rank and KINDS[each].takes(shape):
            return KINDS[each]
    return None
