"""Compares what exported files draw with what Keras draws: every generator of the package, in every format.

    python scripts/parity exports                        # the table (minutes); ends with 1 if an aim is missed
    python scripts/parity exports --only labels          # networks whose name holds this
    python scripts/parity exports --frechet [--run RUN]  # what float16 and int8 cost in Fréchet distance

Weights are random, of such sizes that the pictures have contrast. The table has the largest absolute difference at
batch sizes 1, 3 and 16 (images span 2, a grey level is 0.0078); of float16 and int8 beside it the largest mean
difference of a picture, at which their aim is directed. The distances are those of 10,000 samples of the same latents,
of the digits' recipe, trained here for 60 epochs or taken from a run.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

import keras_gan as kg
from keras_gan import exporting
from keras_gan.exporting.litert import to_litert
from keras_gan.exporting.onnx import onnx_runner, onnx_variant
from keras_gan.exporting.onnx_variants import LEVEL, PROMISES

LATENT = 16
FEWER_BITS = ("float16", "int8")


def write_onnx(**options):
    return lambda gan, folder: {"onnx": exporting.to_onnx(gan, folder / "generator.onnx", **options)}


# {column: (writes the file and returns {format: path} for `verify`, the difference aimed at)}
FORMATS = {
    "SavedModel": (lambda gan, folder: {"saved_model": exporting.to_saved_model(gan, folder / "1")}, 1e-5),
    "ONNX": (write_onnx(), 1e-4),
    "uint8": (write_onnx(pixels=True), LEVEL * 1.001),
    "float16": (write_onnx(precision="float16"), PROMISES["float16"]),
    "int8": (write_onnx(precision="int8"), PROMISES["int8"]),
    "slim": (write_onnx(slim=True), 1e-4),
    "LiteRT": (lambda gan, folder: {"litert": to_litert(gan, folder / "generator.tflite")}, 1e-4),
}


# The networks.


def dcgan(size, channels, **options):
    return lambda: kg.networks.DCGANGenerator((size, size, channels), latent_dim=LATENT, filters=8, **options)


def custom(body, label=False):
    """A generator of 16x16 pixels around `body`, which gets a map of 8x8x16, the latent and the label."""

    def make():
        latent = keras.Input((LATENT,), name="latent")
        inputs, number = latent, None
        if label:
            number = keras.Input((), dtype="int32", name="label")
            inputs = {"latent": latent, "label": number}
        x = body(layers.Reshape((8, 8, 16))(layers.Dense(1024)(latent)), latent, number)
        x = layers.LeakyReLU(0.2)(layers.Conv2DTranspose(8, 4, 2, padding="same")(x))
        return keras.Model(inputs, layers.Conv2D(3, 3, padding="same", activation="tanh")(x))

    return make


def modulated(**options):
    return custom(lambda x, latent, _: kg.layers.ModulatedConv2D(8, 3, **options)([x, layers.Dense(16)(latent)]))


def equalized(x, latent, _):
    x = kg.layers.EqualizedLearningRate(layers.Conv2D(16, 3, padding="same"))(x)
    return kg.layers.SpectralNormalization(layers.Conv2D(16, 3, padding="same"))(kg.layers.PixelNormalization()(x))


UPSAMPLING, NORMALIZATION = ("transposed", "nearest", "bilinear"), ("batch", "rms", None)
NETWORKS = {
    **{
        f"DCGAN {size}, {up}, {norm}": dcgan(size, channels, upsampling=up, normalization=norm)
        for size, channels in ((8, 1), (28, 1), (64, 3))
        for up in UPSAMPLING
        for norm in NORMALIZATION
    },
    "DCGAN 28, kernel 5": dcgan(28, 1, kernel_size=5),
    "DCGAN 28, labels": dcgan(28, 1, num_classes=10),
    "DCGAN 28, code": dcgan(28, 1, code_dim=12),
    "MLP": lambda: kg.networks.MLPGenerator((28, 28, 1), latent_dim=LATENT),
    "MLP, labels": lambda: kg.networks.MLPGenerator((8, 8, 1), latent_dim=LATENT, num_classes=10),
    "MLP, code": lambda: kg.networks.MLPGenerator((8, 8, 1), latent_dim=LATENT, code_dim=12),
    "BEGAN 32": lambda: kg.networks.BEGANGenerator((32, 32, 3), latent_dim=LATENT, filters=16),
    "modulated convolution": modulated(),
    "modulated, without demodulation": modulated(demodulate=False),
    "modulated, upsampling": modulated(upsampling=True),
    "self-attention": custom(lambda x, *_: kg.layers.SelfAttention()(x)),
    "self-attention, pooled, spectral": custom(
        lambda x, *_: kg.layers.SelfAttention(pool_size=2, spectral_normalization=True)(x)
    ),
    "conditional batch norm, labels": custom(
        lambda x, _, label: kg.layers.ConditionalBatchNormalization(num_classes=10)([x, label]), label=True
    ),
    "conditional batch norm, vectors": custom(
        lambda x, latent, _: kg.layers.ConditionalBatchNormalization()([x, latent])
    ),
    "equalized, pixel norm, spectral": custom(equalized),
}


def lively(generator, classes):
    """Returns a GAN around a generator, with weights that draw pictures of some contrast, around grey."""
    shape = tuple(generator.output.shape[1:])
    if getattr(generator, "code_dim", None):
        recognizer = kg.networks.MLPRecognizer(shape, code_dim=12, units=(4,))
        gan = kg.InfoGAN(generator, kg.networks.MLPDiscriminator(shape, (4,)), recognizer)
    else:
        gan = kg.GAN(generator, kg.networks.MLPDiscriminator(shape, (4,)), num_classes=classes)
    random = np.random.default_rng(5)
    for weight in gan.ema_generator.weights:
        values = random.standard_normal(weight.shape)
        if values.ndim > 1:
            weight.assign(values / np.sqrt(values[..., 0].size))
        else:
            positive = weight.name in ("gamma", "scale", "moving_variance")
            weight.assign(np.abs(values) + 0.5 if positive else values / 5)
    deviation = keras.ops.convert_to_numpy(gan.generate(gan.fixed_inputs(16, 0), generator=gan.ema_generator)).std()
    if not 0.1 < deviation < 0.9:
        raise ValueError(f"The pictures should have contrast. Received: a deviation of {deviation:.2g}.")
    return gan


# The table.


def compared(gan, name):
    """Writes a format; returns (text for the table, whether the aim is met, {batch size: difference} or an error)."""
    write, aim = FORMATS[name]
    with tempfile.TemporaryDirectory() as folder:
        try:
            written = write(gan, pathlib.Path(folder))
            found = next(iter(exporting.verify(gan, **written).values()))
        except (ValueError, ImportError) as error:
            return "fails", False, str(error)
        text, measured = f"{max(found.values()):.1e}", max(found.values())
        if name in FEWER_BITS:
            measured = mean_difference(gan, written["onnx"])
            text += f" {measured:.1e}"
        return text + ("" if measured <= aim else " !"), measured <= aim, found


def mean_difference(gan, path):
    generator = exporting.generator.ExportedGenerator(gan)
    made = onnx_runner(path)(gan.fixed_inputs(16, 0))
    return onnx_variant(path).distances(generator, made, 16)["image"].mean(axis=(1, 2, 3)).max()


def table(only):
    widths = {name: 19 if name in FEWER_BITS else 11 for name in FORMATS}
    print(f"{'':34}" + "".join(f"{name:>{widths[name]}}" for name in FORMATS))
    rows, problems = {}, []
    for name, make in NETWORKS.items():
        if only not in name:
            continue
        keras.backend.clear_session()
        generator = make()
        gan = lively(generator, 10 if any(i.name == "label" for i in generator.inputs) else None)
        print(f"{name:34}", end="", flush=True)
        rows[name] = {}
        for column in FORMATS:
            text, met, rows[name][column] = compared(gan, column)
            print(f"{text:>{widths[column]}}", end="", flush=True)
            if not met:
                problems.append(f"{name}, {column}: {rows[name][column]}")
        print()
    print(f"{'aim':34}" + "".join(f"{aim:>{widths[name]}.1e}" for name, (_, aim) in FORMATS.items()))
    print("\n".join(problems or ["Every aim is met."]))
    return rows, not problems


# What fewer bits cost.


def frechet(run, count=10_000, seeds=(0, 1, 2)):
    from keras_gan.evaluation import Evaluation
    from keras_gan.evaluation.setup import real_images

    if run is None:
        training = kg.recipes.make("dcgan_digits", epochs=60)
        training.gan.fit(training.dataset, epochs=training.epochs, verbose=2, shuffle=False)
        gan = training.gan
    else:
        from keras_gan.runs.run import Run

        gan = Run.open(run).load(compile=False)
    extractor = kg.metrics.features.ClassifierFeatures("digits")
    evaluation = Evaluation(real_images("digits"), extractor, [kg.metrics.FrechetDistance()], about={"data": "digits"})
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for precision in PROMISES:
            path = exporting.to_onnx(gan, f"{folder}/{precision}.onnx", precision=precision, pixels=True)
            draw = onnx_runner(path)
            samples = (np.concatenate(list(pictures(gan, draw, count, seed))) for seed in seeds)
            scores = [evaluation.scores(images)[0] for images in samples]
            size, values = path.stat().st_size, [score.value for score in scores]
            rows[precision] = {"bytes": size, scores[0].name: values}
            told = " ".join(f"{value:.4f}" for value in values)
            print(
                f"{precision:10}{size:>10} bytes   {scores[0].name} of {count} samples, seeds {seeds}: {told}",
                flush=True,
            )
    return rows, True


def pictures(gan, draw, count, seed, batch=250):
    inputs = gan.fixed_inputs(count, seed)
    for start in range(0, count, batch):
        yield draw({name: values[start : start + batch] for name, values in inputs.items()})["image"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="compare the networks whose name holds this")
    parser.add_argument("--frechet", action="store_true", help="measure the Fréchet distance of each precision instead")
    parser.add_argument("--run", help="with --frechet: a run of dcgan_digits, instead of training")
    parser.add_argument("--json", help="file for the results")
    arguments = parser.parse_args()
    rows, met = frechet(arguments.run) if arguments.frechet else table(arguments.only)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(rows, indent=2) + "\n")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
