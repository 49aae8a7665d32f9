import json

import numpy as np
import onnx
import pytest

import keras_gan as kg
from keras_gan import evaluation, exporting
from keras_gan.exporting.examples import reference
from keras_gan.exporting.opening import is_exported
from tests.game import proofs

EXPORTS = {
    "onnx": lambda gan, folder, **options: exporting.to_onnx(gan, folder / "generator.onnx", **options),
    "saved_model": lambda gan, folder, **options: exporting.to_saved_model(gan, folder / "versions", **options),
}


def infogan():
    gan = kg.InfoGAN(
        kg.networks.MLPGenerator((8, 8, 1), 6, (8,), code_dim=5),
        kg.networks.MLPDiscriminator((8, 8, 1), (8,)),
        kg.networks.MLPRecognizer((8, 8, 1), code_dim=5, units=(8,)),
        categories=(4,),
        continuous=1,
        latent="uniform",
    )
    random = np.random.default_rng(5)
    gan.ema_generator.set_weights([random.standard_normal(w.shape) for w in gan.ema_generator.get_weights()])
    return gan


@pytest.mark.parametrize("name", EXPORTS)
def test_an_infogan_is_evaluated_with_its_codes(name, tmp_path):
    gan = infogan()
    generator = exporting.open_generator(EXPORTS[name](gan, tmp_path))
    assert generator.options == ("label", "continuous")
    batches = list(evaluation.generated(generator, 20, seed=3, batch_size=8))
    expected = gan.sample(20, seed=3)
    assert expected.std() > 10
    assert np.abs(np.concatenate([batch["image"] for batch in batches]).astype(int) - expected).max() <= 1
    chosen = generator.sample(5, seed=1, label=2, continuous=[0.5])
    inputs = gan.fixed_inputs(5, 1, label=2, continuous=[0.5])
    assert np.abs(chosen.astype(int) - gan.sample(inputs=inputs)).max() <= 1
    extractor = kg.features.ClassifierFeatures("digits")
    scores = [
        evaluation.Evaluation(reals(), extractor, [kg.metrics.FrechetDistance()]).scores(
            np.concatenate([batch["image"] for batch in evaluation.generated(drawn, 100)])
        )[0]
        for drawn in (gan, generator)
    ]
    assert scores[1].value == pytest.approx(scores[0].value, rel=1e-3)


def reals():
    return np.random.default_rng(0).integers(0, 256, (150, 8, 8, 1), "uint8")


@pytest.mark.parametrize("name", EXPORTS)
def test_a_direction_of_a_cycle_gan_translates(name, tmp_path):
    game = proofs.cycle_gan()
    generator = exporting.open_generator(EXPORTS[name](game, tmp_path, generator="b_to_a"))
    pictures = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), "uint8")
    expected = game.translate(pictures, generator="b_to_a")
    assert np.abs(generator.translate(pictures).astype(int) - expected).max() <= 1
    real = reference(generator, 6)
    sampled = generator.sample(6, reference=real)
    assert np.abs(sampled.astype(int) - game.sample(6, generator="b_to_a", reference=real)).max() <= 1
    with pytest.raises(ValueError, match="This generator translates: it must be given 'b'"):
        generator.sample(6)


def test_a_file_of_pixels_gives_the_same_pixels(tmp_path):
    gan = infogan()
    generator = exporting.open_generator(exporting.to_onnx(gan, tmp_path / "generator.onnx", pixels=True))
    inputs = generator.fixed_inputs(16, 2)
    made = generator.run(inputs)["image"]
    assert made.dtype == np.float32
    np.testing.assert_array_equal(generator.sample(inputs=inputs), generator.runner(inputs)["image"])
    assert np.abs(generator.sample(16, seed=2).astype(int) - gan.sample(16, seed=2)).max() <= 1


def test_files_that_were_written_before_inputs_were_described_still_open(tmp_path):
    gan = kg.GAN(
        kg.networks.MLPGenerator((8, 8, 1), 6, (8,), num_classes=3),
        kg.networks.MLPDiscriminator((8, 8, 1), (4,), num_classes=3),
    )
    expected, path = gan.sample(7, seed=1, label=2), exporting.to_onnx(gan, tmp_path / "generator.onnx")
    model = onnx.load_model(path)
    kept = {p.key: p.value for p in model.metadata_props if p.key not in ("inputs", "outputs")}
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, kept)
    path.write_bytes(model.SerializeToString())
    folder = exporting.to_saved_model(gan, tmp_path / "saved_model")
    about = folder / "assets.extra" / "keras_gan.json"
    told = json.loads(about.read_text())
    about.write_text(json.dumps({k: v for k, v in told.items() if k not in ("inputs", "outputs")}))
    for place in (path, folder):
        generator = exporting.open_generator(place)
        assert list(generator.inputs) == ["latent", "label"]
        assert generator.output_shapes() == {"image": (8, 8, 1)}
        assert np.abs(generator.sample(7, seed=1, label=2).astype(int) - expected).max() <= 1


def test_what_is_an_export(tmp_path):
    (tmp_path / "versions" / "3").mkdir(parents=True)
    (tmp_path / "pictures").mkdir()
    found = {name: is_exported(tmp_path / name) for name in ("a.onnx", "versions", "pictures", "a.npz")}
    assert found == {"a.onnx": True, "versions": True, "pictures": False, "a.npz": False}
