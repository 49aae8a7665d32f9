"""Exporting from another Keras backend: the GAN is saved and converted in a process with TensorFlow."""

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

from keras_gan.exporting.generator import BATCH_SIZES, ExportedGenerator
from keras_gan.models.gan import GAN
from keras_gan.storage import files

ATOL = 1e-4  # between backends, where the caller leaves it to the format
ERRORS = ("FileExistsError", "FileNotFoundError", "ImportError", "OSError", "TypeError", "ValueError")


def elsewhere() -> bool:
    """Tells whether Keras runs on a backend that cannot export by itself."""
    return keras.backend.backend() != "tensorflow"


def in_tensorflow(function: Callable, gan: GAN, **arguments: Any) -> Any:
    """Calls `function(gan, **arguments)` of this package in a new process with the TensorFlow backend.

    The pictures that this process draws travel along: the other must draw the same within `atol` before it converts,
    so that the file agrees with the backend that trained.

    Args:
        function: a public function of `keras_gan.exporting`.
        gan: a `keras_gan.GAN`. Its networks must be made of Keras's and keras_gan's classes.
        arguments: further arguments; paths, numbers and None.

    Raises:
        ImportError: if TensorFlow is not installed.
        ValueError: if the GAN cannot be loaded there; besides that, what `function` raises.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise ImportError("Exporting needs TensorFlow. Run: pip install 'tensorflow>=2.21,<2.22' tf2onnx")
    generator = ExportedGenerator(gan)
    arguments = {k: str(Path(v).resolve()) if isinstance(v, os.PathLike) else v for k, v in arguments.items()}
    with files.temporary_folder() as folder, files.temporary_files_in(folder):
        gan.save(f"{folder}/gan.keras")
        pictures = {str(size): generator.run(gan.fixed_inputs(size, seed=0)) for size in BATCH_SIZES}
        np.savez(f"{folder}/pictures.npz", **pictures)
        job = {"function": function.__name__, "arguments": arguments, "backend": keras.backend.backend()}
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


def _work(folder: Path) -> Any:
    from keras_gan import exporting

    job = json.loads((folder / "job.json").read_text())
    gan = keras.models.load_model(folder / "gan.keras", compile=False)
    with np.load(folder / "pictures.npz") as pictures:
        ExportedGenerator(gan).differences(
            lambda inputs: pictures[str(len(next(iter(inputs.values()))))],
            f"{job['backend']} backend",
            ATOL if job["arguments"].get("atol") is None else job["arguments"]["atol"],
        )
    return getattr(exporting, job["function"])(gan, **job["arguments"])


if __name__ == "__main__":
    main(sys.argv[1])
