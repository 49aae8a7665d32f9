"""Compares losses and penalties on the same networks, data, seeds and CPU time.

    python scripts/learning losses --data fashion_mnist --archives FOLDER             # the four original archives
    python scripts/learning losses --data fashion_mnist --archives FOLDER --few 1000  # augmenters, on 1,000 images
    python scripts/learning losses --data cifar10 --archives FOLDER --budget 480      # cifar10_jpeg75.npz
    python scripts/learning losses --archives FOLDER --losses all --penalties all     # every pair: hours

Protocol. DCGAN of the package with 32 filters and RMS normalization in the generator, latents of 64 numbers, Adam (rate
1e-3, betas 0.5 and 0.99; 0 and 0.9 with five discriminator steps of Wasserstein), batches of 32, averages with a
half-life of 10,000 images. One thread; the budget is user and system time of the process while `fit` trains, tracing
left out. Score: Fréchet distance between 10,000 samples of the average and 10,000 test images, as uint8. For
Fashion-MNIST in the features of the package's classifier (FCD-fashion_mnist-v1), for CIFAR-10 in those of a classifier
that this script trains (kept in runs/; the data are a JPEG copy, so the distances compare with each other only). Each
loss stands with its usual penalties where nothing else is asked for. With
`--few` the reals are the first images of a seeded permutation, and the copied share (with training images as reference)
stands beside the distance. Results are stored in runs/losses_<data>.json.
"""

import argparse
import io
import itertools
import json
import os
import pathlib
import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLASSIFIER = ROOT / "runs" / "classifier_cifar10.keras"
LOSSES = ("NonSaturating", "LeastSquares", "Hinge", "Wasserstein", "RelativisticAverage", "RelativisticPaired")
PENALTIES = ("none", "R1", "R1, R2", "gradient penalty")
USUAL = (
    ("NonSaturating", "none"),
    ("NonSaturating", "R1"),
    ("LeastSquares", "none"),
    ("Hinge", "none"),
    ("Wasserstein", "gradient penalty"),
    ("RelativisticAverage", "R1"),
    ("RelativisticPaired", "R1, R2"),
)


def stored(data, archives):
    """Returns (training images, test images), uint8."""
    if data == "fashion_mnist":
        from train_extractors import stored

        train, _, test, _ = stored(data, archives)
        return train, test
    (train, _), (test, _) = (cifar10(archives, split) for split in ("train", "test"))
    return train, test


def cifar10(archives, split):
    """Returns (uint8 images, labels) of the JPEG copy."""
    from PIL import Image

    with np.load(pathlib.Path(archives) / "cifar10_jpeg75.npz") as files:
        jpeg, offsets, labels = files[f"x_{split}_jpeg"], files[f"x_{split}_offset"], files[f"y_{split}"]
    images = [np.asarray(Image.open(io.BytesIO(jpeg[a:b].tobytes()))) for a, b in itertools.pairwise(offsets)]
    return np.stack(images), labels.ravel()


