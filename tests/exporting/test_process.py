import json

import keras
import numpy as np
import pytest

from keras_gan.exporting import process, to_onnx, to_saved_model, verify
from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.inputs import Latent, NetworkGenerator
from keras_gan.media import Images


def test_another_process_converts_what_this_one_draws(lively, tmp_path):
    gan = lively()
    path = process.in_tensorflow(to_onnx, gan, path=tmp_path / "generator.onnx", opset=17, atol=1e-4)
    assert path == str(tmp_path / "generator.onnx")
    found = process.in_tensorflow(verify, gan, onnx=tmp_path / "generator.onnx", atol=1e-4)
    assert max(found["onnx"].values()) < 1e-4


def test_its_errors_are_raised_here(lively, tmp_path):
    (tmp_path / "1").mkdir()
    with pytest.raises(FileExistsError, match="A version is never written over"):
        process.in_tensorflow(to_saved_model, lively(), path=tmp_path / "1", atol=1e-4)


def test_a_backend_that_draws_other_pictures_is_told(lively, tmp_path, monkeypatch):
    gan = lively()
    generator = ExportedGenerator(gan).generator
    generator.network.save(tmp_path / "network.keras")
    np.savez(tmp_path / "made.npz", **{f"{n}/image": np.zeros((n, 8, 8, 1), "float32") for n in (1, 3, 16)})
    arguments = {"path": str(tmp_path / "g.onnx"), "atol": 1e-4}
    job = {"function": "to_onnx", "arguments": arguments, "backend": "jax", "generator": process.described(generator)}
    (tmp_path / "job.json").write_text(json.dumps(job))
    process.main(str(tmp_path))
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert answer["error"] == "ValueError"
    assert answer["message"].startswith("The jax backend must draw what Keras draws within atol=0.0001.")
    assert not (tmp_path / "g.onnx").exists()


def test_inputs_of_other_classes_are_refused():
    class Steps(Latent):
        pass

    generator = NetworkGenerator("steps", {"latent": Latent((4,)), "steps": Steps((2,))}, {"image": Images()}, None)
    with pytest.raises(ValueError, match=r"inputs must be of keras_gan's classes\. Received: .*Steps"):
        process.described(generator)


def test_without_tensorflow_it_says_what_to_install(lively, tmp_path, monkeypatch):
    monkeypatch.setattr(process.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"Exporting needs TensorFlow. Run: pip install"):
        process.in_tensorflow(to_onnx, lively(), path=tmp_path / "generator.onnx", atol=1e-4)


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="for the other backends")
def test_the_public_functions_use_it(lively, tmp_path):
    gan = lively()
    onnx = to_onnx(gan, tmp_path / "generator.onnx")
    saved_model = to_saved_model(gan, tmp_path / "saved_model")
    assert saved_model == tmp_path / "saved_model" / "1"
    report = verify(gan, saved_model=saved_model, onnx=onnx)
    assert {name: list(sizes) for name, sizes in report.items()} == {"saved_model": [1, 3, 16], "onnx": [1, 3, 16]}
    assert max(max(sizes.values()) for sizes in report.values()) < 1e-4
