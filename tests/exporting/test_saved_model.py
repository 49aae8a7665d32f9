import numpy as np
import pytest
import tensorflow as tf

from keras_gan import exporting
from keras_gan.exporting.generator import ExportedGenerator


def test_signatures(lively, tmp_path):
    gan = lively()
    loaded = tf.saved_model.load(exporting.to_saved_model(gan, tmp_path / "1"))
    assert set(loaded.signatures) == {"serving_default", "uint8"}
    for name, dtype in (("serving_default", tf.float32), ("uint8", tf.uint8)):
        signature = loaded.signatures[name]
        assert signature.structured_input_signature[1] == {"latent": tf.TensorSpec((None, 6), tf.float32, "latent")}
        assert signature.structured_outputs == {"image": tf.TensorSpec((None, 8, 8, 1), dtype, "image")}


@pytest.mark.parametrize("count", [1, 5])
def test_uint8_draws_the_pictures_of_sample(count, lively, tmp_path):
    gan = lively()
    kernel = gan.ema_generator.weights[-2]
    kernel.assign(8 * kernel)  # from black to white
    loaded = tf.saved_model.load(exporting.to_saved_model(gan, tmp_path / "1"))
    pixels = loaded.signatures["uint8"](latent=tf.constant(gan.fixed_inputs(count, 2)["latent"]))["image"].numpy()
    expected = gan.sample(count, seed=2)
    assert expected.max() > 250
    assert expected.min() < 5
    assert np.abs(pixels.astype(int) - expected).max() <= 1


@pytest.mark.parametrize(("there", "given", "taken"), [((), "", "1"), ((1, 3, 12), "", "13"), ((1,), "7", "7")])
def test_versions(there, given, taken, lively, tmp_path):
    base = tmp_path / "saved_model"
    for version in there:
        (base / str(version)).mkdir(parents=True)
    for other in ("notes", ".14.scratch") if there else ():
        (base / other).mkdir()
    assert exporting.to_saved_model(lively(), base / given) == base / taken
    assert {p.name for p in (base / taken).iterdir()} >= {"saved_model.pb", "variables"}


def test_a_version_is_never_written_over(lively, tmp_path):
    gan, version = lively(), tmp_path / "base" / "4"
    version.mkdir(parents=True)
    with pytest.raises(FileExistsError, match=r"never written over.*base/4.*for the next free version, 5"):
        exporting.to_saved_model(gan, version)
    assert list(version.iterdir()) == []


def test_a_saved_model_or_a_file_is_no_folder_of_versions(lively, tmp_path):
    gan = lively()
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").touch()
    with pytest.raises(FileExistsError, match="which is a SavedModel"):
        exporting.to_saved_model(gan, tmp_path / "model")
    with pytest.raises(FileExistsError, match="which is a file"):
        exporting.to_saved_model(gan, tmp_path / "model" / "saved_model.pb")


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("disk full")])
@pytest.mark.parametrize("moment", ["writing", "checking"])
def test_an_interruption_leaves_nothing(error, moment, lively, monkeypatch, tmp_path):
    def fails(*arguments, **named):
        raise error

    target = (tf.saved_model, "save") if moment == "writing" else (ExportedGenerator, "differences")
    monkeypatch.setattr(*target, fails)
    gan = lively()
    exception = error if isinstance(error, type) else type(error)
    with pytest.raises(exception):
        exporting.to_saved_model(gan, tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert exporting.to_saved_model(gan, tmp_path).name == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["1"]


def test_a_saved_model_that_draws_otherwise_is_not_left(lively, monkeypatch, tmp_path):
    def other(self, *tensors):
        return {"image": images(self, *tensors)["image"] + 0.25}

    images = ExportedGenerator.images
    monkeypatch.setattr(ExportedGenerator, "images", other)
    with pytest.raises(ValueError, match=r"SavedModel must draw.*largest difference of 0\.25 at batch size 1"):
        exporting.to_saved_model(lively(), tmp_path)
    assert list(tmp_path.iterdir()) == []
