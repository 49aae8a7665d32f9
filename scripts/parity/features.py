"""Compares the metrics of features with torch-fidelity's functions on the same random features, and freezes theirs.

    pip install torch==2.13.0 tqdm && pip install --no-deps torch-fidelity==0.4.0
    python scripts/parity features          # the table
    python scripts/parity features --write  # and tests/golden/metrics_parity.json, which the tests check

torch-fidelity's feature extractors and torchvision are not needed: its metric modules are imported alone.
"""

import argparse
import importlib
import importlib.metadata
import importlib.util
import json
import pathlib
import sys
import types

import numpy as np

from keras_gan.metrics.classifier_score import ClassifierScore
from keras_gan.metrics.frechet_distance import FrechetDistance
from keras_gan.metrics.kernel_distance import KernelDistance

GOLDEN = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "metrics_parity.json"
OURS = {"frechet_distance": FrechetDistance, "kernel_distance": KernelDistance, "classifier_score": ClassifierScore}


def inputs(seed, real, fake, scale=1.0, shift=0.0, dtype="float64"):
    """Returns reals and fakes: standard normal of the given shapes, the fakes scaled and shifted."""
    random = np.random.RandomState(seed)
    return random.randn(*real).astype(dtype), (scale * random.randn(*fake) + shift).astype(dtype)


def module(name):
    """Imports a module of torch-fidelity without its package, which would import torchvision."""
    if "torch_fidelity" not in sys.modules:
        package = types.ModuleType("torch_fidelity")
        package.__path__ = list(importlib.util.find_spec("torch_fidelity").submodule_search_locations)
        utilities = types.ModuleType("torch_fidelity.utils")
        utilities.__getattr__ = lambda name: None
        sys.modules.update({"torch_fidelity": package, "torch_fidelity.utils": utilities})
    return importlib.import_module(f"torch_fidelity.{name}")


def their_frechet_distance(real, fake, settings):
    import torch

    fid = module("metric_fid")
    statistics = [fid.fid_features_to_statistics(torch.from_numpy(features)) for features in (fake, real)]
    return fid.fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"], None


def their_kernel_distance(real, fake, settings):
    import torch

    found = module("metric_kid").kid_features_to_metric(
        torch.from_numpy(fake),
        torch.from_numpy(real),
        kid_subsets=settings["subsets"],
        kid_subset_size=settings["subset_size"],
        rng_seed=settings.get("seed", 2020),
        verbose=False,
    )
    return found["kernel_inception_distance_mean"], found["kernel_inception_distance_std"]


def their_classifier_score(real, fake, settings):
    import torch

    seed = settings.get("seed", 2020)
    arguments = {"shuffle": seed is not None, "rng_seed": seed, "splits": settings.get("splits", 10)}
    found = module("metric_isc").isc_features_to_metric(torch.from_numpy(fake), **arguments)
    return found["inception_score_mean"], found["inception_score_std"]


THEIRS = {
    "frechet_distance": their_frechet_distance,
    "kernel_distance": their_kernel_distance,
    "classifier_score": their_classifier_score,
}

# Another metric: a row here, its class in OURS, a function in THEIRS.
# (metric, settings, inputs, relative tolerance). The tolerances are of theirs: with float32 features they take the mean
# and the kernels in float32; theirs and ours in float64 differ by rounding only, amplified where covariances are
# singular, because the root of an eigenvalue that should be zero is 1e-8 rather than 1e-16.
CASES = [
    ("frechet_distance", {}, {"seed": 1, "real": (500, 64), "fake": (400, 64), "scale": 1.2, "shift": 0.1}, 1e-12),
    ("frechet_distance", {}, {"seed": 2, "real": (64, 256), "fake": (48, 256), "scale": 1.1}, 1e-7),
    ("frechet_distance", {}, {"seed": 3, "real": (600, 256), "fake": (100, 256), "shift": 0.2}, 1e-7),
    ("frechet_distance", {}, {"seed": 4, "real": (3000, 64), "fake": (3000, 64), "dtype": "float32"}, 1e-8),
    ("kernel_distance", {"subsets": 20, "subset_size": 100}, {"seed": 5, "real": (300, 64), "fake": (250, 64)}, 1e-11),
    (
        "kernel_distance",
        {"subsets": 5, "subset_size": 64, "seed": 7},
        {"seed": 6, "real": (200, 32), "fake": (64, 32), "scale": 1.5, "shift": 0.3},
        1e-11,
    ),
    ("classifier_score", {}, {"seed": 8, "real": (1, 10), "fake": (1000, 10), "scale": 2.0}, 1e-12),
    (
        "classifier_score",
        {"splits": 3, "seed": 5},
        {"seed": 9, "real": (1, 10), "fake": (100, 10), "scale": 3.0},
        1e-12,
    ),
    ("classifier_score", {"seed": None}, {"seed": 10, "real": (1, 100), "fake": (503, 100), "scale": 40.0}, 1e-12),
]


def ours(name, settings, real, fake):
    """Returns our value and deviation."""
    metric = OURS[name](**settings)
    kept = [metric.statistics() for _ in range(2)]
    for statistics, samples in zip(kept, (real, fake), strict=True):
        statistics.update(samples)
    return tuple(metric.value(*kept)[name])


def relative_error(found, expected):
    return abs(found - expected) / abs(expected)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"write {GOLDEN.name}")
    write = parser.parse_args().write
    rows, failed = [], 0
    print(f"{'metric':18}{'theirs':>24}{'ours':>24}{'relative error':>16}{'of deviation':>14}{'allowed':>9}")
    for name, settings, drawn, tolerance in CASES:
        real, fake = inputs(**drawn)
        (value, deviation), found = THEIRS[name](real, fake, settings), ours(name, settings, real, fake)
        errors = [relative_error(found[0], value), 0.0 if deviation is None else relative_error(found[1], deviation)]
        failed += max(errors) > tolerance
        print(f"{name:18}{value:>24.16g}{found[0]:>24.16g}{errors[0]:>16.1e}{errors[1]:>14.1e}{tolerance:>9.0e}")
        row = {"metric": name, "settings": settings, "inputs": drawn, "tolerance": tolerance}
        rows.append({**row, "value": value, "deviation": deviation})
    if write:
        versions = {package: importlib.metadata.version(package) for package in ("torch-fidelity", "torch", "numpy")}
        text = {"source": "python scripts/parity features --write", "versions": versions, "cases": rows}
        GOLDEN.write_text(json.dumps(text, indent=1) + "\n")
        print(f"written: {GOLDEN}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
