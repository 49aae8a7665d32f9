import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import keras_gan
from keras_gan.media import Images, Labels


def test_importing_is_cheap():
    code = "import sys, keras, tensorflow; old = {*sys.modules}; import keras_gan.data; print(*{*sys.modules} - old)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "keras_gan.data.images" in loaded
    assert not {"tensorflow_datasets", "PIL.Image", "sklearn.datasets"} & set(loaded)


def test_digits_are_the_default(data_dir):
    dataset = keras_gan.data.images(data_dir=data_dir)
    assert dataset.element_spec == {
        "image": tf.TensorSpec((64, 8, 8, 1), tf.float32),
        "label": tf.TensorSpec((64,), tf.int32),
    }
    assert dataset.cardinality() == 1797 // 64


def test_columns_say_what_they_are(either, folder, ramp, data_dir):
    path = folder({f"{kind}/{i}.png": Image.new("L", (4, 4), i) for kind in "xyz" for i in range(2)})
    for source, num_classes in (("digits", 10), (path, 3), ((ramp(3), np.arange(3)), None)):
        for cache in (True, False):
            options = {"data_dir": data_dir} if source == "digits" and either == "tf.data" else {}
            batches = keras_gan.data.images(source, batch_size=2, cache=cache, **options)
            assert batches.columns == {"image": Images(), "label": Labels(num_classes)}
    assert keras_gan.data.images(ramp(3), batch_size=2).columns == {"image": Images()}


def test_digits_can_be_enlarged_and_coloured(data_dir):
    dataset = keras_gan.data.images(size=(16, 12), upscale=True, channels=3, data_dir=data_dir)
    assert dataset.element_spec["image"].shape == (64, 16, 12, 3)


def test_streamed_digits_equal_those_in_memory(data_dir, stack):
    kept, streamed = (keras_gan.data.images(shuffle=False, cache=cache, data_dir=data_dir) for cache in (True, False))
    np.testing.assert_array_equal(stack(kept), stack(streamed))


def test_tf_data_source(ramp, stack):
    dataset = keras_gan.data.images(tf.data.Dataset.from_tensor_slices(ramp(4)), batch_size=4, shuffle=False)
    np.testing.assert_allclose(stack(dataset), ramp(4) / 127.5 - 1, atol=1e-6)


def test_tensor_source(ramp, stack):
    dataset = keras_gan.data.images(tf.constant(ramp(4)), batch_size=4, shuffle=False)
    np.testing.assert_allclose(stack(dataset), ramp(4) / 127.5 - 1, atol=1e-6)


def test_path_as_text_and_as_path(folder, stack):
    path = folder({f"{i}.png": Image.new("L", (4, 4), i) for i in range(3)})
    one, other = (keras_gan.data.images(source, batch_size=3) for source in (path, str(path)))
    np.testing.assert_array_equal(stack(one), stack(other))


@pytest.mark.parametrize("cache", [True, False, "path"])
def test_what_is_random_comes_after_the_cache(folder, stack, tmp_path, cache):
    path = folder({f"{i}.png": Image.effect_noise((4, 4), 90) for i in range(30)})
    cache = tmp_path / "cache" if cache == "path" else cache
    dataset = keras_gan.data.images(path, batch_size=30, flip=True, cache=cache, shuffle=False)
    assert (stack(dataset) != stack(dataset)).any()
    dataset = keras_gan.data.images(path, batch_size=30, cache=cache)
    assert (stack(dataset) != stack(dataset)).any()


def test_disk_cache_is_read_instead_of_the_files(folder, stack, tmp_path):
    path = folder({f"{i}.png": Image.new("L", (4, 4), i) for i in range(3)})
    options = {"batch_size": 3, "shuffle": False, "cache": tmp_path / "cache"}
    first = keras_gan.data.images(path, **options)
    assert first.cardinality() == 1
    before = stack(first)
    for file in path.iterdir():
        Image.new("L", (4, 4), 99).save(file)
    np.testing.assert_array_equal(stack(keras_gan.data.images(path, **options)), before)


