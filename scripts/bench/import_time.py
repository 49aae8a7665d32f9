"""Measures what `import keras_gan` adds to the imports of Keras and TensorFlow.

    python scripts/bench import_time [--rounds 5]

Each round is a fresh process, which imports Keras and TensorFlow first. The first round is not counted: it fills the
system's cache of files.
"""

import os
import statistics
import subprocess
import sys

import machine

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

CODE = "import time, keras, tensorflow; t = time.perf_counter(); import keras_gan; print(time.perf_counter() - t)"


def seconds():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main():
    arguments = machine.parser(__doc__, rounds=5).parse_args()
    facts = machine.facts("keras", "tensorflow", "numpy")
    times = [seconds() for _ in range(arguments.rounds + 1)][1:]
    median = statistics.median(times)
    print(f"\nimport keras_gan, after keras and tensorflow: {median:.3f} s (the median of {arguments.rounds} rounds)")
    machine.write(arguments.json, facts, [{"unit": "s", "median": median, "all": times}])


if __name__ == "__main__":
    main()
