"""Exporting from another Keras backend: the network is saved and converted in a process with TensorFlow."""

import builtins
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_gan import inputs
from keras_gan.exporting.generator import BATCH_SIZES, ExportedGenerator
from keras_gan.game import Game
from keras_gan.inputs import NetworkGenerator
from keras_gan.storage import files

ATOL = 1e-4  # between backends, where the caller leaves it to the format
ERRORS = ("FileExistsError", "FileNotFoundError", "ImportError", "OSError", "TypeError", "ValueError")


def elsewhere() -> bool:
    """Tells whether Keras runs on a backend that cannot export by itself."""
    return keras.backend.backend() != "tensorflow"


def in_tensorflow(
    function: Callable, gan: Game | NetworkGenerator, generator: str | None = None, **arguments: Any
) -> Any:
    """Calls a function of this package with a generator, in a new process with the TensorFlow backend.

    What this process makes travels along: the other must make the same within `atol` before it converts,
    so that the file agrees with the backend that trained.

    Args:
        function: a public function of `keras_gan.exporting`.
        gan: a game or a `NetworkGenerator`. The network must be made of Keras's and keras_gan's classes.
        generator: str, which generator of the game. Defaults to the first.
        arguments: further arguments; paths, numbers and None.

    Raises:
        ImportError: if TensorFlow is not installed.
        ValueError: if the generator cannot be loaded there; besides that, what `function` raises.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise ImportError("Exporting needs TensorFlow. Run: pip install 'tensorflow>=2.21,<2.22' tf2onnx")
    exported = ExportedGenerator(gan, generator=generator)
    arguments = {k: str(Path(v).resolve()) if isinstance(v, os.PathLike) else v for k, v in arguments.items()}
    with files.temporary_folder() as folder, files.temporary_files_in(folder):
        exported.network.save(f"{folder}/network.keras")
        made = {f"{size}/{k}": v for size in BATCH_SIZES for k, v in exported.run(exported.examples(size)).items()}
        np.savez(f"{folder}/made.npz", **made)
        job = {"function": function.__name__, "arguments": arguments, "backend": keras.backend.backend()}
        job["generator"] = described(exported.generator)
        Path(folder, "job.json").write_text(json.dumps(job))
        environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": ""}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        done = subprocess.run(
            [sys.executable, "-m", __name__, folder], env=environment, capture_output=True, text=True, check=False
        )
        answer = Path(folder, "answer.json")
        if not answer.exists():
            lines = done.stderr.strip().splitlines() or ["nothing"]
            raise ValueError(f"The TensorFlow process that exports must answer. Received: {lines[-1]}")
        answer = json.loads(answer.read_text())
    if "error" in answer:
        raise getattr(builtins, answer["error"])(answer["message"])
    return answer["result"]


def main(folder: str) -> None:
    """Runs in the TensorFlow process: does the job that lies in the folder and leaves the answer there."""
    try:
        answer = {"result": _work(Path(folder))}
    except Exception as error:  # it is raised again by the process that waits
        name = type(error).__name__
        answer = {"error": name if name in ERRORS else "ValueError", "message": str(error)}
    Path(folder, "answer.json").write_text(json.dumps(answer, default=str))


def described(generator: NetworkGenerator) -> dict[str, Any]:
    """Returns all of a generator but its network, as JSON holds it.

    Raises:
        ValueError: for inputs of other classes than keras_gan's.
    """
    kinds = {name: type(each) for name, each in generator.inputs.items()}
    if foreign := [name for name, kind in kinds.items() if getattr(inputs, kind.__name__, None) is not kind]:
        raise ValueError(f"Without TensorFlow inputs must be of keras_gan's classes. Received: {kinds[foreign[0]]}.")
    return {
        "name": generator.name,
        "inputs": {name: [type(each).__name__, each.get_config()] for name, each in generator.inputs.items()},
        "outputs": {name: keras.saving.serialize_keras_object(each) for name, each in generator.outputs.items()},
    }


def loaded(told: dict[str, Any], network: keras.Model) -> NetworkGenerator:
    """Makes the generator of `described`."""
    taken = {name: getattr(inputs, kind).from_config(config) for name, (kind, config) in told["inputs"].items()}
    made = {name: keras.saving.deserialize_keras_object(config) for name, config in told["outputs"].items()}
    return NetworkGenerator(told["name"], taken, made, network)


def _work(folder: Path) -> Any:
    from keras_gan import exporting

    job = json.loads((folder / "job.json").read_text())
    generator = loaded(job["generator"], keras.models.load_model(folder / "network.keras", compile=False))
    with np.load(folder / "made.npz") as made:

        def run(given):
            size = len(next(iter(given.values())))
            return {name: made[f"{size}/{name}"] for name in generator.outputs}

        ExportedGenerator(generator).differences(
            run,
            f"{job['backend']} backend",
            ATOL if job["arguments"].get("atol") is None else job["arguments"]["atol"],
        )
    return getattr(exporting, job["function"])(generator, **job["arguments"])


if __name__ == "__main__":
    main(sys.argv[1])
