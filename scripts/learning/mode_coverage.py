"""Counts the modes of mixtures of Gaussians that a GAN finds, for every loss with its usual penalty.

    python scripts/learning mode_coverage  # all presets, ring and grid, three seeds
    python scripts/learning mode_coverage --plot samples.png
    python scripts/learning mode_coverage --presets r3gan --mixtures grid --images 3000000  # the best preset

Protocol: PacGAN's (Lin et al. 2018, arXiv:1712.04086, section 4.1). Ring: 8 modes on the unit circle, deviation 0.01;
grid: 25 modes at {-4, -2, 0, 2, 4}^2, deviation 0.05. 100,000 training points. Of 2,500 points of the averaged network
a point is good within 3 deviations of the nearest mode; a mode is found if a good point is there; the share of good
points is at most 98.9% for honest samples (more means modes too narrow); spread 1 means the right deviation.

Latents are normal of 2 dimensions. Both networks have 4 hidden layers of 128 ReLU units, whatever the loss; Adam's
learning rate falls from 3e-3 to a hundredth along half a cosine. The table is also stored in runs/mode_coverage.json.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA, SAMPLES, LATENT = 100_000, 2_500, 2


def presets():
    """Returns {name: (loss, penalties, discriminator_steps)}."""
    from keras_gan import losses, penalties

    return {
        "minimax": (losses.Minimax(), [], 1),
        "non-saturating": (losses.NonSaturating(), [], 1),
        "non-saturating, R1": (losses.NonSaturating(), [penalties.R1(0.1, interval=1)], 1),
        "non-saturating, R1, R2": (
            losses.NonSaturating(),
            [penalties.R1(0.1, interval=1), penalties.R2(0.1, interval=1)],
            1,
        ),
        "non-saturating, DRAGAN": (losses.NonSaturating(), [penalties.DRAGAN()], 1),
        "non-saturating, zero-centred": (losses.NonSaturating(), [penalties.GradientPenalty(0.05, target=0.0)], 1),
        "least squares": (losses.LeastSquares(), [], 1),
        "hinge": (losses.Hinge(), [], 1),
        "Wasserstein, clipping": (losses.Wasserstein(), [penalties.WeightClipping(0.1)], 5),
        "Wasserstein, gradient penalty": (losses.Wasserstein(), [penalties.GradientPenalty()], 5),
        "relativistic average, R1": (losses.RelativisticAverage(), [penalties.R1(0.1, interval=1)], 1),
        "relativistic paired": (losses.RelativisticPaired(), [], 1),
        "relativistic paired, R1": (losses.RelativisticPaired(), [penalties.R1(0.1, interval=1)], 1),
        "r3gan": (losses.RelativisticPaired(), [penalties.R1(0.1, interval=1), penalties.R2(0.1, interval=1)], 1),
    }


def networks(width):
    """Returns a generator, latents -> points, and a discriminator, points -> logits."""
    import keras
    from keras import layers

    def hidden():
        return [layers.Dense(width, activation="relu", kernel_initializer="he_normal") for _ in range(4)]

    generator = keras.Sequential([keras.Input((LATENT,)), *hidden(), layers.Dense(2)])
    return generator, keras.Sequential([keras.Input((2,)), layers.Rescaling(0.5), *hidden(), layers.Dense(1)])


def train(mixture, preset, seed, images, width=128, batch=128, learning_rate=3e-3):
    """Trains one GAN; returns {result: value}, seconds and the points."""
    import keras
    import numpy as np
    import tensorflow as tf

    import keras_gan as kg
    from keras_gan.metrics.mixture_coverage import MixtureCoverage, grid, ring
    from keras_gan.schedules import Cosine

    goal = {"ring": ring, "grid": grid}[mixture]()
    loss, penalties, steps = presets()[preset]
    keras.utils.set_random_seed(seed)
    shared = {"medium": kg.media.Vectors(), "ema_half_life": 20_000, "seed": seed}
    gan = kg.GAN(*networks(width), discriminator_steps=steps, **shared)
    gan.compile(
        keras.optimizers.Adam(learning_rate, beta_1=0.0, beta_2=0.99),
        loss=loss,
        penalties=penalties,
        schedules={"learning_rate": Cosine(learning_rate, learning_rate / 100, end=images)},
        steps_per_execution=50,
    )
    batch *= steps
    points = tf.data.Dataset.from_tensor_slices({"vector": goal.sample(DATA, seed=seed).astype("float32")})
    points = points.shuffle(DATA, seed=seed).repeat().batch(batch, drop_remainder=True).prefetch(4)
    start = time.perf_counter()
    gan.fit(points, steps_per_epoch=max(1, images // batch), verbose=0)
    seconds = time.perf_counter() - start

    metric = MixtureCoverage(*goal)
    drawn = metric.statistics()
    fake = gan.ema_generator.predict_on_batch(gan.fixed_inputs(SAMPLES, seed=seed)["latent"])
    if not np.isfinite(fake).all():
        return {"modes": 0.0, "high_quality": 0.0, "spread": 0.0, "seconds": seconds}, fake
    drawn.update(fake)
    values = {name: estimate.value for name, estimate in metric.value(None, drawn).items()}
    return {**values, "seconds": seconds}, fake


def job(arguments):
    os.environ["OMP_NUM_THREADS"] = "1"
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    mixture, preset, seed, images = arguments
    return arguments, *train(mixture, preset, seed, images)


def table(rows):
    """Prints the means over the seeds, with the least and the most modes."""
    print(
        f"\n{'mixture':8} {'preset':30} {'modes':>6} {'least':>6} {'good':>7} {'least':>7} {'spread':>7} {'seconds':>8}"
    )
    for key in dict.fromkeys((row["mixture"], row["preset"]) for row in rows):
        own = [row for row in rows if (row["mixture"], row["preset"]) == key]
        mean = {
            name: statistics.mean(row[name] for row in own) for name in ("modes", "high_quality", "spread", "seconds")
        }
        least = {name: min(row[name] for row in own) for name in ("modes", "high_quality")}
        print(
            f"{key[0]:8} {key[1]:30} {mean['modes']:6.1f} {least['modes']:6.0f} {mean['high_quality']:7.1%} "
            f"{least['high_quality']:7.1%} {mean['spread']:7.2f} {mean['seconds']:8.0f}"
        )


def plot(path, pictures):
    """Draws the points of each run."""
    from matplotlib.figure import Figure

    columns = min(6, len(pictures))
    rows = -(-len(pictures) // columns)
    figure = Figure(figsize=(2.4 * columns, 2.6 * rows), layout="constrained")
    for index, (title, points) in enumerate(pictures):
        axes = figure.add_subplot(rows, columns, index + 1)
        axes.scatter(points[:, 0], points[:, 1], s=0.5)
        axes.set_title(title, fontsize=7)
        axes.set_xticks([])
        axes.set_yticks([])
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", choices=presets(), default=list(presets()), metavar="PRESET")
    parser.add_argument("--mixtures", nargs="+", choices=("ring", "grid"), default=["ring", "grid"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--images", type=int, default=1_000_000, help="training points that each GAN sees")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="trainings side by side, of one thread each")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "runs" / "mode_coverage.json")
    parser.add_argument("--plot", type=pathlib.Path)
    options = parser.parse_args()
    jobs = [(m, p, s, options.images) for m in options.mixtures for p in options.presets for s in options.seeds]
    rows, pictures = [], []
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        for (mixture, preset, seed, images), values, points in pool.map(job, jobs):
            rows.append({"mixture": mixture, "preset": preset, "seed": seed, "images": images, **values})
            pictures.append(
                (f"{mixture}, {preset}, seed {seed}\n{values['modes']:.0f}, {values['high_quality']:.0%}", points)
            )
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    table(rows)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({"protocol": __doc__.split("Protocol: ")[1], "rows": rows}, indent=2) + "\n")
    if options.plot:
        plot(options.plot, pictures)


if __name__ == "__main__":
    main()
