import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import keras_gan as kg
from keras_gan.exporting import requests
from keras_gan.exporting import signatures as module
from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.latents.distributions import truncated
from keras_gan.media import to_uint8

LATENT = ["serving_default", "uint8", "png"]
SAMPLE = ["sample", "sample_truncated"]


def exported(shape=(8, 8, 1), latent="normal", num_classes=None):
    gan = kg.GAN(
        kg.networks.MLPGenerator(shape, 6, (16,), num_classes=num_classes),
        kg.networks.MLPDiscriminator(shape, (4,), num_classes=num_classes),
        latent=latent,
    )
    random = np.random.default_rng(5)
    gan.ema_generator.set_weights([random.standard_normal(weight.shape) / 2 for weight in gan.ema_generator.weights])
    return gan, ExportedGenerator(gan)


@pytest.fixture(scope="module")
def generators():
    return {
        "normal": exported()[1],
        "uniform": exported(latent="uniform")[1],
        "labelled": exported(num_classes=3)[1],
    }


@functools.cache
def traced(generator, name):
    signature = module.signatures(generator)[name]
    return signature.inputs, tf.function(signature.function, input_signature=signature.inputs, autograph=False)


def ask(generator, name, **inputs):
    specs, function = traced(generator, name)
    (output,) = function(*(tf.constant(inputs[spec.name], spec.dtype) for spec in specs)).values()
    return output.numpy()


def test_every_input_and_output_is_a_batch(generators):
    for generator, label in ((generators["normal"], []), (generators["labelled"], ["label"])):
        found = module.signatures(generator)
        assert {name: [spec.name for spec in signature.inputs] for name, signature in found.items()} == {
            **{name: ["latent", *label] for name in LATENT},
            "sample": ["seed", *label],
            "sample_truncated": ["seed", *label, "truncation"],
        }
        for name in found:
            specs, function = traced(generator, name)
            ((output, spec),) = function.get_concrete_function().structured_outputs.items()
            assert output == ("image_bytes" if name == "png" else "image")
            assert all(tensor.shape[0] is None for tensor in (*specs, spec))


def test_what_a_generator_cannot_give_is_left_out():
    network = keras.Sequential([keras.Input((6,)), layers.Dense(128), layers.Reshape((8, 8, 2))])
    discriminator = keras.Sequential([keras.Input((8, 8, 2)), layers.Flatten(), layers.Dense(1)])
    assert list(module.signatures(ExportedGenerator(kg.GAN(network, discriminator)))) == [
        "serving_default",
        "uint8",
        *SAMPLE,
    ]
    infogan = kg.InfoGAN(
        kg.networks.MLPGenerator((8, 8, 1), 6, (8,), code_dim=3),
        kg.networks.MLPDiscriminator((8, 8, 1), (8,)),
        kg.networks.MLPRecognizer((8, 8, 1), code_dim=3, units=(8,)),
        categories=(2,),
        continuous=1,
    )
    found = module.signatures(ExportedGenerator(infogan))
    assert list(found) == [*LATENT, *SAMPLE]
    assert [spec.name for spec in found["sample_truncated"].inputs] == ["seed", "code", "truncation"]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pixels_and_png_files_are_those_of_keras(channels):
    gan, generator = exported((8, 6, channels))
    inputs, expected = gan.fixed_inputs(5, 2), gan.sample(5, seed=2)
    pixels = ask(generator, "uint8", **inputs)
    assert expected.std() > 10
    assert np.abs(pixels.astype(int) - expected).max() <= 1
    assert np.mean(pixels != expected) < 0.01
    files = ask(generator, "png", **inputs)
    np.testing.assert_array_equal(requests.decoded(generator, {"image_bytes": files})["image"], pixels)


@pytest.mark.parametrize("latent", ["normal", "uniform"])
def test_a_seed_draws_the_picture_of_its_latent(latent, generators):
    generator = generators[latent]
    seeds = [7, 0, -3, 2**63 - 1]
    draw = {"normal": tf.random.stateless_normal, "uniform": tf.random.stateless_uniform}[latent]
    limits = {} if latent == "normal" else {"minval": -1.0, "maxval": 1.0}
    latents = np.stack([draw((6,), [seed, 0], alg="philox", **limits) for seed in seeds])
    expected = to_uint8(generator.run({"latent": latents})["image"])
    images = ask(generator, "sample", seed=seeds)
    assert images.dtype == np.uint8
    assert np.abs(images.astype(int) - expected).max() <= 1
    assert len(np.unique(images.reshape(4, -1), axis=0)) == 4
    limits = [0.5, 1.5, 0.9, np.inf]
    cut = np.stack([truncated(*pair, latent) for pair in zip(latents, limits, strict=True)])
    expected = to_uint8(generator.run({"latent": cut})["image"])
    short = ask(generator, "sample_truncated", seed=seeds, truncation=limits)
    assert np.abs(short.astype(int) - expected).max() <= 1
    assert np.abs(short[-1].astype(int) - images[-1]).max() <= 1
    assert np.abs(short[0].astype(int) - images[0]).max() > 10


