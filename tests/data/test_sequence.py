import numpy as np
import pytest
from PIL import Image

import keras_gan as kg
from keras_gan.data import catalogue, class_names, images
from keras_gan.data.sequence import BatchSequence


@pytest.fixture(autouse=True)
def without_tensorflow(monkeypatch):
    monkeypatch.setattr("keras_gan.data.optional.has_tensorflow", lambda: False)


def first_pixels(batches):
    return np.concatenate([np.round((batch["image"][:, 0, 0, 0] + 1) * 127.5).astype(int) for batch in batches])


def test_batches_are_dicts_of_scaled_images_and_labels(ramp):
    batches = images((ramp(20), np.arange(20)), batch_size=8, shuffle=False)
    assert isinstance(batches, BatchSequence)
    assert len(batches) == batches.cardinality() == 2
    batch = batches[0]
    assert batch["image"].dtype == np.float32
    assert batch["image"].shape == tuple(batches.element_spec["image"].shape) == (8, 4, 6, 1)
    np.testing.assert_allclose(batch["image"][:, 0, 0, 0], ramp(20)[:8, 0, 0, 0] / 127.5 - 1, atol=1e-6)
    np.testing.assert_array_equal(batch["label"], np.arange(8))


def test_epochs_are_permutations_that_follow_from_the_seed(ramp):
    batches, again = images(ramp(20), batch_size=5), images(ramp(20), batch_size=5)
    first, second = first_pixels(batches), first_pixels(batches)
    assert sorted(first) == sorted(second) == sorted(ramp(20)[:, 0, 0, 0])
    assert list(first) != list(second)
    np.testing.assert_array_equal(first_pixels(again), first)
    np.testing.assert_array_equal(first_pixels(again), second)
    assert list(first_pixels(images(ramp(20), batch_size=5, seed=1))) != list(first)


def test_repeat_makes_longer_epochs(ramp):
    batches = images(ramp(20), batch_size=5, passes=3)
    assert len(batches) == 12
    values = first_pixels(batches)
    for part in np.split(values, 3):
        assert sorted(part) == sorted(ramp(20)[:, 0, 0, 0])
    assert list(values[:20]) != list(values[20:40])


@pytest.mark.parametrize(("drop_remainder", "sizes"), [(True, [10, 10]), (False, [10, 10, 5])])
def test_last_batch(ramp, drop_remainder, sizes):
    batches = images(ramp(25), batch_size=10, drop_remainder=drop_remainder)
    assert [len(batch["image"]) for batch in batches] == sizes


def test_flip_mirrors_about_half(ramp):
    one = np.arange(6, dtype="uint8")[None, None, :, None] * np.ones((200, 4, 1, 1), "uint8")
    straight = one[0] / np.float32(127.5) - 1
    batch = next(iter(images(one, batch_size=200, flip=True)))["image"]
    mirrored = np.isclose(batch, straight[:, ::-1]).all(axis=(1, 2, 3))
    assert 60 < mirrored.sum() < 140
    assert (mirrored | np.isclose(batch, straight).all(axis=(1, 2, 3))).all()


def test_augment_must_keep_the_shape(ramp):
    batches = images(ramp(20), batch_size=10, augment=lambda batch: batch[:, ::2])
    with pytest.raises(ValueError, match=r"`augment` must keep .*\(10, 4, 6, 1\).*Received: .*\(10, 2, 6, 1\)"):
        batches[0]


def test_batch_larger_than_the_data(ramp):
    with pytest.raises(ValueError, match=r"batch_size=10, with 4 images.*at most 4, or `drop_remainder=False`"):
        images(ramp(4), batch_size=10)


@pytest.mark.parametrize("cache", [True, False])
def test_folder(folder, cache):
    path = folder({f"{kind}/{i}.png": Image.new("L", (4, 4), 10 * i) for kind in ("a", "b") for i in range(3)})
    batches = images(path, batch_size=3, shuffle=False, cache=cache)
    assert [list(batch["label"]) for batch in batches] == [[0, 0, 0], [1, 1, 1]]
    np.testing.assert_array_equal(first_pixels(batches), [0, 10, 20, 0, 10, 20])


def test_cache_on_disk_is_refused(folder, tmp_path):
    path = folder({"0.png": Image.new("L", (4, 4))})
    with pytest.raises(ValueError, match=r"A cache on disk needs TensorFlow\. Received: cache="):
        images(path, batch_size=1, cache=tmp_path / "cache")


def test_digits_are_the_only_named_data_set():
    assert images("digits", batch_size=1797)[0]["label"].shape == (1797,)
    assert class_names("digits") == list("0123456789")
    assert catalogue.names() == ["digits"]
    with pytest.raises(ValueError, match=r"Named data sets other than 'digits' need tensorflow"):
        images("fashion_mnist")
    with pytest.raises(ValueError, match=r"only\. Received: split='test'"):
        images("digits", split="test")


def test_a_recipe_trains_on_it(tmp_path):
    gan, batches, *_ = kg.recipes.make("dcgan_digits", batch_size=256, filters=4)
    assert len(batches) == 70
    history = gan.fit(batches, epochs=1, steps_per_epoch=3, verbose=0)
    assert np.isfinite(history.history["generator_loss"]).all()


def test_a_gan_with_labels_trains_on_it(ramp):
    batches = images((ramp(20), np.arange(20) % 2), batch_size=5)
    shape = batches.element_spec["image"].shape[1:]
    gan = kg.GAN(
        kg.networks.MLPGenerator(shape, 4, (8,), num_classes=2),
        kg.networks.MLPDiscriminator(shape, (8,), num_classes=2),
    )
    gan.compile()
    gan.fit(batches, verbose=0)
    assert int(gan.step) == 4
