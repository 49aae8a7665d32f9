import json
import pathlib

import numpy as np
import pytest

from keras_gan.metrics.density_coverage import DensityCoverage
from keras_gan.metrics.precision_recall import PrecisionRecall

METRICS = {"precision_recall": PrecisionRecall, "density_coverage": DensityCoverage}
GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "metrics_parity_neighbours.json"
CASES = json.loads(GOLDEN.read_text())["cases"]


def inputs(seed, real, fake, scale=1.0, shift=0.0, offset=0.0, dtype="float64"):
    """As in scripts/parity/neighbours.py, which wrote the values of torch-fidelity and prdc."""
    random = np.random.RandomState(seed)
    reals, fakes = random.randn(*real), scale * random.randn(*fake) + shift
    return (reals + offset).astype(dtype), (fakes + offset).astype(dtype)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['whose']}-{case['inputs']['seed']}-{case['k']}")
def test_same_values(case):
    metric = METRICS[case["metric"]](case["k"])
    kept = [metric.statistics() for _ in range(2)]
    for statistics, samples in zip(kept, inputs(**case["inputs"]), strict=True):
        statistics.update(samples)
    found = metric.value(*kept)
    assert set(found) == set(case["values"])
    for result, value in case["values"].items():
        assert found[result].value == pytest.approx(value, rel=0, abs=case["allowed"])


def test_each_oracle_is_there():
    assert {case["whose"] for case in CASES} == {"full", "part", "prdc"}
    assert all(case["allowed"] < 1 / 900 for case in CASES)  # a single sample of difference is seen