def test_a_row_depends_on_nothing_but_its_seed_and_label(generators):
    generator = generators["labelled"]
    seeds, labels = np.arange(70), np.arange(70) % 3
    together = ask(generator, "sample", seed=seeds, label=labels).astype(int)
    for row in (0, 1, 69):
        alone = ask(generator, "sample", seed=seeds[[row]], label=labels[[row]])
        assert np.abs(alone - together[[row]]).max() <= 1
    reverse = ask(generator, "sample", seed=seeds[::-1], label=labels[::-1])
    assert np.abs(reverse[::-1] - together).max() <= 1
    assert np.abs(ask(generator, "sample", seed=[0], label=[2]) - together[0]).max() > 10


@pytest.mark.parametrize(("latent", "deviation"), [("normal", 1.0), ("uniform", 1 / np.sqrt(3))])
def test_latents_are_distributed_as_in_training(latent, deviation, generators):
    draw = tf.function(lambda seed: module.draw_latents(generators[latent].inputs["latent"], seed))
    drawn = draw(tf.range(2000, dtype=tf.int64)).numpy()  # neighbours must not be alike
    assert drawn.shape == (2000, 6)
    assert abs(drawn.mean()) < 4 * deviation / np.sqrt(drawn.size)
    assert abs(drawn.std() / deviation - 1) < 0.03
    assert np.abs(np.corrcoef(drawn[:-1].ravel(), drawn[1:].ravel())[0, 1]) < 0.04
    if latent == "uniform":
        assert -1 <= drawn.min() < -0.99
        assert 0.99 < drawn.max() <= 1


def test_a_latent_may_have_several_axes_and_an_image_values_beyond_one():
    # 75 numbers: what does not fill a vector register is cast otherwise, 300 to 44 and not to 255.
    dense = layers.Dense(25, kernel_initializer=keras.initializers.RandomNormal(stddev=1.0, seed=1))
    network = keras.Sequential([keras.Input((2, 3)), layers.Flatten(), dense, layers.Reshape((5, 5, 1))])
    generator = ExportedGenerator(kg.GAN(network, kg.networks.MLPDiscriminator((5, 5, 1), units=(4,))))
    values = requests.examples(generator, 3)
    for name in ("uint8", *SAMPLE):
        inputs = {spec.name: values[spec.name] for spec in traced(generator, name)[0]}
        expected = to_uint8(generator.run(requests.as_keras_takes(generator, inputs))["image"])
        assert np.mean((expected == 0) | (expected == 255)) > 0.2
        assert np.abs(ask(generator, name, **inputs).astype(int) - expected).max() <= 1


@pytest.mark.parametrize("name", [*LATENT, *SAMPLE])
@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_out_of_range_is_an_error(name, label, generators):
    inputs = {**requests.examples(generators["labelled"], 2), "label": [0, label]}
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=rf"label must lie from 0 to 2\. Received:\] \[0 {label}\]"
    ):
        ask(generators["labelled"], name, **inputs)


@pytest.mark.parametrize("truncation", [0.0, -1.0, np.nan])
@pytest.mark.parametrize("latent", ["normal", "uniform"])
def test_truncation_must_be_positive(truncation, latent, generators):
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"truncation must be positive\. Received"):
        ask(generators[latent], "sample_truncated", seed=[0, 1], truncation=[0.5, truncation])


@pytest.mark.parametrize("fault", ["other pictures", "other rows", "other shape", "no run"])
@pytest.mark.parametrize("name", ["uint8", "png", *SAMPLE])
def test_a_signature_that_draws_otherwise_is_told(name, fault, generators):
    generator = generators["normal"]

    def run(asked, inputs):
        output = ask(generator, asked, **inputs)
        if asked == name and len(output) > 1:
            if fault == "no run":
                raise RuntimeError("out of memory")
            changed = {"other pictures": output[[0, 1, 1]], "other rows": output[::-1], "other shape": output[:-1]}
            output = changed[fault]
        return {"image_bytes" if asked == "png" else "image": output}

    told = "run. Received: an error at batch size 3: out of" if fault == "no run" else "draw what Keras draws.* size 3"
    with pytest.raises(ValueError, match=f"signature '{name}' of the SavedModel must {told}"):
        requests.compare(generator, run, atol=1e-4)


def test_good_signatures_pass(generators):
    for generator in generators.values():
        asked = []

        def run(name, inputs, generator=generator, asked=asked):
            asked.append((name, len(next(iter(inputs.values())))))
            return {"image_bytes" if name == "png" else "image": ask(generator, name, **inputs)}

        requests.compare(generator, run, atol=1e-4)
        assert asked == [(name, size) for name in ("uint8", "png", *SAMPLE) for size in (1, 3)]
