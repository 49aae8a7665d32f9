"""Compares the Inception extractor with torch-fidelity's, and with its published numbers.

    pip install torch==2.13.0 && pip install --no-deps torch-fidelity==0.4.0
    python scripts/parity inception                                # same random weights in both; no download
    python scripts/parity inception --write                        # ... and write tests/golden/inception.json
    python scripts/parity inception --weights FILE --cifar FOLDER  # published numbers; needs neither torch package

Without arguments: random weights are written by `torch.save` and read by both. Five image sizes, three images each
(noise, a gradient, one grey level), six outputs. Error: the largest difference over the largest value, per image; at
most 1e-5 is demanded. Then each of seven known mistakes is made on purpose and must be seen. Exit code 1 if not.

With `--weights` (either published file) and `--cifar` (the folder cifar-10-batches-py): the numbers that
torch-fidelity's own tests demand, on subsets drawn as there. About an hour on two cores.
"""

import argparse
import contextlib
import importlib
import importlib.util
import json
import os
import pathlib
import pickle
import sys
import tempfile
import types
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from keras_gan.features import inception, random_network, resize
from keras_gan.features.inception_weights import read_weights
from keras_gan.metrics.classifier_score import ClassifierScore
from keras_gan.metrics.frechet_distance import FrechetDistance
from keras_gan.metrics.kernel_distance import KernelDistance

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "inception.json"
OUTPUTS = ("64", "192", "768", "2048", "logits_unbiased", "logits")
SIZES = ((28, 28), (32, 32), (64, 48), (299, 299), (512, 512))
ALLOWED = (("multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode"))
SEED, TOLERANCE, KEPT = 0, 1e-5, 16


def noise(height, width):
    """The image of the golden file: (1, height, width, 3)."""
    return np.random.RandomState(1000 * height + width).randint(0, 256, (1, height, width, 3), dtype="uint8")


def images(height, width):
    down, across = np.meshgrid(np.linspace(0, 255, height), np.linspace(0, 255, width), indexing="ij")
    gradient = np.stack([down, across, 255 - down], axis=-1)[None].astype("uint8")
    return np.concatenate([noise(height, width), gradient, np.full((1, height, width, 3), 77, "uint8")])


def write_torch(path):
    """Writes seeded random weights as a state dict."""
    import torch

    network = inception.inception_network()
    tensors = {}
    for name, array in random_network.random_tensors(network, SEED).items():
        array = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T
        tensors[name] = torch.from_numpy(np.ascontiguousarray(array))
    torch.save(tensors, path)


def make_reference(path):
    """Returns torch-fidelity's extractor with weights from `path`: a function like `make_ours`'s."""
    spec = importlib.util.find_spec("torch_fidelity")
    if spec is None:
        raise SystemExit("torch-fidelity is missing: pip install --no-deps torch-fidelity==0.4.0")
    package = types.ModuleType("torch_fidelity")  # its own __init__ asks for torchvision
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules["torch_fidelity"] = package
    module = importlib.import_module("torch_fidelity.feature_extractor_inceptionv3")
    import torch

    extractor = module.FeatureExtractorInceptionV3(
        "inception-v3-compat", list(OUTPUTS), feature_extractor_weights_path=str(path)
    )

    def extract(batch):
        outputs = extractor(torch.from_numpy(np.ascontiguousarray(batch.transpose(0, 3, 1, 2))))
        return dict(zip(OUTPUTS, (output.numpy() for output in outputs), strict=True))

    return extract


def make_ours(path):
    """Returns a function from uint8 images to {output: array}."""
    network = inception.inception_network()
    inception.assign(network, read_weights(path), path)
    shape = (inception.SIZE, inception.SIZE)
    return lambda batch: network.predict_on_batch(resize.RESIZES["legacy"](batch, shape))


def error(ours, reference):
    """Largest difference over largest value, of the worst image."""
    return max(np.abs(a - b).max() / np.abs(b).max() for a, b in zip(ours, reference, strict=True))


def padded_average_pool(x):
    return layers.AveragePooling2D(3, 1, "valid")(layers.ZeroPadding2D(1)(x))


def average_where_same(x, strides=2, padding="valid"):
    return layers.MaxPooling2D(3, strides)(x) if padding == "valid" else layers.AveragePooling2D(3, 1, "same")(x)


def half_pixel(batch, size):
    return keras.ops.image.resize(np.asarray(batch, "float32"), size)


def other_range(batch, size):
    return resize.legacy_resize(batch, size) * (128 / 127.5)  # then x / 128 - 1, which makes x / 127.5 - 1


def mutations():
    """Returns {known mistake: what makes it}."""
    network, resizes = mock.patch.object, mock.patch.dict
    return {
        "maximum -> average in Mixed_7c": network(inception, "_maximum_pool", average_where_same),
        "average pool counts padding": network(inception, "_average_pool", padded_average_pool),
        "half-pixel resize": resizes(resize.RESIZES, {"legacy": half_pixel}),
        "x / 127.5 - 1": resizes(resize.RESIZES, {"legacy": other_range}),
        "epsilon 1e-5": network(inception, "EPSILON", 1e-5),
        "halves a and b swapped": network(inception, "HALVES", inception.HALVES[::-1]),
        "logits with bias": contextlib.nullcontext(),
    }


