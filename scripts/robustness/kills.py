"""Kills a training again and again, and shows that it ends bit for bit like one that was left alone.

    python scripts/robustness kills  # 100 kills of the training, 10 of the export: about half an hour
    python scripts/robustness kills --kills 5 --exports 2 --epochs 12

Two runs of `keras-gan train dcgan` on 8x8 pictures with one seed. One is left alone. The other is sent SIGKILL at
random moments after it has begun to save, while it steps, saves (every 0.2 seconds), draws samples or ends an epoch,
and is resumed each time; a kill before the first checkpoint means to begin again. Printed: what was being written when
the kills came, by the temporary files that they left; whether every weight, optimizer state, average, counter and
random state of both runs is equal at the end. Then the export of the run is killed, and must leave whole files or none.
"""

import argparse
import collections
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

COMMAND = [sys.executable, "-m", "keras_gan.cli"]


def training(folder, data, epochs):
    return [
        *("train", "dcgan", "--data", data, "--batch-size", "16", "--epochs", str(epochs), "--out", str(folder)),
        *("--checkpoint-minutes", "0.0034"),
    ]


def killed_while(arguments, folder, moment, limit=300.0):
    """Runs a command and kills it `moment` seconds after it has begun to write; tells whether it ended before."""
    before = newest(folder)
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + limit
    try:
        while process.poll() is None and newest(folder) == before and time.monotonic() < deadline:
            time.sleep(0.02)
        if newest(folder) != before:
            time.sleep(moment)
        if process.poll() is not None:
            if process.returncode:
                raise SystemExit(f"the command failed: {process.stderr.read()}")
            return False
    finally:
        process.kill()
        process.wait()
    return True


def newest(folder):
    """Returns what changes when something is written below a folder."""
    return max((entry.stat().st_mtime_ns for entry in pathlib.Path(folder).rglob("*") if entry.exists()), default=0)


def left_behind(folder, counts):
    """Counts the kinds of files that were being written."""
    names = [path.name for path in pathlib.Path(folder).rglob(".*.replacing-*")]
    for name in names:
        counts["a checkpoint" if ".keras" in name else "a picture" if ".png" in name or ".gif" in name else "else"] += 1
    if not names:
        counts["no file"] += 1


def disturbed(folder, data, epochs, kills, chance):
    """Trains with kills until it is done; returns what the kills hit and how many there were."""
    counts, done = collections.Counter(), 0
    while done < kills:
        watched = folder / "checkpoints" if chance.random() < 0.9 else folder
        if not killed_while(onwards(folder, data, epochs), watched, chance.uniform(0.0, 1.5)):
            raise SystemExit(f"training ended after {done} kills: more --epochs are needed")
        done += 1
        left_behind(folder, counts)
        print(f"{done} kills: {dict(counts)}", flush=True)
    subprocess.run([*COMMAND, *onwards(folder, data, epochs)], check=True, stdout=subprocess.DEVNULL)
    return counts


def onwards(folder, data, epochs):
    """Returns the command that goes on with a run, or begins it again where it was killed before it saved anything."""
    if any(folder.glob("checkpoints/*.keras")):
        return ["train", "--resume", str(folder), "--checkpoint-minutes", "0.0034"]
    if folder.exists():
        shutil.rmtree(folder)
    return training(folder, data, epochs)


def state(folder):
    """Returns every variable of a run's GAN and of its optimizers."""
    import keras

    from keras_gan.runs import run as runs

    gan = runs.Run.open(folder).load()
    return [keras.ops.convert_to_numpy(variable) for variable in [*gan.variables, *gan.optimizer.variables]]


def exported(folder, kills, chance):
    """Kills exports; returns how many files that appeared are whole."""
    from keras_gan import exporting
    from keras_gan.runs import run as runs

    run, whole = runs.Run.open(folder), 0
    for _ in range(kills):
        killed_while(["export", str(folder)], folder, chance.uniform(0.0, 4.0))
    gan = run.load(compile=False)
    for path in sorted((run.exports / "saved_model").glob("[0-9]*")):
        exporting.verify(gan, saved_model=path)
        whole += 1
    for path in run.exports.glob("generator.onnx"):
        exporting.verify(gan, onnx=path)
        whole += 1
    subprocess.run([*COMMAND, "export", str(folder)], check=True, stdout=subprocess.DEVNULL)
    return whole


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--exports", type=int, default=10, help="kills of the export")
    parser.add_argument("--epochs", type=int, default=400, help="more than the kills leave time for")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args()
    import numpy as np

    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        data, alone, other = str(place / "data.npy"), place / "alone", place / "other"
        np.save(data, np.random.default_rng(0).integers(0, 256, (160, 8, 8), dtype="uint8"))
        subprocess.run([*COMMAND, *training(alone, data, options.epochs)], check=True, stdout=subprocess.DEVNULL)
        counts = disturbed(other, data, options.epochs, options.kills, chance)
        one, two = state(alone), state(other)
        differ = sum(not np.array_equal(a, b) for a, b in zip(one, two, strict=True))
        rows = [(folder / "log.csv").read_text().count("\n") - 1 for folder in (alone, other)]
        print(f"{options.kills} kills, {options.kills} recoveries; being written when they came: {dict(counts)}")
        print(f"{len(one)} variables, {differ} differ; rows of the logs {rows}")
        if options.exports:
            whole = exported(other, options.exports, chance)
            print(f"{options.exports} kills of the export: {whole} files appeared, all whole; the next wrote all")
    return 1 if differ or rows != [options.epochs] * 2 else 0


if __name__ == "__main__":
    sys.exit(main())
