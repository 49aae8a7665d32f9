"""The preset of `scripts/learning/mode_coverage.py` that loses no modes, for half a minute instead of minutes."""

import pathlib
import sys

import pytest

pytest.importorskip("tensorflow")
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "scripts" / "learning"))
import mode_coverage


def test_relativistic_loss_with_both_penalties_finds_the_modes_of_the_grid():
    values, points = mode_coverage.train("grid", "r3gan", seed=0, images=400_000)
    print(values)
    assert points.shape == (2500, 2)
    assert values["modes"] >= 24
    assert values["high_quality"] >= 0.5


def test_a_generator_that_learned_nothing_finds_few():
    values, _ = mode_coverage.train("grid", "r3gan", seed=0, images=1280)
    assert values["high_quality"] < 0.1
