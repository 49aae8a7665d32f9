"""Draws digits from their edges with pix2pix, and measures how far they are from the truth.

    python scripts/learning pix2pix --data FOLDER          # FOLDER holds the four .gz files of MNIST
    python scripts/learning pix2pix --data FOLDER --images 100000 --seeds 0 1 2

Protocol. MNIST, 32x32 pixels (a frame of two black pixels). The source of a picture is its edges: white where the
brightest of a pixel's 3x3 neighbourhood lies above half and the darkest below. Batches of 16; Adam at 2e-4
(0.5, 0.999); the paper's losses. Measured on the 10,000 test images: L1, the mean absolute difference of pixels in
[0, 1] (the pictures come from the averaged generator, as uint8), and the share of pictures in which the package's
MNIST classifier sees the digit that it was. Beside it what costs no learning: the source itself, and a black picture.
The script exits with 1 unless L1 < 0.05 and 95% of the digits are kept.
"""

import argparse
import json
import os
import pathlib
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from train_extractors import stored

import keras_gan as kg
from keras_gan.media import pictures
from keras_gan.storage import files

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHAPE = (32, 32, 1)


def edges(images):
    """Returns the edges of uint8 pictures `(count, height, width, 1)`: white on black."""
    height, width = images.shape[1:3]
    wide = np.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="edge")
    windows = [wide[:, i : i + height, j : j + width] for i in range(3) for j in range(3)]
    brightest, darkest = np.maximum.reduce(windows), np.minimum.reduce(windows)
    return np.where((brightest >= 128) & (darkest < 128), 255, 0).astype("uint8")


def pairs(images):
    """Returns sources and targets, uint8, of 28x28 pictures."""
    framed = np.pad(images, [(0, 0), (2, 2), (2, 2), (0, 0)])
    return edges(framed), framed


def trained(source, target, count, seed, filters):
    """Returns a GAN that has seen so many pairs."""
    keras.utils.set_random_seed(seed)
    gan = kg.Pix2Pix(
        kg.networks.UNetGenerator(SHAPE, filters=filters, max_filters=8 * filters),
        kg.networks.PatchGAN({"source": SHAPE, "target": SHAPE}, filters=filters, stages=2),
        seed=seed,
    )
    gan.compile(keras.optimizers.Adam(2e-4, beta_1=0.5))
    begin, order = kg.media.Images().begin, np.random.default_rng(seed).permutation(len(source))[:count]
    epochs = -(-count // len(order))
    gan.fit(begin(source[order]), begin(target[order]), batch_size=16, epochs=epochs, verbose=0)
    return gan


def measured(made, target, labels):
    """Returns L1 in [0, 1], and the share of digits that are kept."""
    extractor = kg.features.ClassifierFeatures("mnist")
    cut = made[:, 2:-2, 2:-2]
    seen = np.concatenate([extractor(cut[i : i + 500])["logits"].argmax(axis=1) for i in range(0, len(cut), 500)])
    error = np.mean(np.abs(made.astype("float32") - target) / 255)
    return {"l1": round(float(error), 4), "labels_kept": round(float(np.mean(seen == labels)), 4)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder with MNIST's four .gz files")
    parser.add_argument("--images", type=int, default=80_000, help="pairs shown in training (default: 80,000)")
    parser.add_argument("--filters", type=int, default=24, help="channels of the finest maps (default: 24)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "runs" / "pix2pix")
    options = parser.parse_args()
    train, _, test, labels = stored("mnist", options.data)
    source, target = pairs(train)
    test_source, test_target = pairs(test)
    bars = {"source": test_source, "black": np.zeros_like(test_target), "real": test_target}
    rows = [{"what": name, **measured(images, test_target, labels)} for name, images in bars.items()]
    options.out.mkdir(parents=True, exist_ok=True)
    for seed in options.seeds:
        start = time.perf_counter()
        gan = trained(source, target, options.images, seed, options.filters)
        seconds = time.perf_counter() - start
        made = gan.translate(test_source, batch_size=500)
        rows.append({"what": f"pix2pix, seed {seed}", **measured(made, test_target, labels), "seconds": round(seconds)})
        shown = np.stack([test_source[:24], made[:24], test_target[:24]], axis=1).reshape(-1, *SHAPE)
        pictures.save_image(options.out / f"seed_{seed}.png", pictures.grid(shown, columns=12, smallest=48))
    for row in rows:
        print(json.dumps(row))
    with files.replacing(options.out / "scores.json") as written:
        written.write_text(json.dumps(rows, indent=2) + "\n")
    learned = rows[len(bars) :]
    return int(not all(row["l1"] < 0.05 and row["labels_kept"] >= 0.95 for row in learned))


if __name__ == "__main__":
    sys.exit(main())
