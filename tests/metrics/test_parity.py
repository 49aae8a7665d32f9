import json
import pathlib

import numpy as np
import pytest

from keras_gan.metrics.classifier_score import ClassifierScore
from keras_gan.metrics.frechet_distance import FrechetDistance
from keras_gan.metrics.kernel_distance import KernelDistance

METRICS = {"frechet_distance": FrechetDistance, "kernel_distance": KernelDistance, "classifier_score": ClassifierScore}
CASES = json.loads((pathlib.Path(__file__).parents[1] / "golden" / "metrics_parity.json").read_text())["cases"]


def inputs(seed, real, fake, scale=1.0, shift=0.0, dtype="float64"):
    """As in scripts/parity/features.py, which wrote the values of torch-fidelity."""
    random = np.random.RandomState(seed)
    return random.randn(*real).astype(dtype), (scale * random.randn(*fake) + shift).astype(dtype)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['metric']}-{case['inputs']['seed']}")
def test_torch_fidelity(case):
    metric = METRICS[case["metric"]](**case["settings"])
    kept = [metric.statistics() for _ in range(2)]
    for statistics, samples in zip(kept, inputs(**case["inputs"]), strict=True):
        statistics.update(samples)
    found = metric.value(*kept)[case["metric"]]
    assert found.value == pytest.approx(case["value"], rel=case["tolerance"])
    if case["deviation"] is not None:
        assert found.deviation == pytest.approx(case["deviation"], rel=case["tolerance"])


def test_every_metric_is_compared():
    assert {case["metric"] for case in CASES} == set(METRICS)
