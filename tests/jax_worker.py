"""Plays games on the JAX backend for tests that run on TensorFlow: one process for all of them, started when needed.

Each line of its standard input names a folder with `gan.keras` and `batches.npz`; it trains on them, saves
`after.keras` and answers with the losses of each step as one line of JSON.
"""

import atexit
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[1]
INSTALLED = importlib.util.find_spec("jax") is not None

_process = None


def play(folder):
    """Returns the losses of each step on JAX: a list of {name: value}."""
    global _process
    if _process is None or _process.poll() is not None:
        environment = {**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)}
        _process = subprocess.Popen(
            [sys.executable, __file__], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(_process.kill)
    _process.stdin.write(f"{folder}\n")
    _process.stdin.flush()
    answer = json.loads(_process.stdout.readline())
    if "error" in answer:
        raise AssertionError(f"on JAX: {answer['error']}")
    return answer["losses"]


def main():
    import contextlib
    import traceback

    import keras
    import numpy as np

    from tests.run_gan_test import prepared, replay, same_noise

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else is printed does not mix with the answers
    for line in sys.stdin:
        folder = pathlib.Path(line.strip())
        try:
            with np.load(folder / "batches.npz") as stored:
                batches = [{k.split("/", 1)[1]: stored[k] for k in stored if k.startswith(f"{i}/")} for i in range(20)]
            gan = prepared(keras.models.load_model(folder / "gan.keras"))
            with same_noise():
                answer = {"losses": replay(gan, [batch for batch in batches if batch])}
            with contextlib.suppress(AttributeError):
                del gan.sample_inputs
            gan.save(folder / "after.keras")
        except Exception:
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
