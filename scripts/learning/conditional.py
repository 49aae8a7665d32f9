"""Trains GANs with labels and measures how often an independent classifier sees the class that was asked for.

    python scripts/learning conditional --data FOLDER  # FOLDER/mnist, FOLDER/fashion_mnist
    python scripts/learning conditional --data FOLDER --models projection --seeds 0 1 2 --images 200000

FOLDER/mnist and FOLDER/fashion_mnist each hold the data set's four .gz files.

Protocol. The same narrow DCGAN for all (32 filters, RMS normalization; relativistic paired loss, each real paired with
a fake of its class; R1 and R2; Adam, whose rate falls from 0.001 to a twentieth along half a cosine; batches of 64; an
average with a half-life of 50,000 images). CPU-seconds are user and system time while `fit` trains. Then 10,000 samples
of the averaged generator, 1,000 of each class, as uint8, are shown to the package's classifier of the data set
(`keras_gan.features.ClassifierFeatures`), which knows real training images alone.
Label accuracy: the share that it gives the class asked for. Floor: its accuracy on the real test images. Distance: the
Fréchet distance to the test images in its features (not the FID). Pictures, one column a class, lie beside the JSON.
"""

import argparse
import json
import os
import pathlib
import resource

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from train_extractors import stored

import keras_gan as kg
from keras_gan.media import pictures
from keras_gan.schedules import Cosine
from keras_gan.storage import files

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLASSES, SAMPLES, SHAPE = 10, 10_000, (28, 28, 1)
MODELS = {"concatenation": kg.GAN, "projection": kg.GAN, "classifier": kg.ACGAN}
NAMES = {"concatenation": "CGAN", "projection": "projection", "classifier": "AC-GAN"}


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def trained(conditioning, images, labels, count, seed):
    """Returns a GAN with labels that has seen so many images, and the CPU-seconds it took."""
    keras.utils.set_random_seed(seed)
    shared = {"filters": 32, "kernel_initializer": "glorot_uniform", "num_classes": CLASSES}
    gan = MODELS[conditioning](
        kg.networks.DCGANGenerator(SHAPE, latent_dim=64, normalization="rms", **shared),
        kg.networks.DCGANDiscriminator(SHAPE, conditioning=conditioning, **shared),
        ema_half_life=50_000,
        seed=seed,
    )
    gamma = Cosine(1.0, 0.1, end=count)
    gan.compile(
        keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99),
        loss=kg.losses.RelativisticPaired(),
        penalties=[kg.penalties.R1(gamma, interval=4), kg.penalties.R2(gamma, interval=4)],
        schedules={"learning_rate": Cosine(1e-3, 5e-5, end=count)},
        steps_per_execution=10,
    )
    dataset = kg.data.images((images, labels), batch_size=64, seed=seed).repeat()
    start = cpu_seconds()
    gan.fit(dataset, steps_per_epoch=count // 640 * 10, verbose=0, shuffle=False)
    return gan, cpu_seconds() - start


def extracted(extractor, images):
    """Returns {"features", "logits"} of uint8 images."""
    parts = [extractor(images[i : i + 500]) for i in range(0, len(images), 500)]
    return {name: np.concatenate([part[name] for part in parts]) for name in ("features", "logits")}


def filled(metric, *columns):
    kept = metric.statistics()
    kept.update(*columns)
    return kept


def measured(gan, extractor, test, test_labels):
    """Returns the scores of a GAN, and those of the real test images where they have one."""
    inputs = gan.fixed_inputs(SAMPLES, seed=0)  # every class in turn
    fake, real = extracted(extractor, gan.sample(inputs=inputs, batch_size=500)), extracted(extractor, test)
    accuracy, distance = kg.metrics.LabelAccuracy(), kg.metrics.FrechetDistance()
    kept = filled(accuracy, fake["logits"], inputs["label"])
    moments = [filled(distance, part["features"]) for part in (real, fake)]
    by_class = {str(label): round(share, 4) for label, share in accuracy.by_class(kept).items()}
    return {
        "label_accuracy": accuracy.value(None, kept)["label_accuracy"].value,
        "worst_class": min(by_class.values()),
        "by_class": by_class,
        "accuracy_on_reals": float(np.mean(real["logits"].argmax(axis=1) == test_labels)),
        extractor.score_name("frechet_distance"): distance.value(*moments)["frechet_distance"].value,
    }


def run(name, conditioning, seed, arguments):
    train, labels, test, test_labels = stored(name, arguments.data / name)
    gan, seconds = trained(conditioning, train, labels.astype("int32"), arguments.images, seed)
    sheet = pictures.grid(gan.sample(100, seed=1), columns=CLASSES, smallest=28)
    pictures.save_image(arguments.out / f"{name}_{conditioning}_{seed}.png", sheet)
    scores = measured(gan, kg.metrics.features.ClassifierFeatures(name), test, test_labels)
    row = {
        "data": name,
        "model": NAMES[conditioning],
        "seed": seed,
        "images": int(gan.images_seen),
        "cpu": seconds,
        **scores,
    }
    print(line(row), flush=True)
    return row


def line(row):
    distance = next(value for name, value in row.items() if name.startswith("FCD"))
    return (
        f"| {row['data']} | {row['model']} | {row['seed']} | {row['images']:,} | {row['cpu']:.0f} | "
        f"{row['label_accuracy']:.2%} | {row['worst_class']:.1%} | {row['accuracy_on_reals']:.2%} | {distance:.2f} |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder with mnist/ and fashion_mnist/")
    parser.add_argument("--sets", nargs="+", default=["mnist", "fashion_mnist"], choices=["mnist", "fashion_mnist"])
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--images", type=int, default=400_000, help="images that each GAN sees")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "runs" / "conditional")
    arguments = parser.parse_args()

    arguments.out.mkdir(parents=True, exist_ok=True)
    print("| data | model | seed | images | CPU-seconds | label accuracy | worst class | on reals | distance |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    rows = []
    for name in arguments.sets:
        for conditioning in arguments.models:
            rows += [run(name, conditioning, seed, arguments) for seed in arguments.seeds]
            versions = {"keras": keras.__version__, "backend": keras.backend.backend(), "numpy": np.__version__}
            content = {"rows": rows, "versions": versions}
            with files.replacing(arguments.out / "conditional.json") as path:
                path.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
