"""The SavedModel as a server runs it: TensorFlow's C API, in a process that never imports TensorFlow's Python."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import keras_gan as kg
from keras_gan.exporting import to_saved_model
from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.exporting.requests import as_keras_takes, decoded, examples
from keras_gan.media import to_uint8
from tests.exporting import c_api

pytestmark = pytest.mark.skipif(c_api.library_path() is None, reason="needs libtensorflow_cc.so.2")

FLOAT, HALF, BFLOAT16, INT32, UINT8, INT64 = 1, 19, 14, 3, 4, 9  # of types.proto
SIGNATURES = ("serving_default", "uint8", "png", "sample", "sample_truncated")
SIZES = (1, 3, 16, 64)
MANY = 10_000
LABEL = "label must lie from 0 to 2. Received:"
# Bad requests: what is put in place of the inputs of a good request of three rows -> what the error says.
BAD = {
    "latent": {
        "narrow": ({"latent": np.zeros((3, 5), "float32")}, "Matrix size-incompatible: In[0]: [3,5], In[1]: [6,"),
        "wide": ({"latent": np.zeros((3, 7), "float32")}, "Matrix size-incompatible: In[0]: [3,7], In[1]: [6,"),
        "one axis": ({"latent": np.zeros(6, "float32")}, "In[0] ndims must be >= 2"),
        "double": ({"latent": np.zeros((3, 6), "float64")}, "to be float but double is provided"),
        "truncation 0": ({"truncation": np.float32([1, 0, 1])}, "truncation must be positive. Received:] [1 0 1]"),
        "truncation NaN": (
            {"truncation": np.float32([1, np.nan, 1])},
            "truncation must be positive. Received:] [1 nan",
        ),
        "truncations too few": ({"truncation": np.float32([1, 1])}, "Incompatible shapes: [3,6] vs. [2,1]"),
        "seed int32": ({"seed": np.arange(3, dtype="int32")}, "to be int64 but int32 is provided"),
    },
    "label": {
        "label 3": ({"label": np.int32([0, 3, 1])}, f"{LABEL}] [0 3 1]"),
        "label -1": ({"label": np.int32([-1, 0, 1])}, f"{LABEL}] [-1 0 1]"),
        "labels too few": ({"label": np.int32([0, 1])}, "Dimension 0 in both shapes must be equal"),
        "narrow": ({"latent": np.zeros((3, 5), "float32")}, "Matrix size-incompatible: In[0]: [3,8], In[1]: [9,"),
    },
}


class Served:
    """A GAN, and what its SavedModel answered to good, bad, empty and huge requests, in this order."""

    def __init__(self, kind, folder):
        classes = 3 if kind == "label" else None
        gan = kg.GAN(
            kg.networks.DCGANGenerator((8, 8, 1), latent_dim=6, filters=4, num_classes=classes),
            kg.networks.MLPDiscriminator((8, 8, 1), (4,), num_classes=classes),
        )
        random = np.random.default_rng(5)
        for weight in gan.ema_generator.weights:
            weight.assign(
                np.abs(random.standard_normal(weight.shape)) ** 0.5 * random.choice([-1, 1], weight.shape) / 3
            )
            if weight.name in ("gamma", "moving_variance"):
                weight.assign(np.abs(weight) + 0.5)
        self.generator, self.bad = ExportedGenerator(gan), BAD[kind]
        self.asked = [(signature, self.good(signature, size)) for size in SIZES for signature in SIGNATURES]
        self.wrong = {}
        for name, (change, _) in self.bad.items():
            for signature in SIGNATURES:
                inputs = self.good(signature, 3)
                if set(change) <= set(inputs):
                    self.wrong[name, signature] = self.ask(signature, {**inputs, **change})
        self.empty = {name: self.ask(name, {k: v[:0] for k, v in self.good(name, 1).items()}) for name in SIGNATURES}
        self.many = {name: self.ask(name, self.good(name, MANY)) for name in ("uint8", "sample")}
        self.last = {name: self.ask(name, self.good(name, 3)) for name in SIGNATURES}
        self.version, self.answers, self.errors, self.signatures = self.run(to_saved_model(gan, folder / "versions"))

    def good(self, signature, size):
        label = ["label"] if "label" in self.generator.names else []
        names = {"sample": ["seed"], "sample_truncated": ["seed", "truncation"]}.get(signature, ["latent"]) + label
        values = examples(self.generator, size)
        return {name: values[name] for name in names}

    def ask(self, signature, inputs):
        self.asked.append((signature, inputs))
        return len(self.asked) - 1

    def run(self, folder):
        requests, answers = folder.parent / "requests.npz", folder.parent / "answers.npz"
        arrays = {f"{n}/{s}/{name}": v for n, (s, inputs) in enumerate(self.asked) for name, v in inputs.items()}
        np.savez(requests, **arrays)
        command = [sys.executable, c_api.__file__, str(folder), str(requests), str(answers)]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        environment["CUDA_VISIBLE_DEVICES"] = ""
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        with np.load(answers) as stored:
            found = {key: stored[key] for key in stored.files}
        errors, signatures = (json.loads(str(found.pop(name))) for name in ("errors", "signatures"))
        return done.stdout.strip(), found, {int(number): text for number, text in errors.items()}, signatures

    def answer(self, number):
        """Returns what was answered to a good request; PNG files decoded."""
        assert number not in self.errors, self.errors[number]
        signature = self.asked[number][0]
        if signature != "png":
            return self.answers[f"{number}/{signature}/image"]
        ends = np.cumsum(self.answers[f"{number}/png/image_bytes#"])
        if not len(ends):
            return ends
        files = [part.tobytes() for part in np.split(self.answers[f"{number}/png/image_bytes"], ends[:-1])]
        return decoded(self.generator, {"image_bytes": files})["image"]

    def check(self, number):
        """Holds an answer against Keras."""
        signature, inputs = self.asked[number]
        expected = self.generator.run(as_keras_takes(self.generator, inputs))["image"]
        received = self.answer(number)
        assert received.shape == expected.shape
        assert expected.std() > 0.1
        if signature == "serving_default":
            np.testing.assert_allclose(received, expected, rtol=0, atol=1e-5)
        else:
            assert received.dtype == np.uint8
            assert np.abs(received.astype(int) - to_uint8(expected)).max() <= 1
            assert np.mean(received != to_uint8(expected)) < 0.01


@pytest.fixture(scope="module", params=["latent", "label"])
def served(request, tmp_path_factory):
    return Served(request.param, tmp_path_factory.mktemp(request.param))


def test_every_signature_draws_what_keras_draws(served):
    assert served.version.startswith("2.")
    for number in range(len(SIZES) * len(SIGNATURES)):
        served.check(number)


def test_signatures_fit_rest_and_batching(served):
    """TF Serving's rules: json_tensor.cc writes no halves, and base64 for names in `_bytes`; batches are first axes."""
    label = {"label": [INT32, [-1]]} if "label" in served.generator.names else {}
    latent = {"latent": [FLOAT, [-1, 6]], **label}
    inputs = {
        **dict.fromkeys(("serving_default", "uint8", "png"), latent),
        "sample": {"seed": [INT64, [-1]], **label},
        "sample_truncated": {"seed": [INT64, [-1]], "truncation": [FLOAT, [-1]], **label},
    }
    assert set(served.signatures) == set(SIGNATURES)
    for name, found in served.signatures.items():
        assert {key: tensor[2:] for key, tensor in found["inputs"].items()} == inputs[name]
        for key, (_, _, dtype, shape) in found["outputs"].items():
            assert dtype not in (HALF, BFLOAT16)
            assert (dtype == c_api.STRING) == key.endswith("_bytes")
            assert shape[0] == -1
    for number, (signature, given) in enumerate(served.asked):
        if number not in served.errors:
            (size,) = {len(value) for value in given.values()}
            lengths = "#" if signature == "png" else ""
            for name in served.signatures[signature]["outputs"]:
                assert len(served.answers[f"{number}/{signature}/{name}{lengths}"]) == size


def test_bad_requests_are_errors_that_say_why(served):
    for (name, signature), number in served.wrong.items():
        assert served.bad[name][1] in served.errors.get(number, "no error"), (name, signature)
    assert set(served.errors) == set(served.wrong.values())


def test_no_rows_are_no_pictures(served):
    for number in served.empty.values():
        assert len(served.answer(number)) == 0


def test_ten_thousand_rows_are_drawn(served):
    for signature, number in served.many.items():
        images = served.answer(number)
        assert images.shape == (MANY, 8, 8, 1)
        few = SIZES.index(16) * len(SIGNATURES) + SIGNATURES.index(signature)
        assert np.abs(images[:16].astype(int) - served.answer(few)).max() <= 1


def test_good_requests_are_answered_after_all_that(served):
    for number in served.last.values():
        assert number > max(served.errors)
        served.check(number)
