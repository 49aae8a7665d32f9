"""Counts the modes of Stacked MNIST that a GAN finds: 1,000 triples of digits, one digit a colour.

    python scripts/learning stacked_mnist --archives FOLDER                 # the full setting: relativistic, R1, R2
    python scripts/learning stacked_mnist --archives FOLDER --variants all  # what each ingredient adds

FOLDER holds the four original archives of MNIST.

Protocol (Metz et al. 2017, arXiv:1611.02163, section 3.3.1; Lin et al. 2018, arXiv:1712.04086, section 4.2): 128,000
triples of training digits, 26,000 samples of the averaged generator as uint8, each colour classified by the package's
MNIST classifier (99.4% of the test digits right). modes: triples that at least one sample shows. KL: from the samples'
triples to the uniform distribution, in nats; a perfect sampler of 26,000 gets 0.0192. Floor: real triples through the
same classifier. CPU-seconds are user and system time of the process while it trains.
"""

import argparse
import json
import os
import pathlib
import resource
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from train_extractors import stored

import keras_gan as kg
from keras_gan.losses import NonSaturating, RelativisticPaired
from keras_gan.media import pictures
from keras_gan.penalties import R1, R2
from keras_gan.schedules import Cosine

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRIPLES, SAMPLES = 128_000, 26_000
VARIANTS = {  # loss, whether R1, whether R2
    "non-saturating": (NonSaturating, False, False),
    "non-saturating, R1": (NonSaturating, True, False),
    "non-saturating, R1, R2": (NonSaturating, True, True),
    "relativistic": (RelativisticPaired, False, False),
    "relativistic, R1": (RelativisticPaired, True, False),
    "relativistic, R1, R2": (RelativisticPaired, True, True),
}


def stacked(images, batch, seed):
    """Returns an endless data set of batches of triples, float32 in [-1, 1]."""
    chosen = np.random.default_rng(seed).integers(len(images), size=(TRIPLES, 3))
    pixels = tf.constant(images[..., 0])

    def stack(rows):
        return {"image": tf.cast(tf.transpose(tf.gather(pixels, rows), (0, 2, 3, 1)), "float32") / 127.5 - 1.0}

    dataset = tf.data.Dataset.from_tensor_slices(chosen).shuffle(TRIPLES, seed=seed).repeat()
    return dataset.batch(batch, drop_remainder=True).map(stack).prefetch(4)


def coverage(images, classifier):
    """Returns {"modes", "kl"} of uint8 triples."""
    metric = kg.metrics.ModeCoverage(1000, column="label")
    counts = metric.statistics()
    for start in range(0, len(images), 2000):
        part = images[start : start + 2000]
        found = [np.argmax(classifier(part[..., c : c + 1])["logits"], axis=1) for c in range(3)]
        counts.update(100 * found[0] + 10 * found[1] + found[2])
    return {name: estimate.value for name, estimate in metric.value(None, counts).items()}


def gan_for(variant, options):
    """Makes the compiled GAN of one variant; all share networks, rates and everything else."""
    keras.utils.set_random_seed(options.seed)
    loss, real, fake = VARIANTS[variant]
    shared = {"filters": options.filters, "kernel_initializer": "glorot_uniform"}
    gan = kg.GAN(
        kg.networks.DCGANGenerator((28, 28, 3), latent_dim=64, normalization="rms", **shared),
        kg.networks.DCGANDiscriminator((28, 28, 3), **shared),
        ema_half_life=options.half_life,
        seed=options.seed,
    )
    gamma = Cosine(options.gamma, options.gamma / 10, end=options.images)
    gan.compile(
        keras.optimizers.Adam(options.rate, beta_1=0.0, beta_2=0.99),
        loss=loss(),
        penalties=[R1(gamma, options.interval)] * real + [R2(gamma, options.interval)] * fake,
        schedules={"learning_rate": Cosine(options.rate, options.rate / 20, end=options.images)},
        steps_per_execution=10,
    )
    return gan


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def train(variant, images, classifier, options):
    """Trains one variant, measuring as often as asked; returns the rows of the table."""
    gan, rows, wall, cpu = gan_for(variant, options), [], 0.0, 0.0
    dataset = stacked(images, options.batch, options.seed)
    steps = options.images // options.batch // options.looks // 10 * 10
    for look in range(options.looks):
        start = time.perf_counter(), cpu_seconds()
        gan.fit(dataset, epochs=look + 1, initial_epoch=look, steps_per_epoch=steps, verbose=0)
        wall, cpu = wall + time.perf_counter() - start[0], cpu + cpu_seconds() - start[1]
        seen = int(gan.images_seen)
        found = coverage(gan.sample(SAMPLES, seed=options.seed, batch_size=500), classifier)
        rows.append({"variant": variant, "seed": options.seed, "images": seen, **found, "seconds": wall, "cpu": cpu})
        print(
            f"{variant:24} {seen:>10,} images {wall:6.0f} s ({cpu:6.0f} CPU-s): "
            f"{found['modes']:4.0f} modes, KL {found['kl']:.3f}",
            flush=True,
        )
        name = f"{variant.replace(', ', '_').replace(' ', '_')}_{options.seed}.png"
        pictures.save_image(options.out.with_suffix("") / name, pictures.grid(gan.sample(100, seed=1), smallest=28))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--archives", required=True, help="folder with the original archives of MNIST")
    parser.add_argument(
        "--variants", nargs="+", choices=[*VARIANTS, "all"], default=["relativistic, R1, R2"], metavar="VARIANT"
    )
    parser.add_argument("--images", type=int, default=6_000_000, help="triples that the GAN sees")
    parser.add_argument("--looks", type=int, default=6, help="how often it is measured")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--filters", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--gamma", type=float, default=1.0)
    parser.add_argument("--interval", type=int, default=4)
    parser.add_argument("--half-life", type=float, default=50_000)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "runs" / "stacked_mnist.json")
    options = parser.parse_args()
    classifier = kg.metrics.features.ClassifierFeatures("mnist")
    images = stored("mnist", options.archives)[0]
    real = images[np.random.default_rng(1).integers(len(images), size=(SAMPLES, 3))][..., 0].transpose(0, 2, 3, 1)
    floor = coverage(real, classifier)
    print(f"{'real triples':24} {floor['modes']:4.0f} modes, KL {floor['kl']:.4f}", flush=True)
    rows = [{"variant": "real triples", **floor}]
    for variant in VARIANTS if "all" in options.variants else options.variants:
        rows += train(variant, images, classifier, options)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps({"settings": vars(options), "rows": rows}, indent=2, default=str) + "\n")


if __name__ == "__main__":
    main()
