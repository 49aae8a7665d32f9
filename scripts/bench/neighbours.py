"""Times precision, recall, density and coverage of 10,000 reals and fakes of width 2048 against the prdc package.

    pip install --no-deps prdc==0.2
    python scripts/bench neighbours [--rounds 3] [--count 10000] [--width 2048]

All sides get the same float32 features and run in one process, in turn; medians are compared. The highest memory of
each is that of a process of its own: Python, libraries and features included.
"""

import argparse
import contextlib
import importlib.util
import io
import pathlib
import resource
import subprocess
import sys

import machine
from turns import row, timed

COUNT, WIDTH, K = 10_000, 2048, 5


def features(count, width, seed):
    """Samples whose covariance has eigenvalues from 1 to 0.001, as those of networks' features fall off; float32."""
    import numpy as np

    random = np.random.default_rng(seed)
    rows = random.standard_normal((count, width), "float32")
    return rows * np.geomspace(1, 1e-3, width, dtype="float32") ** np.float32(0.5) * np.float32(1 + 0.02 * seed)


def ours(real, fake):
    from keras_gan.metrics.density_coverage import DensityCoverage

    metric = DensityCoverage(K)
    kept = metric.statistics(), metric.statistics()
    for rows, columns in zip(kept, (real, fake), strict=True):
        rows.update(columns)
    found = {name: estimate.value for name, estimate in metric.value(*kept).items()}
    return [found[name] for name in ("precision_prdc", "recall_prdc", "density", "coverage")]


def theirs(real, fake):
    import prdc

    with contextlib.redirect_stdout(io.StringIO()):
        found = prdc.compute_prdc(real, fake, nearest_k=K)
    return [float(found[name]) for name in ("precision", "recall", "density", "coverage")]


SIDES = {"keras_gan": ours, "prdc": theirs}


def neighbour_rows(rounds=3, count=COUNT, width=WIDTH):
    """Returns one row per side: {"case", "side", "median", "min", "max", "cpu" seconds, "peak_gigabytes", "value",
    "keras_gan is times as fast"}, with [precision, recall, density, coverage] for the value."""
    sides = {name: side for name, side in SIDES.items() if name != "prdc" or importlib.util.find_spec("prdc")}
    real, fake = (features(count, width, seed) for seed in (0, 1))
    for side in sides.values():
        side(real[:100], fake[:100])  # imports, thread pools
    times = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            times[name].append(timed(side, (real, fake)))
    rows = [_row(name, found, times["keras_gan"], count, width) for name, found in times.items()]
    if "prdc" not in sides:
        rows.append({"side": "prdc", "problem": "not installed: prdc"})
    return rows


def _row(name, times, reference, count, width):
    return {
        **row(name, times, reference, f"{count} reals, {count} fakes of {width}"),
        "peak_gigabytes": _peak(name, count, width),
    }


def _peak(name, count, width):
    """Runs one side in a process of its own and returns the most memory it held, in 1e9 bytes."""
    command = [sys.executable, __file__, "--peak-of", name, "--count", str(count), "--width", str(width)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _own_peak():
    # Not `ru_maxrss` on Linux: there it starts with the peak of the process that started this one.
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e9


def main():
    parser = machine.parser(__doc__, rounds=3)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--width", type=int, default=WIDTH)
    parser.add_argument("--peak-of", choices=SIDES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    size = arguments.count, arguments.width
    if arguments.peak_of:
        SIDES[arguments.peak_of](*(features(*size, seed) for seed in (0, 1)))
        print(_own_peak())
        return
    facts = machine.facts("numpy", "prdc")
    rows = neighbour_rows(arguments.rounds, *size)
    print(f"{'':30}{'seconds':>9}{'min..max':>15}{'CPU':>8}{'peak GB':>9}{'keras_gan is':>14}  P, R, D, C")
    for line in rows:
        if "problem" in line:
            print(f"{line['side']:30}{line['problem']}")
            continue
        spread, values = f"{line['min']:.2f}..{line['max']:.2f}", ", ".join(f"{value:.5f}" for value in line["value"])
        print(f"{line['side']:30}{line['median']:>9.2f}{spread:>15}{line['cpu']:>8.1f}", end="")
        print(f"{line['peak_gigabytes']:>9.2f}{line['keras_gan is times as fast']:>13.2f}x  {values}")
    machine.write(arguments.json, facts, rows)


if __name__ == "__main__":
    main()
