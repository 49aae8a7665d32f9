import numpy as np
import pytest
import tensorflow as tf

import keras_gan as kg
from keras_gan import exporting
from keras_gan.exporting import saved_model
from keras_gan.exporting.generator import ExportedGenerator


def test_signatures(lively, tmp_path):
    gan = lively()
    kernel = gan.ema_generator.weights[-2]
    kernel.assign(8 * kernel)  # from black to white
    loaded = tf.saved_model.load(exporting.to_saved_model(gan, tmp_path / "1"))
    latent, seed = tf.TensorSpec((None, 6), tf.float32, "latent"), tf.TensorSpec((None,), tf.int64, "seed")
    truncation, pixels = tf.TensorSpec((None,), tf.float32, "truncation"), tf.TensorSpec((None, 8, 8, 1), tf.uint8)
    described = {
        "serving_default": ([latent], "image", tf.TensorSpec((None, 8, 8, 1), tf.float32)),
        "uint8": ([latent], "image", pixels),
        "png": ([latent], "image_bytes", tf.TensorSpec((None,), tf.string)),
        "sample": ([seed], "image", pixels),
        "sample_truncated": ([seed, truncation], "image", pixels),
    }
    assert set(loaded.signatures) == set(described)
    for name, (inputs, output, spec) in described.items():
        signature = loaded.signatures[name]
        assert signature.structured_input_signature[1] == {spec.name: spec for spec in inputs}
        assert {key: (s.shape, s.dtype) for key, s in signature.structured_outputs.items()} == {
            output: (spec.shape, spec.dtype)
        }
    for count in (1, 5):
        drawn = loaded.signatures["uint8"](latent=tf.constant(gan.fixed_inputs(count, 2)["latent"]))["image"].numpy()
        expected = gan.sample(count, seed=2)
        assert expected.max() > 250
        assert expected.min() < 5
        assert np.abs(drawn.astype(int) - expected).max() <= 1


@pytest.fixture
def small(lively):
    return lively(kg.networks.MLPGenerator((8, 8, 1), latent_dim=6, units=(4,)))


@pytest.mark.parametrize(("there", "given", "taken"), [((), "", "1"), ((1, 3, 12), "", "13"), ((1,), "7", "7")])
def test_versions(there, given, taken, small, tmp_path):
    base = tmp_path / "saved_model"
    for version in there:
        (base / str(version)).mkdir(parents=True)
    for other in ("notes", ".14.scratch") if there else ():
        (base / other).mkdir()
    assert exporting.to_saved_model(small, base / given) == base / taken
    assert {p.name for p in (base / taken).iterdir()} >= {"saved_model.pb", "variables"}


def test_a_version_is_never_written_over(small, tmp_path):
    gan, version = small, tmp_path / "base" / "4"
    version.mkdir(parents=True)
    with pytest.raises(FileExistsError, match=r"never written over.*base/4.*for the next free version, 5"):
        exporting.to_saved_model(gan, version)
    assert list(version.iterdir()) == []


def test_a_saved_model_or_a_file_is_no_folder_of_versions(small, tmp_path):
    gan = small
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").touch()
    with pytest.raises(FileExistsError, match="which is a SavedModel"):
        exporting.to_saved_model(gan, tmp_path / "model")
    with pytest.raises(FileExistsError, match="which is a file"):
        exporting.to_saved_model(gan, tmp_path / "model" / "saved_model.pb")


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("disk full")])
@pytest.mark.parametrize("moment", ["writing", "checking"])
def test_an_interruption_leaves_nothing(error, moment, small, monkeypatch, tmp_path):
    def fails(*arguments, **named):
        raise error

    target = (tf.saved_model, "save") if moment == "writing" else (ExportedGenerator, "differences")
    monkeypatch.setattr(*target, fails)
    gan = small
    exception = error if isinstance(error, type) else type(error)
    with pytest.raises(exception):
        exporting.to_saved_model(gan, tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert exporting.to_saved_model(gan, tmp_path).name == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["1"]


@pytest.mark.parametrize("signature", ["serving_default", "uint8", "sample"])
def test_a_saved_model_that_draws_otherwise_is_not_left(signature, small, monkeypatch, tmp_path):
    def other(loaded, name, inputs):
        found = ask(loaded, name, inputs)
        return {"image": found["image"] + np.uint8(3)} if name == signature else found

    ask = saved_model.ask
    monkeypatch.setattr(saved_model, "ask", other)
    told = "SavedModel must draw.*difference of 3 at batch size 1"
    if signature != "serving_default":
        told = f"signature '{signature}' of the SavedModel must draw.*differs by up to 3 levels at batch size 1"
    with pytest.raises(ValueError, match=told):
        exporting.to_saved_model(small, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_network_in_the_file_is_compared_and_not_the_one_in_memory(small, monkeypatch, tmp_path):
    def other(self, *tensors):
        return {"image": call(self, *tensors)["image"] + 0.25}

    call = ExportedGenerator.call
    monkeypatch.setattr(ExportedGenerator, "call", other)
    with pytest.raises(ValueError, match=r"SavedModel must draw.*largest difference of 0\.25 at batch size 1"):
        exporting.to_saved_model(small, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sizes", [(0,), (1, 2.0), (True,), range(1, 102), "8"])
def test_wrong_batch_sizes_to_warm_up_with_are_refused(sizes, small, tmp_path):
    with pytest.raises(ValueError, match="`warmup_batch_sizes` must be whole numbers >= 1, at most 100"):
        exporting.to_saved_model(small, tmp_path, warmup_batch_sizes=sizes)
    assert list(tmp_path.iterdir()) == []
