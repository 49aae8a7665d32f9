"""Asks every exported file what makes no sense, and a good request after each; prints what it answers.

    python scripts/robustness bad_requests

It prints the tables of docs/exports.md, and ends with 1 if a good request is not answered. The generator has three
classes, latents of 6 numbers, pictures of 8x8 pixels and random weights. The SavedModel runs in
TensorFlow's Python here; `tests/exporting/test_c_api.py` asks the same through the C API, the loader of TF Serving.
"""

import argparse
import contextlib
import importlib.util
import io
import os
import pathlib
import re
import sys
import tempfile
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

import keras_gan as kg
from keras_gan import exporting
from keras_gan.exporting.generator import quiet
from keras_gan.exporting.litert import litert_runner
from keras_gan.exporting.onnx import onnx_runner
from keras_gan.exporting.saved_model import saved_model_runner

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "export" / "onnxruntime" / "sample.py"
CLASSES, WIDTH = 3, 6
GOOD = {"latent": np.zeros((2, WIDTH), "float32"), "label": np.zeros(2, "int32")}
REQUESTS = {
    "latents of 5 numbers, not 6": {**GOOD, "latent": np.zeros((2, WIDTH - 1), "float32")},
    "latents in float64": {**GOOD, "latent": np.zeros((2, WIDTH), "float64")},
    "label 3 of 3 classes": {**GOOD, "label": np.full(2, CLASSES, "int32")},
    "label -1": {**GOOD, "label": np.full(2, -1, "int32")},
    "no label": {"latent": GOOD["latent"]},
    "an empty batch": {name: value[:0] for name, value in GOOD.items()},
    "a batch of 10,000": {name: np.repeat(value, 5000, 0) for name, value in GOOD.items()},
}
RUNNERS = {"saved_model": saved_model_runner, "onnx": onnx_runner, "litert": litert_runner}


def make():
    keras.utils.set_random_seed(0)
    return kg.GAN(
        kg.networks.DCGANGenerator((8, 8, 1), WIDTH, filters=4, num_classes=CLASSES),
        kg.networks.DCGANDiscriminator((8, 8, 1), filters=4, num_classes=CLASSES),
    )


def said(error):
    """Returns the telling part of an error, in one line."""
    text = re.sub(r"\[ONNXRuntimeError\] : \d : \w+ : ", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"incompatible|assertion failed|expected|Expected|out of", line)]
    line = re.sub(
        r"Non-zero status code.*? Status Message: \S+ \S+ \S+ |cannot compute \S+ ", "", (telling or lines)[0]
    )
    return f"{type(error).__name__}: {line[:120].rstrip()}{' ...' if len(line) > 120 else ''}"


def answer(function):
    try:
        images = function()
    except Exception as error:  # each runtime has its own
        return said(error)
    return f"{len(images):,} pictures"


def artefacts(folder):
    """Yields (name, the function that draws) of each kind of file."""
    gan = make()
    for name, runner in RUNNERS.items():
        form = exporting.FORMATS[name]
        run = runner(form.export(gan, folder / name / form.place))
        yield name, lambda inputs, run=run: run(inputs)["image"]


def ask(name, run):
    """Prints the rows of one kind of file; returns whether good requests were answered in between."""
    alive = True
    for request, inputs in REQUESTS.items():
        print(f"| {name} | {request} | {answer(lambda inputs=inputs: run(inputs))} |")
        alive = alive and answer(lambda: run(GOOD)) == "2 pictures"
    return alive


def program(folder):
    """Asks `sample.py`, and prints what it says."""
    spec = importlib.util.spec_from_file_location("sample", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = exporting.to_onnx(make(), folder / "generator.onnx")
    for words in ("--label 3", "--label -1", "--count 0", "--count 10000", "--truncation 0", "--seed -1"):
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
            code = module.main([str(model), "--out", str(folder / "grid.png"), *words.split()])
        print(f"| sample.py | `{words}` | {errors.getvalue().strip() or 'a picture'} (exit code {code}) |")


def exports(folder):
    """Prints what exporting itself refuses."""
    broken, latent = make(), keras.Input((WIDTH,))
    broken.ema_generator.weights[0].assign(np.full(broken.ema_generator.weights[0].shape, np.nan))
    x = keras.layers.Dense(64, activation="celu")(latent)
    foreign = kg.GAN(
        keras.Model(latent, keras.layers.Reshape((8, 8, 1))(x)),
        kg.networks.DCGANDiscriminator((8, 8, 1), filters=4),
    )
    (folder / "taken").mkdir()
    (folder / "taken" / "mine.txt").touch()
    cases = {
        "a generator that has seen no images": lambda: exporting.to_onnx(make(), folder / "new.onnx"),
        "a weight that is NaN": lambda: exporting.to_onnx(broken, folder / "nan.onnx"),
        "an operation that ONNX lacks": lambda: exporting.to_onnx(foreign, folder / "foreign.onnx"),
        "a folder where the ONNX file should go": lambda: exporting.to_onnx(make(), folder / "taken"),
        "a page where something else lies": lambda: exporting.to_web(make(), folder / "taken"),
    }
    for case, function in cases.items():
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                function()
                result = f"written, and told: {next(str(w.message) for w in told if 'trained' in str(w.message))}"
            except Exception as error:  # to be shown
                result = f"{type(error).__name__}: {' '.join(str(error).replace(str(folder), 'FOLDER').split())}"
        print(f"| {case} | {result} |")


def main():
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    alive = True
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings(), quiet():
        warnings.simplefilter("ignore")
        folder = pathlib.Path(name)
        print("| file | request | answer |\n|---|---|---|")
        for kind, run in artefacts(folder):
            alive = ask(kind, run) and alive
        program(folder)
        print("\n| export of | result |\n|---|---|")
        exports(folder)
    print("\nEvery good request in between was answered." if alive else "\nA good request was not answered.")
    return not alive


if __name__ == "__main__":
    sys.exit(main())