def extractor_for(data, archives):
    """Returns the features to compare in; trains CIFAR-10's classifier when it is asked for the first time."""
    import keras
    from keras import layers

    from keras_gan.features import ClassifierFeatures, KerasLayerFeatures

    if data == "fashion_mnist":
        return ClassifierFeatures("fashion_mnist")
    if not CLASSIFIER.exists():
        (train, labels), (test, test_labels) = (cifar10(archives, split) for split in ("train", "test"))
        keras.utils.set_random_seed(0)
        network = keras.Sequential([keras.Input((32, 32, 3)), layers.RandomFlip("horizontal")])
        for filters, strides in ((32, 1), (64, 2), (64, 1), (128, 2), (128, 1)):
            network.add(layers.Conv2D(filters, 3, strides, padding="same", use_bias=False))
            network.add(layers.BatchNormalization())
            network.add(layers.ReLU())
        network.add(layers.GlobalAveragePooling2D(name="features"))
        network.add(layers.Dense(10))
        epochs, batch = 8, 128
        rate = keras.optimizers.schedules.CosineDecay(2e-3, epochs * (len(train) // batch))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        network.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
        scaled = [images / np.float32(127.5) - 1 for images in (train, test)]
        network.fit(scaled[0], labels, batch_size=batch, epochs=epochs, verbose=2)
        print(f"classifier: test accuracy {network.evaluate(scaled[1], test_labels, verbose=0)[1]:.4f}", flush=True)
        CLASSIFIER.parent.mkdir(parents=True, exist_ok=True)
        network.save(CLASSIFIER)
    network = keras.models.load_model(CLASSIFIER)
    return KerasLayerFeatures(network, "features", input_range=(-1, 1))


def parts(loss, penalty, augmenter):
    """Returns what `compile` takes, and the number of discriminator steps."""
    import keras_gan as kg
    from keras_gan.penalties import R1, R2, GradientPenalty

    chosen = {"none": [], "R1": [R1(0.3)], "R1, R2": [R1(0.3), R2(0.3)], "gradient penalty": [GradientPenalty()]}[
        penalty
    ]
    made = {"none": None, "DiffAugment": kg.augmenters.DiffAugment, "ADA": kg.augmenters.ADA}[augmenter]
    steps = 5 if loss == "Wasserstein" else 1
    return {"loss": getattr(kg.losses, loss)(), "penalties": chosen, "augmenter": made and made(seed=1)}, steps


def pairs(losses, penalties):
    """Returns the (loss, penalty) to compare."""
    if not losses and not penalties:
        return USUAL
    return [
        (loss, penalty)
        for loss in (LOSSES if not losses or "all" in losses else losses)
        for penalty in (PENALTIES if not penalties or "all" in penalties else penalties)
    ]


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def train(arguments):
    """Trains one GAN for its budget; returns the row of the table."""
    data, archives, few, budget, seed, loss, penalty, augmenter = arguments
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    import keras

    import keras_gan as kg
    from keras_gan.media import pictures

    reals, test = stored(data, archives)
    if few:
        reals = reals[np.random.default_rng(0).permutation(len(reals))[:few]]
    keras.utils.set_random_seed(seed)
    options, steps = parts(loss, penalty, augmenter)
    shape = reals.shape[1:]
    gan = kg.GAN(
        kg.networks.DCGANGenerator(shape, 64, filters=32, normalization="rms", kernel_initializer="glorot_uniform"),
        kg.networks.DCGANDiscriminator(shape, filters=32, kernel_initializer="glorot_uniform"),
        discriminator_steps=steps,
        seed=seed,
    )
    betas = (0.0, 0.9) if steps > 1 else (0.5, 0.99)
    gan.compile(keras.optimizers.Adam(1e-3, *betas), **options)
    dataset = kg.data.images(reals, batch_size=32 * steps, seed=seed).repeat()

    class Budget(keras.callbacks.Callback):
        used = 0.0

        def on_train_batch_begin(self, batch, logs=None):
            self.start = cpu_seconds()

        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.step) > 1:
                self.used += cpu_seconds() - self.start
            if self.used >= budget or not all(map(np.isfinite, logs.values())):
                self.model.stop_training = True

    gan.fit(dataset, steps_per_epoch=10**7, verbose=0, callbacks=[Budget()])
    row = {"data": data, "few": few, "seed": seed, "loss": loss, "penalty": penalty, "augmenter": augmenter}
    row |= {"budget": budget, "images": int(gan.images_seen)}
    samples = gan.sample(10_000, seed=0, batch_size=500)
    name = (
        "_".join(str(v) for v in (data, few or "all", loss, penalty, augmenter, seed))
        .replace(", ", "_")
        .replace(" ", "_")
    )
    pictures.save_image(ROOT / "runs" / "losses" / f"{name}.png", pictures.grid(samples[:100], smallest=shape[1]))
    extractor = extractor_for(data, archives)
    chosen = [kg.metrics.FrechetDistance()]
    distance = kg.evaluation.Evaluation(test, extractor, chosen).scores(samples)[0]
    row |= {"score": distance.name, "value": distance.value}
    if few:
        copied = kg.evaluation.Evaluation(reals, extractor, [kg.metrics.Memorization()]).scores(samples)[0]
        row |= {"copied_share": copied.value}
    return row


def table(rows):
    """Prints the rows, the best first."""
    print(f"\n{'loss':20} {'penalty':18} {'augmenter':12} {'seed':>4} {'images':>10} {'distance':>9} {'copied':>7}")
    for row in sorted(rows, key=lambda row: row["value"]):
        copied = f"{row['copied_share']:7.1%}" if "copied_share" in row else ""
        print(
            f"{row['loss']:20} {row['penalty']:18} {row['augmenter']:12} {row['seed']:4} {row['images']:10,} "
            f"{row['value']:9.2f} {copied}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=("fashion_mnist", "cifar10"), default="fashion_mnist")
    parser.add_argument("--archives", required=True, help="folder with the data set's files")
    parser.add_argument("--budget", type=float, default=480, help="CPU seconds each")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--losses", nargs="+", choices=(*LOSSES, "all"), help="each with every one of --penalties")
    parser.add_argument("--penalties", nargs="+", choices=(*PENALTIES, "all"))
    parser.add_argument("--few", type=int, default=0, help="learn from so few images, with and without augmenters")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="trainings side by side, of one thread each")
    options = parser.parse_args()
    extractor_for(options.data, options.archives)
    known = (options.data, options.archives, options.few, options.budget)
    if options.few:
        penalties = options.penalties or ("none", "R1")
        kinds = [("NonSaturating", *pair) for pair in itertools.product(penalties, ("none", "DiffAugment", "ADA"))]
    else:
        kinds = [(*pair, "none") for pair in pairs(options.losses, options.penalties)]
    jobs = [(*known, seed, *kind) for kind in kinds for seed in options.seeds]
    rows = []
    out = ROOT / "runs" / f"losses_{options.data}{f'_{options.few}' if options.few else ''}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        for row in pool.map(train, jobs):
            rows.append(row)
            print(json.dumps(row), file=sys.stderr, flush=True)
            out.write_text(json.dumps(rows, indent=1) + "\n")
    table(rows)


if __name__ == "__main__":
    main()
