"""What exported files answer to requests that make no sense, and that they answer good ones afterwards.

The SavedModel is asked through the C API in test_c_api.py.
"""

import importlib.util
import pathlib
import warnings

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import exporting
from keras_gan.exporting.litert import litert_runner
from keras_gan.exporting.onnx import onnx_runner

CLASSES = 3
PROGRAM = pathlib.Path(__file__).parents[2] / "export" / "onnxruntime" / "sample.py"


@pytest.fixture(scope="module")
def labelled():
    return kg.GAN(
        kg.networks.MLPGenerator((8, 8, 1), 6, (16,), num_classes=CLASSES),
        kg.networks.MLPDiscriminator((8, 8, 1), (4,), num_classes=CLASSES),
    )


@pytest.fixture(scope="module", params=["onnx", "litert"])
def artefact(request, labelled, tmp_path_factory):
    """(format, function that draws with the exported file)."""
    form, runner = exporting.FORMATS[request.param], {"onnx": onnx_runner, "litert": litert_runner}[request.param]
    run = runner(form.export(labelled, tmp_path_factory.mktemp("exported") / form.place))
    return request.param, lambda inputs: run(inputs)["image"]


def inputs(count, width=6, label=0):
    latent = np.random.default_rng(0).standard_normal((count, width), "float32")
    return {"latent": latent, "label": np.full(count, label, "int32")}


def drawn(gan, asked):
    return keras.ops.convert_to_numpy(gan.generate(asked, generator=gan.ema_generator))


@pytest.mark.parametrize("bad", [inputs(2, width=5), {"latent": inputs(2)["latent"].astype("float64")}])
def test_other_latents_are_an_error_and_the_next_request_is_answered(bad, artefact, labelled):
    _, run = artefact
    with pytest.raises(Exception, match=r"(?i)dimension|shape|type|input|tensor"):
        run({**inputs(2), **bad})
    np.testing.assert_allclose(
        run(inputs(3)), labelled.generate(inputs(3), generator=labelled.ema_generator), atol=1e-5
    )


@pytest.mark.parametrize("label", [CLASSES, CLASSES + 100, -1, -CLASSES - 1])
def test_a_label_out_of_range(label, artefact):
    name, run = artefact
    with pytest.raises(Exception, match="out of data bounds" if name == "onnx" else r"(?i)gather|index"):
        run(inputs(2, label=label))
    assert run(inputs(2)).shape == (2, 8, 8, 1)


def test_very_many_rows_are_drawn(artefact, labelled):
    _, run = artefact
    images = run(inputs(10_000))
    assert images.shape == (10_000, 8, 8, 1)
    few = {name: value[:5] for name, value in inputs(10_000).items()}
    np.testing.assert_allclose(images[:5], drawn(labelled, few), atol=1e-5)


def test_no_rows_at_all(artefact):
    name, run = artefact
    if name == "onnx":
        assert run(inputs(0)).shape == (0, 8, 8, 1)
    else:
        with pytest.raises(Exception, match=r"(?i)tensor|size|shape|zero"):
            run(inputs(0))
    assert run(inputs(2)).shape == (2, 8, 8, 1)


def test_the_program_checks_before_it_draws(labelled, tmp_path):
    spec = importlib.util.spec_from_file_location("onnxruntime_sample", PROGRAM)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    sampler = program.Sampler(str(exporting.to_onnx(labelled, tmp_path / "generator.onnx")))
    for label in (-1, CLASSES):
        with pytest.raises(ValueError, match="label must be below 3"):
            sampler.sample(2, 0, label=label)
    with pytest.raises(ValueError, match="must be positive"):
        sampler.sample(0, 0)
    assert sampler.sample(10_000, 0).shape == (10_000, 8, 8, 1)


def test_a_generator_that_has_seen_no_images_is_told(tmp_path):
    gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 6, (16,)), kg.networks.MLPDiscriminator((8, 8, 1), (4,)))
    with pytest.warns(UserWarning, match="has not been trained"):
        exporting.to_onnx(gan, tmp_path / "generator.onnx")
    gan.images_seen.assign(64)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*has not been trained")
        exporting.to_onnx(gan, tmp_path / "generator.onnx")
