"""Plays games elsewhere, for tests that run on TensorFlow and one device: a process for each place, when needed.

Places: "jax"; "tensorflow on 2" and "jax on 2", with two logical devices of the CPU, a half of each batch on each.
Every line of a process's standard input names a folder with `gan.keras` and `batches.npz`; it trains on them, saves
`after.keras` and answers with the losses of each step as one line of JSON.
"""

import atexit
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).parents[1]
JAX = importlib.util.find_spec("jax") is not None

_processes = {}


def save(folder, batches):
    """Writes batches, dicts of arrays, for `saved`."""
    np.savez(folder / "batches.npz", **{f"{i}/{k}": v for i, part in enumerate(batches) for k, v in part.items()})


def saved(folder):
    """Reads the batches of a folder."""
    batches = {}
    with np.load(folder / "batches.npz") as stored:
        for name in stored:
            index, key = name.split("/", 1)
            batches.setdefault(int(index), {})[key] = stored[name]
    return list(batches.values())


def play(folder, place="jax"):
    """Returns the losses of each step there: a list of {name: value}."""
    process = _processes.get(place)
    if process is None or process.poll() is not None:
        environment = {**os.environ, "KERAS_BACKEND": place.split()[0], "PYTHONPATH": str(ROOT)}
        process = _processes[place] = subprocess.Popen(
            [sys.executable, __file__, place], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(process.kill)
    process.stdin.write(f"{folder}\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    if "error" in answer:
        raise AssertionError(f"{place}: {answer['error']}")
    return answer["losses"]


def main(place):
    import contextlib
    import traceback

    import keras

    from keras_gan import _backend
    from tests.run_gan_test import prepared, replay, same_noise

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else is printed does not mix with the answers
    count = 2 if place.endswith("on 2") else 1
    for line in sys.stdin:
        folder = pathlib.Path(line.strip())
        try:
            with _backend.sharing(count):
                gan = prepared(keras.models.load_model(folder / "gan.keras"))
                with same_noise():
                    answer = {"losses": replay(gan, saved(folder))}
            with contextlib.suppress(AttributeError):
                del gan.sample_inputs
            gan.save(folder / "after.keras")
        except Exception:
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
