import json
import re

import numpy as np
import pytest
from PIL import Image

import keras_gan as kg
from keras_gan import exporting
from tests.game import proofs

SCORE = {
    "name": "FCD-digits-v1",
    "value": 3.25,
    "real_floor": 0.5,
    "protocol": {"extractor": "digits", "data": "digits", "n_real": 1797, "n_fake": 10000, "resize": "none"},
}
ABOUT = {
    "recipe": "cgan",
    "training_data": "digits",
    "license": "CC0 | public",
    "class_names": ["zero", "one", "two"],
    "metrics": [SCORE],
}


def infogan():
    return kg.InfoGAN(
        kg.networks.MLPGenerator((8, 8, 1), 6, (8,), code_dim=3),
        kg.networks.MLPDiscriminator((8, 8, 1), (8,)),
        kg.networks.MLPRecognizer((8, 8, 1), code_dim=3, units=(8,)),
        categories=(2,),
        continuous=1,
        latent="uniform",
    )


@pytest.fixture
def labelled():
    return kg.GAN(
        kg.networks.MLPGenerator((8, 8, 1), 6, (16,), num_classes=3),
        kg.networks.MLPDiscriminator((8, 8, 1), (4,), num_classes=3),
    )


def test_a_card_tells_what_is_known(labelled, tmp_path):
    exports = {"onnx": tmp_path / "generator.onnx"}
    path = exporting.model_card(labelled, tmp_path, exports, ABOUT)
    text, facts = path.read_text(), json.loads((tmp_path / "model_card.json").read_text())
    assert text.startswith("# cgan: a generator of images\n")
    for told in ("| Learned from | digits |", "3: zero, one, two", "8x8 pixels, grey", "| Licence | CC0 \\| public |"):
        assert told in text
    row = "| FCD-digits-v1 | 3.25 | 0.5 | extractor digits, data digits, n_real 1797, n_fake 10000 |"
    assert row in text
    assert "python sample.py generator.onnx" in text
    assert facts["metrics"] == [SCORE]
    assert facts["exports"] == {"onnx": "generator.onnx"}
    assert facts["latent"] == {"shape": [6], "distribution": "normal"}
    sheet = np.asarray(Image.open(tmp_path / "samples.png"))
    np.testing.assert_array_equal(sheet, np.squeeze(kg.media.pictures.grid(labelled.sample(24, seed=0), 3)))


def test_what_is_not_known_is_said(lively, tmp_path):
    path = exporting.model_card(lively(), tmp_path / "new", {})
    text = path.read_text()
    assert "| Licence | Not stated. |" in text
    assert "Not measured yet" in text
    assert json.loads((tmp_path / "new" / "model_card.json").read_text())["license"] is None


@pytest.mark.parametrize("name", ["saved_model", "litert"])
def test_the_code_on_the_card_runs(name, labelled, tmp_path, monkeypatch):
    if name == "litert":
        pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    form = exporting.FORMATS[name]
    exports = {name: form.export(labelled, tmp_path / form.place)}
    code = re.search(r"```python\n(.*?)```", exporting.model_card(labelled, tmp_path, exports).read_text(), re.S)[1]
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(code, names)
    assert names["images"].shape == (4, 8, 8, 1)


def test_every_format_says_how_it_is_called(labelled, tmp_path):
    exports = {name: tmp_path / form.place for name, form in exporting.FORMATS.items()}
    text = exporting.model_card(labelled, tmp_path, exports).read_text()
    assert text.count("**") == 2 * len(exports)
    assert all(str(form.place) in text for name, form in exporting.FORMATS.items() if name != "tf_serving")
    assert not re.search(r"{\w+}", text)


def test_a_translator_is_shown_with_what_it_was_given(tmp_path):
    game, real = proofs.pix2pix(), np.linspace(-1, 1, 4 * 64, dtype="float32").reshape(4, 8, 8, 1)
    exports = {"onnx": tmp_path / "g.onnx", "tf_serving": tmp_path / "serving", "saved_model": tmp_path / "1"}
    path = exporting.model_card(game, tmp_path, exports, reference={"source": real})
    pairs = np.stack([kg.media.to_uint8(real), game.sample(4, reference={"source": real})], 1).reshape(8, 8, 8, 1)
    sheet = np.asarray(Image.open(tmp_path / "samples.png"))
    np.testing.assert_array_equal(sheet, kg.media.pictures.grid(pairs, 8)[..., 0])
    text, facts = path.read_text(), json.loads((tmp_path / "model_card.json").read_text())
    for told in (
        "# pix2pix: a generator of images",
        "| Draws | images of 8x8 pixels, grey |",
        "| From | source: images of 8x8 pixels, grey |",
        "python sample.py g.onnx --picture picture.png",
        'signatures["translate"](source=tf.zeros((4, 8, 8, 1), "uint8"))["target"]',
        "curl localhost:8501/v1/models/generator/metadata",
    ):
        assert told in text
    assert list(facts["inputs"]) == ["source"]
    assert facts["outputs"]["target"]["shape"] == [8, 8, 1]
    exporting.model_card(game, tmp_path, exports)  # without real pictures there is nothing to show
    assert not (tmp_path / "samples.png").exists()
    assert "samples.png" not in path.read_text()


def test_an_encoder_draws_vectors_and_has_no_sheet(tmp_path):
    encoder = proofs.bigan().generators()["encoder"]
    text = exporting.model_card(encoder, tmp_path, {"onnx": tmp_path / "g.onnx"}).read_text()
    for told in (
        "# encoder: a generator of vectors",
        "| Draws | vectors of 4 numbers |",
        "| Images seen in training | Not stated. |",
        "`sample.py` of keras_gan makes pictures only",
    ):
        assert told in text
    assert not (tmp_path / "samples.png").exists()


@pytest.mark.parametrize("name", ["saved_model", "litert"])
@pytest.mark.parametrize("make", [proofs.pix2pix, infogan])
def test_the_code_on_the_cards_of_other_generators_runs(name, make, tmp_path, monkeypatch):
    test_the_code_on_the_card_runs(name, make(), tmp_path, monkeypatch)


def test_wrong_descriptions_and_formats_are_refused(lively, tmp_path):
    with pytest.raises(ValueError, match="`about` may hold"):
        exporting.model_card(lively(), tmp_path, {}, {"author": "me"})
    with pytest.raises(ValueError, match=r"`exports` must be of the formats .* Received: coreml"):
        exporting.model_card(lively(), tmp_path, {"coreml": tmp_path})
    assert list(tmp_path.iterdir()) == []
