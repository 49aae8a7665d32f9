"""Times the Fréchet distance of features 2048 wide against the eigenvalues of the product of the two covariances.

    python scripts/bench frechet [--rounds 5] [--width 2048] [--threads 1]

All sides start from the same moments and run in one process, in turn, so that a slow minute of the machine falls on all
alike; medians are compared. All use NumPy's LAPACK.
"""

import os

import machine
from turns import row, timed, timed_in_turn

WIDTH = 2048


def features(width, count, seed):
    """Samples of a covariance with eigenvalues over some orders of magnitude, in axes of its own, as networks give."""
    import numpy as np

    random = np.random.default_rng(seed)
    mixing = np.geomspace(1, 1e-3, width)[:, None] ** 0.5 * random.standard_normal((width, width)) / width**0.5
    return random.standard_normal((count, width)) @ mixing + 0.05 * seed


def by_eigenvalues(real, fake):
    """The distance as it is usually computed today: the roots of the eigenvalues of S1 S2, in complex numbers."""
    import numpy as np

    first, second = real.covariance(), fake.covariance()
    root = np.sqrt(np.linalg.eigvals(first @ second).astype("complex128")).real.sum()
    return float(np.sum((real.mean - fake.mean) ** 2) + np.trace(first) + np.trace(second) - 2 * root)


def by_square_root(real, fake):
    """As it was computed at first: SciPy's matrix square root."""
    import numpy as np
    from scipy import linalg

    first, second = real.covariance(), fake.covariance()
    root = np.trace(linalg.sqrtm(first @ second).real)
    return float(np.sum((real.mean - fake.mean) ** 2) + np.trace(first) + np.trace(second) - 2 * root)


def frechet_rows(rounds=5, width=WIDTH):
    """Returns one row per side: {"side", "median", "min", "max", "cpu" seconds, "value", "keras_gan is times as fast"}.

    Two cases: samples above the width, where the covariances have Cholesky factors, and fakes and reals that are fewer
    than the width. The matrix square root is measured where SciPy is installed, once, as it takes long.
    """
    from keras_gan.metrics.frechet_distance import FrechetDistance
    from keras_gan.metrics.statistics import Moments

    def ours(real, fake):
        return FrechetDistance().value(real, fake)["frechet_distance"].value

    rows = []
    for count in (width * 3 // 2, width // 4):
        kept = [Moments(), Moments()]
        for seed, moments in enumerate(kept):
            moments.update(features(width, count, seed))
        sides = {"keras_gan": ours, "eigvals(S1 @ S2)": by_eigenvalues}
        found = timed_in_turn(sides, kept, rounds)
        if count > width:
            try:
                found["scipy.linalg.sqrtm, once"] = [timed(by_square_root, kept)] * rounds
            except ImportError:
                rows.append({"side": "scipy.linalg.sqrtm", "problem": "not installed: scipy"})
        rows += [row(name, times, found["keras_gan"], f"{count} samples of {width}") for name, times in found.items()]
    return rows


def main():
    parser = machine.parser(__doc__, rounds=5)
    parser.add_argument("--width", type=int, default=WIDTH)
    parser.add_argument("--threads", type=int, help="threads of the linear algebra; all by default")
    arguments = parser.parse_args()
    if arguments.threads:  # read by NumPy's LAPACK when NumPy is imported, which is later
        os.environ.update({name: str(arguments.threads) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")})
    facts = machine.facts("numpy", "scipy")
    rows = frechet_rows(arguments.rounds, arguments.width)
    print(f"{'':28}{'seconds':>10}{'min..max':>18}{'CPU':>9}{'keras_gan is':>14}  distance")
    for line in rows:
        if "problem" in line:
            print(f"{line['side']:28}{line['problem']}")
            continue
        spread = f"{line['min']:.3f}..{line['max']:.3f}"
        print(f"{line['side']:28}{line['median']:>10.3f}{spread:>18}{line['cpu']:>9.3f}", end="")
        print(f"{line['keras_gan is times as fast']:>13.2f}x  {line['value']:.9g} ({line['case']})")
    machine.write(arguments.json, facts, rows)


if __name__ == "__main__":
    main()