def compare(path):
    """Prints the table of errors; returns whether all is well, and the reference's outputs on the noise."""
    reference, ours = make_reference(path), make_ours(path)
    print(f"{'size':>10}" + "".join(f"{name:>18}" for name in OUTPUTS))
    well, kept = True, {}
    for size in SIZES:
        expected, found = reference(images(*size)), ours(images(*size))
        errors = [error(found[name], expected[name]) for name in OUTPUTS]
        well = well and max(errors) <= TOLERANCE
        kept[size] = {name: expected[name][0] for name in OUTPUTS}
        print(f"{'x'.join(map(str, size)):>10}" + "".join(f"{value:18.2e}" for value in errors), flush=True)
    batch = images(*SIZES[0])
    expected = reference(batch)
    print(f"\n{'mistake':>32}{'largest error':>16}  in")
    for name, mistake in mutations().items():
        with mistake:
            found = make_ours(path)(batch)
        if name == "logits with bias":
            found["logits_unbiased"] = found["logits"]
        errors = {output: error(found[output], expected[output]) for output in OUTPUTS}
        worst = max(errors, key=errors.get)
        well = well and errors[worst] > 10 * TOLERANCE
        print(f"{name:>32}{errors[worst]:16.2e}  {worst}", flush=True)
    return well, kept


def write_golden(kept):
    import torch

    outputs = []
    for (height, width), arrays in kept.items():
        described = {}
        for name, array in arrays.items():
            chosen = np.linspace(0, len(array) - 1, KEPT).astype(int)
            described[name] = {
                "norm": float(np.linalg.norm(array.astype("float64"))),
                "max": float(np.abs(array).max()),
                "values": [float(array[index]) for index in chosen],
            }
        outputs.append({"height": height, "width": width, "outputs": described})
    content = {
        "source": f"torch-fidelity 0.4.0's InceptionV3 on PyTorch {torch.__version__}, weights random_tensors(seed)",
        "command": "python scripts/parity inception --write",
        "seed": SEED,
        "images": outputs,
    }
    GOLDEN.write_text(json.dumps(content, indent=1) + "\n")
    print(f"wrote {GOLDEN}")


class ArrayUnpickler(pickle.Unpickler):
    """Reads CIFAR-10's batches: arrays, and nothing that runs code."""

    def find_class(self, module, name):
        if (module.rsplit(".", 1)[-1], name) in ALLOWED:
            return super().find_class(module, name)
        raise SystemExit(f"CIFAR-10's batches hold arrays only. Received: {module}.{name}.")


def cifar(folder, names):
    """Returns images of CIFAR-10 in their published order, uint8 (count, 32, 32, 3)."""
    planes = []
    for name in names:
        with open(pathlib.Path(folder) / name, "rb") as file:
            planes.append(ArrayUnpickler(file, encoding="bytes").load()[b"data"])
    return np.concatenate(planes).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)


def subset(pixels, limit, noisy=False):
    """Draws as torch-fidelity's utils/util_dump_dataset_as_images.py does; in the order of the files' names."""
    random = np.random.RandomState(2020)
    chosen = random.choice(len(pixels), limit, replace=False)
    drawn = {}
    for index in chosen:
        image = pixels[index].astype("float32")
        if noisy:
            image += random.randn(*image.shape) * 64
        drawn[index] = image.astype("int32").astype("uint8")  # wraps round, as there
    return np.stack([drawn[index] for index in sorted(drawn)])


def published(weights, folder):
    """Prints torch-fidelity's published numbers beside ours; returns whether they agree."""
    extract = inception.InceptionFeatures(weights)
    train, test = cifar(folder, [f"data_batch_{i}" for i in range(1, 6)]), cifar(folder, ["test_batch"])
    real, clean, noisy = subset(train, 5000), subset(test, 5000), subset(test, 5000, noisy=True)
    real, clean, noisy = (extract(part)["features"] for part in (real, clean, noisy))
    frechet, kernel, score = FrechetDistance(), KernelDistance(), ClassifierScore()
    found = (
        ("FID", frechet(real, clean), 10.3233274, 1e-4),
        ("KID", kernel(real, noisy), 0.4718520, 1e-5),
        ("IS", score(None, extract(subset(train, 100))["logits"]), 4.51089784587268, 1e-4),
    )
    for name, value, expected, tolerance in found:
        called = extract.score_name({"FID": "frechet_distance", "KID": "kernel_distance"}.get(name, "classifier_score"))
        print(f"{called}: {value:.7f}, published {expected:.7f}, difference {abs(value - expected):.1e} of {tolerance}")
    return all(abs(value - expected) <= tolerance for _, value, expected, tolerance in found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help="write tests/golden/inception.json")
    parser.add_argument("--weights", help="published weights, .pb or .pth")
    parser.add_argument("--cifar", help="folder cifar-10-batches-py")
    arguments = parser.parse_args()
    if bool(arguments.weights) != bool(arguments.cifar):
        parser.error("--weights and --cifar go together")
    if arguments.weights:
        sys.exit(not published(arguments.weights, arguments.cifar))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "random.pth"
        write_torch(path)
        well, kept = compare(path)
    if arguments.write and well:
        write_golden(kept)
    sys.exit(not well)


if __name__ == "__main__":
    main()
