import numpy as np
import pytest
import tensorflow as tf

from keras_gan.data import pipeline
from keras_gan.data.arrangement import Arrangement, on_column
from keras_gan.data.rows import InMemory, Streamed
from keras_gan.media import Images


def batches(images, augment=None, **options):
    rows = InMemory({"image": images}, {"image": Images()})
    return Arrangement(**{"batch_size": 10, "augment": on_column("image", augment), **options}).batches(rows)


def streamed(images, batch_size):
    dataset = tf.data.Dataset.from_tensor_slices({"image": images})
    return Arrangement(batch_size).batches(Streamed(dataset, len(images), {"image": Images()}))


def first_pixels(stack, dataset):
    return stack(dataset)[:, 0, 0, 0]


def test_bytes_become_exactly_minus_one_to_one(ramp, stack):
    images = np.arange(256, dtype="uint8").reshape(256, 1, 1, 1)
    scaled = stack(batches(images, shuffle=False, batch_size=256)).ravel()
    assert (scaled[0], scaled[255]) == (-1, 1)
    np.testing.assert_allclose(scaled, np.arange(256) / 127.5 - 1, atol=1e-7)


def test_floats_pass_unchanged(stack):
    images = np.linspace(-1, 1, 10, dtype="float32").reshape(10, 1, 1, 1)
    np.testing.assert_array_equal(stack(batches(images, shuffle=False)), images)


def test_an_epoch_holds_every_image_once(ramp, stack):
    np.testing.assert_allclose(
        np.sort(first_pixels(stack, batches(ramp(50)))), ramp(50)[:, 0, 0, 0] / 127.5 - 1, atol=1e-6
    )


def test_every_epoch_has_another_order(ramp, stack):
    dataset = batches(ramp(50))
    assert (first_pixels(stack, dataset) != first_pixels(stack, dataset)).any()


def test_epochs_are_reproducible_from_the_seed(ramp, stack):
    one, same, other = (batches(ramp(50), seed=seed, flip=True) for seed in (3, 3, 4))
    for _ in range(2):
        images = stack(one)
        np.testing.assert_array_equal(images, stack(same))
        assert (images != stack(other)).any()


def test_without_a_seed_runs_differ(ramp, stack):
    assert (stack(batches(ramp(50), seed=None)) != stack(batches(ramp(50), seed=None))).any()


def test_without_shuffle_the_order_is_kept(ramp, stack):
    dataset = batches(ramp(50), shuffle=False)
    for _ in range(2):
        np.testing.assert_allclose(stack(dataset), ramp(50) / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_flip_mirrors_about_half_of_the_images_anew_in_each_epoch(stack, dtype):
    one = np.array([[[0, 50], [100, 150], [200, 250]]], dtype)  # height 1, width 3, channels 2
    one = one if dtype == "uint8" else one / np.float32(127.5) - 1
    dataset = batches(np.repeat(one[None], 200, axis=0), flip=True, shuffle=False)
    mirrored = []
    for _ in range(2):
        images = stack(dataset)
        straight = one if dtype == "float32" else one / 127.5 - 1
        mirrored.append(np.isclose(images, straight[:, ::-1], atol=1e-6).all(axis=(1, 2, 3)))
        assert (mirrored[-1] | np.isclose(images, straight, atol=1e-6).all(axis=(1, 2, 3))).all()
        assert 60 < mirrored[-1].sum() < 140
    assert (mirrored[0] != mirrored[1]).any()


def test_augment_gets_scaled_batches_and_is_called_anew(ramp, stack):
    counter = tf.Variable(0.0)

    def augment(images):
        tf.debugging.assert_less_equal(images, 1.0)
        return images * 0 + counter.assign_add(1.0)

    dataset = batches(ramp(20), augment=augment)
    np.testing.assert_array_equal(first_pixels(stack, dataset), np.repeat([1, 2], 10))
    np.testing.assert_array_equal(first_pixels(stack, dataset), np.repeat([3, 4], 10))


def test_augment_must_keep_the_shape(ramp):
    with pytest.raises(ValueError, match=r"`augment` must keep .*\(10, 4, 6, 1\).*Received: .*\(10, 2, 6, 1\)"):
        batches(ramp(20), augment=lambda images: images[:, ::2])


@pytest.mark.parametrize(("drop_remainder", "sizes"), [(True, [10, 10]), (False, [10, 10, 5])])
def test_last_batch(ramp, drop_remainder, sizes):
    dataset = batches(ramp(25), drop_remainder=drop_remainder)
    assert [len(batch["image"]) for batch in dataset] == sizes
    assert dataset.cardinality() == len(sizes)


def test_batch_shape_is_static_when_the_remainder_is_dropped(ramp):
    assert batches(ramp(25)).element_spec["image"] == tf.TensorSpec((10, 4, 6, 1), tf.float32)


def test_batch_larger_than_the_data(ramp):
    with pytest.raises(ValueError, match=r"batch_size=10, with 4 images.*at most 4, or `drop_remainder=False`"):
        batches(ramp(4))


def test_batch_larger_than_the_streamed_data(ramp):
    with pytest.raises(ValueError, match="batch_size=10, with 4 images"):
        streamed(ramp(4), 10)


def test_streamed_images_are_shuffled_over_what_fits(ramp, monkeypatch, stack):
    monkeypatch.setattr(pipeline, "STREAM_SHUFFLE_BYTES", 5 * 4 * 6)  # five images
    assert pipeline.room_for(tf.data.Dataset.from_tensor_slices({"image": ramp(50)})) == 5
    ordered = streamed(ramp(50), 1)
    values = [round((e["image"][0, 0, 0, 0] + 1) * 127.5) // 5 for e in ordered.as_numpy_iterator()]
    assert values != sorted(values)
    assert all(value <= place + 4 for place, value in enumerate(values))


def test_no_epoch_waits_for_the_autotuner(ramp):
    arrays = batches(ramp(4), batch_size=2)
    for dataset in (arrays, streamed(ramp(4), 2), arrays.repeat(3)):
        assert dataset.options().autotune.enabled is False
