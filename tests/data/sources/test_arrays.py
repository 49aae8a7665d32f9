import numpy as np
import pytest

import keras_gan
from keras_gan.data.sources.arrays import read_file


@pytest.fixture
def npz(tmp_path):
    def write(**arrays):
        np.savez(tmp_path / "stored.npz", **arrays)
        return tmp_path / "stored.npz"

    return write


def test_array_of_three_dimensions_is_grey(ramp, stack):
    images = stack(keras_gan.data.images(ramp(4)[..., 0], batch_size=4, shuffle=False))
    np.testing.assert_allclose(images, ramp(4) / 127.5 - 1, atol=1e-6)


def test_array_without_labels_has_no_label_key(ramp):
    assert set(keras_gan.data.images(ramp(4), batch_size=2).element_spec) == {"image"}


def test_labels_stay_with_their_images(ramp):
    images = ramp(50)
    pairs = keras_gan.data.images((images, np.arange(50)), batch_size=10)
    for batch in pairs.as_numpy_iterator():
        assert batch["label"].dtype == np.int32
        np.testing.assert_allclose(batch["image"], images[batch["label"]] / 127.5 - 1, atol=1e-6)


def test_arrays_are_resized_and_converted(ramp, stack):
    images = stack(keras_gan.data.images(ramp(4, 8, 8), size=4, channels=3, batch_size=4, shuffle=False))
    np.testing.assert_allclose(images, ramp(4, 4, 4, 3) / 127.5 - 1, atol=1e-6)


def test_small_image_of_an_array_is_named(ramp):
    with pytest.raises(ValueError, match="image 0 of the array has 4x6 pixels"):
        keras_gan.data.images(ramp(4), size=8)


@pytest.mark.parametrize(
    ("image", "label"), [("image", "label"), ("images", "labels"), ("x", "y"), ("x_train", "y_train")]
)
def test_npz_keys(npz, ramp, image, label):
    read = read_file(npz(**{image: ramp(3), label: np.array([2, 0, 1])}), "train", None)
    np.testing.assert_array_equal(read.images, ramp(3))
    np.testing.assert_array_equal(read.labels, [2, 0, 1])


def test_npz_split_chooses_the_keys(npz, ramp):
    path = npz(x_train=ramp(5), x_test=ramp(3), y_train=np.arange(5), y_test=np.arange(3))
    assert keras_gan.data.images(path, split="test", batch_size=1).cardinality() == 3


def test_npz_with_one_array_of_images(npz, ramp):
    read = read_file(npz(pictures=ramp(3), names=np.array(["a", "b", "c"])), "train", None)
    np.testing.assert_array_equal(read.images, ramp(3))
    assert read.labels is None


def test_npz_without_a_known_key(npz, ramp):
    with pytest.raises(
        ValueError, match=r"under one of the keys image, images, x, x_train.*a \(3, 4, 6, 1\), b \(2, 4"
    ):
        read_file(npz(a=ramp(3), b=ramp(2)), "train", None)


def test_npz_with_two_candidates(npz, ramp):
    with pytest.raises(ValueError, match=r"images must be under one key.*of which image and x could be the images"):
        read_file(npz(x=ramp(3), image=ramp(2)), "train", None)


def test_npy(tmp_path, ramp):
    np.save(tmp_path / "stored.npy", ramp(3))
    np.testing.assert_array_equal(read_file(tmp_path / "stored.npy", "train", None).images, ramp(3))


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_objects_are_never_unpickled(tmp_path, suffix):
    path = tmp_path / f"stored.{suffix}"
    (np.save if suffix == "npy" else np.savez)(path, np.array([{}], dtype=object))
    with pytest.raises(ValueError, match=rf"\.{suffix} file of plain arrays.*no Python objects.*stored\.{suffix}"):
        read_file(path, "train", None)


@pytest.mark.parametrize("suffix", ["npy", "npz"])
@pytest.mark.parametrize("content", [b"", b"not an array", b"PK\x03\x04 cut off"])
def test_broken_file(tmp_path, suffix, content):
    path = tmp_path / f"stored.{suffix}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"plain arrays.*stored\.{suffix}', which cannot be read"):
        read_file(path, "train", None)


def test_errors_of_the_contents_name_the_key(npz, ramp):
    with pytest.raises(ValueError, match=r"Received: x of stored\.npz from 0 to 300"):
        read_file(npz(x=ramp(2).astype("int32") * 0 + [[[[0], [300], [0], [0], [0], [0]]]]), "train", None)
