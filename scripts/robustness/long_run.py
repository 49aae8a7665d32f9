"""Trains a tiny GAN for 2,000 epochs, and shows that memory, open files and threads do not grow meanwhile.

    python scripts/robustness long_run  # minutes on one core
    python scripts/robustness long_run --epochs 200

A process trains through `Run.fit`: log, sample grid, health, evaluation, best epoch, checkpoints, plots. This one looks
at it from outside and prints, over the epochs, its resident memory, its open files and its threads. At the end: how
much the memory has grown since a tenth of the epochs was done, as the median of the last tenth over that of the second,
which must be less than 5%, and whether the files and threads have. Linux only: it reads /proc.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ALLOWED = 0.05  # growth of the memory


def train(folder, epochs):
    """Trains a run of 4 steps an epoch; evaluates every 20."""
    import keras
    import numpy as np

    import keras_gan as kg
    from keras_gan.recipes import Training
    from keras_gan.runs import run as runs

    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1), "uint8")
    gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (16,)), kg.networks.MLPDiscriminator((8, 8, 1), (16,)), seed=0)
    gan.compile(keras.optimizers.Adam(1e-4), penalties=[kg.penalties.R1(1.0, interval=4)])
    extractor = kg.metrics.features.ClassifierFeatures("digits")
    evaluation = kg.evaluation.Evaluation(images, extractor, [kg.metrics.FrechetDistance()])
    run = runs.Run.create(folder, "dcgan", {"data": "digits", "seed": 0}, epochs)
    training = Training(gan, kg.data.images(images, batch_size=16), epochs)
    run.fit(training, epochs, evaluate=kg.callbacks.EvaluateSamples(evaluation, count=64, every=20), health=True)


def look(process):
    """Returns what a process holds: memory in KiB, open files, threads."""
    place = pathlib.Path("/proc", str(process))
    fields = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]), len(list((place / "fd").iterdir())), int(fields["Threads"])


def watched(folder, epochs):
    """Trains in another process; returns (epoch, memory, files, threads) at 100 epochs or more, evenly spaced."""
    command = [sys.executable, __file__, "--epochs", str(epochs), "--folder", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    seen, log, step = [], folder / "log.csv", max(1, epochs // 100)
    try:
        while process.poll() is None:
            epoch = log.read_bytes().count(b"\n") - 1 if log.exists() else 0
            if epoch >= (seen[-1][0] + step if seen else 1):
                try:
                    seen.append((epoch, *look(process.pid)))
                except (OSError, KeyError):  # it ends
                    break
            time.sleep(0.02)
    finally:
        process.terminate()
        process.wait()
    if process.returncode:
        raise SystemExit(f"training failed with {process.returncode}")
    return seen


def grown(seen, column, epochs):
    """Returns the median of the last tenth of a column over that of the second tenth, less 1."""
    first = [row[column] for row in seen if 0.1 * epochs <= row[0] < 0.2 * epochs]
    last = [row[column] for row in seen if row[0] >= 0.9 * epochs]
    return statistics.median(last) / statistics.median(first) - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=2000)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)  # of the run: train here
    options = parser.parse_args()
    if options.folder is not None:
        train(options.folder, options.epochs)
        return 0
    with tempfile.TemporaryDirectory() as place:
        start = time.monotonic()
        seen = watched(pathlib.Path(place) / "run", options.epochs)
        seconds = time.monotonic() - start
    print(f"{'epoch':>6}{'memory, MB':>12}{'files':>7}{'threads':>9}")
    for epoch, memory, files, threads in seen[:: max(1, len(seen) // 20)]:
        print(f"{epoch:6}{memory / 1024:12.1f}{files:7}{threads:9}")
    memory, files, threads = (grown(seen, column, options.epochs) for column in (1, 2, 3))
    print(f"{options.epochs} epochs in {seconds:.0f} s; growth from the second tenth of them to the last:")
    print(f"memory {memory:+.1%}, open files {files:+.1%}, threads {threads:+.1%}")
    return 0 if memory < ALLOWED and files <= 0 and threads <= 0 else 1


if __name__ == "__main__":
    sys.exit(main())
