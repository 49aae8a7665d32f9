import numpy as np
import pytest
import tensorflow as tf

from keras_gan.data.sources.convert import Convert
from keras_gan.data.sources.layout import whole
from keras_gan.data.sources.stored import Stored

slices = tf.data.Dataset.from_tensor_slices


def mixed(dtype="uint8", value=7):
    """Images of 8x8 and 6x12 pixels."""

    def generate():
        yield np.full((8, 8, 1), value, dtype)
        yield np.full((6, 12, 1), value, dtype)

    return tf.data.Dataset.from_generator(generate, output_signature=tf.TensorSpec((None, None, 1), dtype))


def read(stored, *size, **convert):
    """The images and the labels that are read into memory."""
    found = stored.read(whole(Convert(*size, **convert))).arrays
    return found["image"], found.get("label")


def streamed(stored, **convert):
    return stored.read(whole(Convert(**convert)), keep=False).dataset


@pytest.mark.parametrize("batch", [None, 4, 1])
@pytest.mark.parametrize("form", ["dict", "tuple", "image"])
def test_forms_of_elements(ramp, form, batch):
    labels = np.arange(5)
    elements = {"dict": {"image": ramp(5), "label": labels, "id": labels}, "tuple": (ramp(5), labels), "image": ramp(5)}
    dataset = slices(elements[form])
    images, found = read(Stored(dataset.batch(batch) if batch else dataset))
    np.testing.assert_array_equal(images, ramp(5))
    assert found is None if form == "image" else list(found) == [0, 1, 2, 3, 4]


def test_reading_converts(ramp):
    images, _ = read(Stored(slices(ramp(3, 8, 8))), (4, 4), channels=3)
    np.testing.assert_array_equal(images, ramp(3, 4, 4, 3))


def test_mixed_sizes_meet_at_the_size():
    images, _ = read(Stored(mixed()), (4, 4))
    np.testing.assert_array_equal(images, np.full((2, 4, 4, 1), 7))


def test_mixed_sizes_without_a_size():
    with pytest.raises(ValueError, match=r"image 0 with shape=\(8, 8, 1\), image 1 with shape=\(6, 12, 1\)"):
        read(Stored(mixed()))


def test_small_image_is_named():
    with pytest.raises(ValueError, match="image 1 of the data set has 6x12 pixels"):
        read(Stored(mixed()), (7, 7))


def test_floats_of_one_shape_are_checked_together(ramp):
    with pytest.raises(ValueError, match=r"may mean \[0, 1\] or \[-1, 1\].*the data set from 0 to"):
        read(Stored(slices(ramp(5) / 255)))


def test_one_dark_float_image_is_no_reason_to_doubt(ramp):
    images = (ramp(5) / 127.5 - 1).astype("float32")
    np.testing.assert_array_equal(read(Stored(slices(images)))[0], images)


def test_floats_of_one_shape_are_resized_after_the_check(ramp):
    images, _ = read(Stored(slices((ramp(5, 8, 8) / 127.5 - 1).astype("float32"))), (4, 4))
    np.testing.assert_allclose(images, ramp(5, 4, 4) / 127.5 - 1, atol=1e-6)


def test_floats_of_mixed_shapes_need_a_range():
    with pytest.raises(ValueError, match=r"need `value_range`.*dtype=float32, value_range=None"):
        read(Stored(mixed("float32", 0.5)), (4, 4))


def test_floats_of_mixed_shapes_with_a_range():
    images, _ = read(Stored(mixed("float32", 0.5), (0, 1)), (4, 4))
    np.testing.assert_allclose(images, np.zeros((2, 4, 4, 1)), atol=1e-6)


def test_streaming_equals_reading(ramp):
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 12, 3)).astype("uint8")
    stored = Stored(slices((images, np.arange(5))))
    dataset = streamed(stored, size=(4, 4), channels=1)
    assert dataset.element_spec["image"] == tf.TensorSpec((4, 4, 1), tf.uint8)
    kept, labels = read(stored, (4, 4), channels=1)
    received = list(dataset.as_numpy_iterator())
    np.testing.assert_array_equal(np.stack([element["image"] for element in received]), kept)
    np.testing.assert_array_equal([element["label"] for element in received], labels)


def test_labels_are_int32_in_memory_and_streamed(ramp):
    stored = Stored(slices((ramp(3), np.arange(3, dtype="uint8"))))
    assert read(stored)[1].dtype == np.int32
    assert streamed(stored).element_spec["label"].dtype == tf.int32


def test_streaming_floats_needs_a_range(ramp):
    with pytest.raises(ValueError, match="need `value_range`"):
        streamed(Stored(slices(ramp(3) / 255)))


def test_streaming_scales_with_a_range(ramp):
    dataset = streamed(Stored(slices(ramp(3) / 255), (0, 1)))
    received = np.stack([element["image"] for element in dataset.as_numpy_iterator()])
    np.testing.assert_allclose(received, ramp(3) / 127.5 - 1, atol=1e-6)


def test_streaming_needs_a_known_shape():
    with pytest.raises(ValueError, match=r"Streamed images need a known shape.*Use `size` and `channels`"):
        streamed(Stored(mixed()))


def test_endless_data_set(ramp):
    with pytest.raises(ValueError, match=r"finite data set is needed.*Remove its `repeat\(\)`"):
        Stored(slices(ramp(3)).repeat())


@pytest.mark.parametrize(
    ("elements", "error", "message"),
    [
        ({"picture": np.zeros((2, 4, 4, 1), "uint8")}, TypeError, 'dicts with the key "image"'),
        (np.zeros((2, 4), "uint8"), ValueError, r"shape \(height, width, channels\), or that and a batch axis"),
        (np.zeros((2, 4, 4, 2), "uint8"), ValueError, "must have 1, 3 or 4 channels"),
        (np.zeros((2, 4, 4, 1), "bool"), TypeError, "must be integers or floats.*dtype=bool"),
        ((np.zeros((2, 4, 4, 1), "uint8"), np.zeros(2)), TypeError, "Labels must be integers"),
    ],
)
def test_unsuitable_elements(elements, error, message):
    with pytest.raises(error, match=message):
        Stored(slices(elements))
