"""Learns the latents of MNIST's digits with BiGAN, and measures what codes and reconstructions keep.

    python scripts/learning bigan --data FOLDER            # FOLDER holds the four .gz files of MNIST
    python scripts/learning bigan --data FOLDER --images 1000000 --seeds 0 1 2

Protocol. MNIST, 28x28 pixels, 50 latents; batches of 64; Adam (0.5, 0.999) whose rate falls along half a cosine;
lazy R1. Measured with the averages of generator and encoder: the share of the 10,000 test images whose nearest training
image by code (Euclidean, of 60,000) is of the same digit; and the mean squared error between a test image and its
reconstruction, over that between the reconstruction and a random other test image. Beside it the same neighbour in
pixels. The script exits with 1 unless the accuracy is at least 0.90 and the ratio at most 0.7.
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
from keras_gan.schedules import Cosine
from keras_gan.storage import files

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHAPE, LATENT = (28, 28, 1), 50


def trained(images, count, seed, rate=1e-3, gamma=0.02, filters=32):
    """Returns a GAN that has seen so many images."""
    keras.utils.set_random_seed(seed)
    shared = {"filters": filters, "kernel_initializer": "glorot_uniform"}
    gan = kg.BiGAN(
        kg.networks.DCGANGenerator(SHAPE, latent_dim=LATENT, normalization="rms", **shared),
        kg.networks.DCGANRecognizer(SHAPE, code_dim=LATENT, units=512, **shared),
        kg.networks.BiGANDiscriminator(SHAPE, latent_dim=LATENT, filters=filters),
        ema_half_life=50_000,
        seed=seed,
    )
    gan.compile(
        keras.optimizers.Adam(rate, beta_1=0.5, beta_2=0.99),
        penalties=[kg.penalties.R1(gamma, interval=8)],
        schedules={"learning_rate": Cosine(rate, rate / 20, end=count)},
        steps_per_execution=10,
    )
    dataset = kg.data.images(images, batch_size=64, seed=seed).repeat()
    gan.fit(dataset, steps_per_epoch=count // 640 * 10, verbose=0, shuffle=False)
    return gan


def nearest_labels(queries, rows, labels):
    """Returns the label of the nearest row of each query."""
    squares = (rows**2).sum(axis=1)
    parts = (queries[i : i + 500] for i in range(0, len(queries), 500))
    return np.concatenate([labels[(squares - 2 * part @ rows.T).argmin(axis=1)] for part in parts])


def measured(gan, train, train_labels, test, labels):
    """Returns the accuracy of the nearest neighbour by code, and the ratio of errors of reconstruction."""
    codes, of_test = (gan.encode(images, batch_size=500) for images in (train, test))
    again = gan.sample(inputs={"latent": of_test}, batch_size=500)
    a, b = again.astype("float32") / 255, test.astype("float32") / 255
    other = np.random.default_rng(0).permutation(len(b))
    ratio = np.mean((a - b) ** 2) / np.mean((a - b[other]) ** 2)
    accuracy = np.mean(nearest_labels(of_test, codes, train_labels) == labels)
    return {"neighbour_accuracy": round(float(accuracy), 4), "error_ratio": round(float(ratio), 3)}, again


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder with MNIST's four .gz files")
    parser.add_argument("--images", type=int, default=400_000, help="images shown in training (default: 400,000)")
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate (default: 0.001)")
    parser.add_argument("--gamma", type=float, default=0.02, help="weight of R1 (default: 0.02)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "runs" / "bigan")
    options = parser.parse_args()
    train, train_labels, test, labels = stored("mnist", options.data)
    flat = [images.reshape(len(images), -1).astype("float32") / 255 for images in (test, train)]
    rows = [
        {
            "what": "pixels",
            "neighbour_accuracy": round(float(np.mean(nearest_labels(*flat, train_labels) == labels)), 4),
        }
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    for seed in options.seeds:
        start = time.perf_counter()
        gan = trained(train, options.images, seed, options.rate, options.gamma)
        seconds = time.perf_counter() - start
        scores, again = measured(gan, train, train_labels, test, labels)
        rows.append({"what": f"BiGAN, seed {seed}", **scores, "seconds": round(seconds)})
        shown = np.stack([test[:24], again[:24]], axis=1).reshape(-1, *SHAPE)
        pictures.save_image(options.out / f"seed_{seed}.png", pictures.grid(shown, columns=12, smallest=48))
        pictures.save_image(options.out / f"samples_{seed}.png", pictures.grid(gan.sample(64, seed=0), smallest=28))
    for row in rows:
        print(json.dumps(row))
    with files.replacing(options.out / "scores.json") as written:
        written.write_text(json.dumps(rows, indent=2) + "\n")
    return int(not all(row["neighbour_accuracy"] >= 0.9 and row["error_ratio"] <= 0.7 for row in rows[1:]))


if __name__ == "__main__":
    sys.exit(main())
