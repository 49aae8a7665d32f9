"""Measures the metrics: distances against eigvals, neighbours against prdc, statistics against the extractor.

    python scripts/bench metrics [--rounds 5]

The sides of each metric run in one process, in turn; medians are compared. SciPy and prdc are measured only where they
are installed. `frechet.py` and `neighbours.py` measure one of the metrics, at other sizes too.
"""

import os

import machine
from frechet import frechet_rows
from neighbours import neighbour_rows
from turns import row, timed_in_turn

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def streaming_rows(rounds, batch=64):
    """Returns the rows for one batch: statistics of 2,048 features, against the Inception network that makes them."""
    import numpy as np

    from keras_gan.features import RandomInceptionFeatures
    from keras_gan.metrics.statistics import Moments

    random = np.random.default_rng(0)
    images = random.integers(0, 256, (batch, 32, 32, 3), dtype="uint8")
    extractor, moments = RandomInceptionFeatures(seed=0), Moments()
    features = extractor(images)["features"]
    sides = {
        "statistics of the features": lambda: moments.update(features),
        "Inception": lambda: len(extractor(images)),
    }
    found = timed_in_turn(sides, (), rounds)
    ours = found["statistics of the features"]
    return [row(name, times, ours, f"batch of {batch}") for name, times in found.items()]


def show(rows):
    print(f"\nMetrics\n  {'':34}{'s':>10}{'min..max':>18}{'CPU s':>10}{'keras_gan is':>16}")
    for line in rows:
        if "problem" in line:
            print(f"  {line['side']:34}{line['problem']}")
            continue
        spread, ratio = f"{line['min']:.4g}..{line['max']:.4g}", line["keras_gan is times as fast"]
        case = line["case"] + (f", peak {line['peak_gigabytes']:.2f} GB" if "peak_gigabytes" in line else "")
        print(f"  {line['side']:34}{line['median']:>10.4g}{spread:>18}{line['cpu']:>10.4g}{ratio:>14.3f}x  ({case})")


def main():
    arguments = machine.parser(__doc__, rounds=5).parse_args()
    facts = machine.facts("keras", "tensorflow", "numpy", "scipy", "prdc")
    rounds = arguments.rounds
    rows = [*frechet_rows(rounds), *neighbour_rows(min(rounds, 3)), *streaming_rows(rounds)]
    show(rows)
    machine.write(arguments.json, facts, rows)


if __name__ == "__main__":
    main()
