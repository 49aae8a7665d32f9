"""Reads a folder of very many small images, and compares with decoding alone.

    python scripts/robustness many_files  # 100,000 PNG files of 32x32 pixels in ten classes: a minute or two
    python scripts/robustness many_files --count 10000

The files are made in a temporary folder, all of noise of their own. Timed in one process, in this order, the files in
the system's memory: Pillow decoding each file in a bare loop; `keras_gan.data.images`, which lists, checks, decodes and
stacks them; and one epoch over what it gives. Memory is the most that the process had resident.
"""

import argparse
import os
import pathlib
import resource
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image

SIDE, CLASSES = 32, 10


def make(folder, count):
    random = np.random.default_rng(0)
    for number in range(CLASSES):
        (folder / f"class {number}").mkdir()
    for index in range(count):
        pixels = random.integers(0, 256, (SIDE, SIDE, 3), dtype="uint8")
        Image.fromarray(pixels).save(folder / f"class {index % CLASSES}" / f"{index}.png", compress_level=1)


def bare(folder):
    """Decodes every file; returns the seconds."""
    start = time.perf_counter()
    for path in folder.glob("*/*.png"):
        with Image.open(path) as image:
            np.asarray(image)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    count = parser.parse_args().count
    import keras_gan as kg

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make(folder, count)
        alone = bare(folder)
        start = time.perf_counter()
        dataset = kg.data.images(folder, batch_size=64)
        ours = time.perf_counter() - start
        start = time.perf_counter()
        batches = sum(1 for _ in dataset)
        epoch = time.perf_counter() - start
    assert batches == count // 64
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(
        f"{count:,} files: read in {ours:.1f} s ({count / ours:,.0f} a second), {ours / alone:.2f} times as long as a "
        f"bare loop of Pillow ({alone:.1f} s); an epoch {epoch:.1f} s; {gigabytes:.2f} GB, of which the pixels are "
        f"{count * SIDE * SIDE * 3 / 1e9:.2f}"
    )


if __name__ == "__main__":
    main()
