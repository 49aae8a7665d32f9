"""Compares precision, recall, density and coverage with torch-fidelity's and prdc's, and freezes theirs.

    pip install torch==2.13.0 tqdm scikit-learn && pip install --no-deps torch-fidelity==0.4.0 prdc==0.2
    python scripts/parity neighbours          # the table
    python scripts/parity neighbours --write  # and tests/golden/metrics_parity_neighbours.json, for the tests

torch-fidelity's feature extractors and torchvision are not needed: its metric module is imported alone.
"""

import argparse
import contextlib
import importlib
import importlib.metadata
import importlib.util
import io
import json
import pathlib
import sys
import types

import numpy as np

from keras_gan.metrics.density_coverage import DensityCoverage
from keras_gan.metrics.precision_recall import PrecisionRecall

GOLDEN = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "metrics_parity_neighbours.json"
OURS = {"precision_recall": PrecisionRecall, "density_coverage": DensityCoverage}


def inputs(seed, real, fake, scale=1.0, shift=0.0, offset=0.0, dtype="float64"):
    """Returns reals and fakes: standard normal of the given shapes, the fakes scaled and shifted, both offset."""
    random = np.random.RandomState(seed)
    reals, fakes = random.randn(*real), scale * random.randn(*fake) + shift
    return (reals + offset).astype(dtype), (fakes + offset).astype(dtype)


def torch_fidelity_module(name):
    """Imports a module of torch-fidelity without its package, which would import torchvision."""
    if "torch_fidelity" not in sys.modules:
        package = types.ModuleType("torch_fidelity")
        package.__path__ = list(importlib.util.find_spec("torch_fidelity").submodule_search_locations)
        utilities = types.ModuleType("torch_fidelity.utils")
        utilities.__getattr__ = lambda name: None
        sys.modules.update({"torch_fidelity": package, "torch_fidelity.utils": utilities})
    return importlib.import_module(f"torch_fidelity.{name}")


def by_torch_fidelity(kind):
    def measure(real, fake, k):
        import torch

        function = getattr(torch_fidelity_module("metric_prc"), f"calculate_precision_recall_{kind}")
        found = function(torch.from_numpy(fake), torch.from_numpy(real), neighborhood=k)  # generated first
        return dict(zip(("precision", "recall"), (float(value) for value in found), strict=True))

    return measure


def by_prdc(real, fake, k):
    import prdc

    with contextlib.redirect_stdout(io.StringIO()):
        found = prdc.compute_prdc(real, fake, nearest_k=k)
    names = {"density": "density", "coverage": "coverage", "precision": "precision_prdc", "recall": "recall_prdc"}
    return {ours: float(found[theirs]) for theirs, ours in names.items()}


THEIRS = {"full": by_torch_fidelity("full"), "part": by_torch_fidelity("part"), "prdc": by_prdc}

# (metric, k, whose, inputs, allowed difference). Every count is the same; shares are a rounding apart, torch-fidelity's
# one of float32. Its distances of float32 features are float32: with another seed a pair at a radius may change sides.
CASES = [
    ("precision_recall", 3, "full", {"seed": 0, "real": (64, 8), "fake": (48, 8), "scale": 1.2, "shift": 0.3}, 1e-6),
    ("precision_recall", 3, "part", {"seed": 0, "real": (64, 8), "fake": (48, 8), "scale": 1.2, "shift": 0.3}, 1e-6),
    ("precision_recall", 3, "full", {"seed": 1, "real": (700, 64), "fake": (500, 64), "scale": 0.95}, 1e-6),
    ("precision_recall", 5, "full", {"seed": 2, "real": (500, 2), "fake": (700, 2), "shift": 0.5}, 1e-6),
    ("precision_recall", 3, "full", {"seed": 3, "real": (900, 256), "fake": (900, 256), "dtype": "float32"}, 1e-6),
    ("density_coverage", 5, "prdc", {"seed": 0, "real": (64, 8), "fake": (48, 8), "scale": 1.2, "shift": 0.3}, 1e-12),
    ("density_coverage", 3, "prdc", {"seed": 0, "real": (64, 8), "fake": (48, 8), "scale": 1.2, "shift": 0.3}, 1e-12),
    ("density_coverage", 5, "prdc", {"seed": 4, "real": (700, 64), "fake": (500, 64), "scale": 0.95}, 1e-12),
    ("density_coverage", 5, "prdc", {"seed": 5, "real": (500, 3), "fake": (700, 3), "offset": 100.0}, 1e-12),
    ("density_coverage", 5, "prdc", {"seed": 6, "real": (900, 256), "fake": (900, 256), "dtype": "float32"}, 1e-12),
]


def ours(name, k, real, fake):
    """Returns {result: value}."""
    metric = OURS[name](k)
    kept = [metric.statistics() for _ in range(2)]
    for statistics, samples in zip(kept, (real, fake), strict=True):
        statistics.update(samples)
    return {result: estimate.value for result, estimate in metric.value(*kept).items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"write {GOLDEN.name}")
    write = parser.parse_args().write
    rows, failed = [], 0
    print(f"{'whose':6}{'k':>3}{'seed':>5}  {'result':16}{'theirs':>20}{'ours':>20}{'difference':>12}{'allowed':>9}")
    for name, k, whose, drawn, allowed in CASES:
        real, fake = inputs(**drawn)
        theirs, found = THEIRS[whose](real, fake, k), ours(name, k, real, fake)
        for result, value in theirs.items():
            difference = abs(found[result] - value)
            failed += difference > allowed
            told = f"{value:>20.16f}{found[result]:>20.16f}{difference:>12.1e}{allowed:>9.0e}"
            print(f"{whose:6}{k:>3}{drawn['seed']:>5}  {result:16}{told}")
        rows.append({"metric": name, "k": k, "whose": whose, "inputs": drawn, "allowed": allowed, "values": theirs})
    if write:
        packages = ("torch-fidelity", "prdc", "torch", "scikit-learn", "numpy")
        versions = {package: importlib.metadata.version(package) for package in packages}
        text = {"source": "python scripts/parity neighbours --write", "versions": versions, "cases": rows}
        GOLDEN.write_text(json.dumps(text, indent=1) + "\n")
        print(f"written: {GOLDEN}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