def test_disk_cache_of_other_arguments_is_another(folder, tmp_path):
    path = folder({f"{i}.png": Image.new("L", (4, 4), i) for i in range(3)})
    shapes = [
        keras_gan.data.images(path, batch_size=3, cache=tmp_path / "cache", size=size).element_spec["image"].shape
        for size in (4, 2)
    ]
    assert shapes == [(3, 4, 4, 1), (3, 2, 2, 1)]


def test_disk_cache_of_another_folder_is_another(folder, tmp_path, stack):
    for value in (10, 20):
        path = folder({"0.png": Image.new("L", (4, 4), value)}, str(value))
        found = stack(keras_gan.data.images(path, batch_size=1, cache=tmp_path / "cache"))
        np.testing.assert_allclose(found, value / 127.5 - 1, atol=1e-6)


def test_disk_cache_notices_another_number_of_files(folder, tmp_path):
    for count in (3, 4):
        path = folder({f"{i}.png": Image.new("L", (4, 4), i) for i in range(count)})
        dataset = keras_gan.data.images(path, batch_size=1, cache=tmp_path / "cache")
        assert len(list(dataset)) == count


def test_disk_cache_needs_a_name(ramp, tmp_path):
    source = tf.data.Dataset.from_tensor_slices(ramp(3))
    with pytest.raises(
        ValueError, match=r"`cache` must be True or False for a tf\.data\.Dataset.*`source\.cache\(path\)`"
    ):
        keras_gan.data.images(source, cache=tmp_path)


def test_disk_cache_that_was_cut_off_is_made_again(folder, tmp_path, monkeypatch):
    path = folder({f"{i}.png": Image.new("L", (4, 4), i) for i in range(3)})

    def die(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tf.data.Dataset, "reduce", die)
        with pytest.raises(KeyboardInterrupt):
            keras_gan.data.images(path, batch_size=3, cache=tmp_path / "cache")
    assert len(list(keras_gan.data.images(path, batch_size=3, cache=tmp_path / "cache"))) == 1


def test_gan_loop_of_keras_sees_the_steps(ramp):
    assert len(keras_gan.data.images(ramp(25), batch_size=10)) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fit": "cut"}, r"`fit` must be one of 'crop', 'pad', 'stretch'. Received: fit='cut'"),
        ({"channels": 2}, r"`channels` must be one of None, 1, 3, 4. Received: channels=2"),
        ({"bad_files": "ignore"}, r"`bad_files` must be one of 'raise', 'skip'. Received: bad_files='ignore'"),
        ({"batch_size": 0}, "`batch_size` must be a whole number above 0. Received: batch_size=0"),
        ({"batch_size": 2.5}, r"Received: batch_size=2\.5"),
        ({"size": (4, 4, 1)}, r"`size` must be a number of pixels or \(height, width\). Received: size=\(4, 4, 1\)"),
        ({"size": -1}, "Received: size=-1"),
        ({"value_range": (1, 0)}, r"`value_range` must be \(lowest, highest\). Received: value_range=\(1, 0\)"),
        ({"value_range": 255}, "Received: value_range=255"),
        ({"split": "test"}, r"`split` is for named data sets and .npz files. Received: split='test'"),
        ({"data_dir": "x"}, "`data_dir` is for named data sets. Received: data_dir='x'"),
        ({"archives": "x"}, "`archives` is for named data sets. Received: archives='x'"),
    ],
)
def test_unsuitable_options(ramp, options, message):
    with pytest.raises(ValueError, match=message):
        keras_gan.data.images(ramp(4), **{"batch_size": 2, **options})


def test_value_range_is_not_for_files_of_images(folder):
    path = folder({"a.png": Image.new("L", (4, 4))})
    with pytest.raises(ValueError, match="`value_range` is for arrays and data sets, not for files of images"):
        keras_gan.data.images(path, value_range=(0, 1))


@pytest.mark.parametrize("name", ["missing", "missing.npz", "sub/missing"])
def test_missing_path(tmp_path, name):
    with pytest.raises(ValueError, match=rf"the path of a folder of images.*{name}', which is neither"):
        keras_gan.data.images(tmp_path / name)


def test_other_file(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"must be a \.npz or a \.npy.*a\.zip"):
        keras_gan.data.images(tmp_path / "a.zip")


def test_other_object():
    with pytest.raises(TypeError, match=r"A source must be a name, a path.*Received: source of type list"):
        keras_gan.data.images([1, 2])
