"""Measures how long a training step waits for its images, on a folder of 50,000 JPEG files of 128x128 pixels.

    python scripts/bench input  # ten minutes on two cores, 3 GB
    python scripts/bench input --count 5000 --steps 5 --json input.json

For every way to keep what was decoded (memory, a file, nowhere): seconds until the first batch, the pipeline's own
rate (an epoch with nothing to do between batches) and the share of its time that a loop waits for its next batch, of 64
images, while

- a DCGAN of 128x128 (16 filters) trains on the same cores, and
- something else takes 100, 50 and 25 ms a batch and no core, as a GPU would.

The files are smooth noise, made in a temporary folder. Images are read, checked and decoded once before training; that
is the time until the first batch.
"""

import concurrent.futures
import io
import os
import pathlib
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import machine
import numpy as np
from PIL import Image

SIDE, BATCH = 128, 64
PAUSES = (0.1, 0.05, 0.025)  # seconds a step, with no core in use


def make(folder, count):
    """Writes `count` JPEG files; of 500 pictures, each with another pixel changed."""
    random = np.random.default_rng(0)
    pictures = []
    for _ in range(min(count, 500)):
        coarse = Image.fromarray(random.integers(0, 256, (12, 12, 3), dtype="uint8"))
        pictures.append(np.array(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC)))

    def write(index):
        pixels = pictures[index % len(pictures)].copy()
        pixels[index // 500 % SIDE, index % SIDE] = 255
        held = io.BytesIO()
        Image.fromarray(pixels).save(held, "JPEG", quality=90)
        (folder / f"{index}.jpg").write_bytes(held.getvalue())

    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(write, range(count)))


def waiting_share(dataset, step, count):
    """Returns the share of its time that a loop of `count` steps waits for its next batch."""
    iterator = iter(dataset.repeat())
    next(iterator)  # the pipeline has started
    waited, begin = 0.0, time.perf_counter()
    for _ in range(count):
        start = time.perf_counter()
        batch = next(iterator)
        waited += time.perf_counter() - start
        step(batch)
    return waited / (time.perf_counter() - begin)


def make_step():
    import keras

    import keras_gan as kg

    gan = kg.GAN(
        kg.networks.DCGANGenerator((SIDE, SIDE, 3), filters=16),
        kg.networks.DCGANDiscriminator((SIDE, SIDE, 3), filters=16),
    )
    gan.compile(keras.optimizers.Adam(2e-4))
    return gan.train_on_batch


def measure(folder, cache, steps, step):
    """Returns one row of the table."""
    import keras_gan as kg

    start = time.perf_counter()
    dataset = kg.data.images(folder, batch_size=BATCH, cache=cache)
    next(iter(dataset))
    ready = time.perf_counter() - start
    for _ in dataset if isinstance(cache, str) else ():  # the first epoch writes the file
        pass
    start = time.perf_counter()
    batches = sum(1 for _ in dataset)
    rate = batches * BATCH / (time.perf_counter() - start)
    training = waiting_share(dataset, lambda batch: step(batch["image"]), steps)
    pauses = {
        f"{pause * 1000:g} ms": waiting_share(dataset, lambda batch, pause=pause: time.sleep(pause), 10 * steps)
        for pause in PAUSES
    }
    kept = {True: "memory", False: "nowhere"}.get(cache, "a file")
    return {"kept in": kept, "seconds until ready": ready, "images a second": rate, "training": training, **pauses}


def table(count=50_000, steps=40):
    """Makes the folder, measures and prints the table; returns the rows."""
    rows, step = [], make_step()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name, "images")
        folder.mkdir()
        make(folder, count)
        for cache in (True, str(pathlib.Path(name, "cache")), False):
            row = measure(folder, cache, steps, step)
            if not rows:
                print(f"| {' | '.join(row)} |\n|{'---|' * len(row)}")
            shown = [f"{row['images a second']:,.0f}", *(f"{100 * share:.1f}%" for share in list(row.values())[3:])]
            print(f"| {row['kept in']} | {row['seconds until ready']:.1f} | {' | '.join(shown)} |", flush=True)
            rows.append(row)
    return rows


def main():
    parser = machine.parser(__doc__)
    parser.add_argument("--count", type=int, default=50_000, help="files in the folder")
    parser.add_argument("--steps", type=int, default=40, help="steps of training; ten times as many of the others")
    options = parser.parse_args()
    facts = machine.facts("keras", "tensorflow", "pillow")
    rows = table(options.count, options.steps)
    machine.write(options.json, {**facts, "count": options.count}, rows)


if __name__ == "__main__":
    main()
