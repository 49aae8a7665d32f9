"""Trains a classifier of MNIST on 100 labels, with and without 60,000 images that have none.

    python scripts/learning semi_supervised --archives FOLDER  # seed 0, 900 CPU-seconds of training
    python scripts/learning semi_supervised --archives FOLDER --seeds 0 1 2 --seconds 600

FOLDER holds the four .gz files of MNIST.

Protocol. 10 training images of each class, drawn by the seed, keep their labels; the others count as unlabelled. Both
sides have the same network, a dense classifier of 1000, 500, 250, 250 and 250 units with Gaussian noise before each
layer (Salimans et al. 2016, arXiv:1606.03498, without its weight normalization), and both are read from the moving
average of its weights. The GAN's batches hold 100 images without and 50 with a label, drawn from the 100. It trains for
the given CPU-seconds: user and system time of the process while `fit` trains, without tracing and evaluating. The other
side trains for 1,000 steps on the labels alone, where it has long stopped to change. The accuracy is that on all 10,000
test images after the last step; nothing is chosen by it.
"""

import argparse
import json
import os
import pathlib
import resource

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from train_extractors import stored

import keras_gan as kg
from keras_gan.media import pictures
from keras_gan.storage import files

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLASSES, UNITS = 10, (1000, 500, 250, 250, 250)


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def stored_images(archives):
    """Returns ((images, labels) to train on, those of the test): float32 in [-1, 1], int32."""
    train, labels, test, test_labels = stored("mnist", archives)
    scaled = lambda images: images / np.float32(127.5) - np.float32(1)  # noqa: E731
    return (scaled(train), labels.astype("int32")), (scaled(test), test_labels.astype("int32"))


def labelled_rows(labels, each, seed):
    """Returns the rows of the images that keep their labels: `each` of every class."""
    random = np.random.default_rng(seed)
    return np.concatenate([random.permutation(np.flatnonzero(labels == k))[:each] for k in range(CLASSES)])


def batches(images, labels, rows, unlabelled, labelled, seed):
    """Returns a dataset of batches with so many images without and with a label (-1 where there is none)."""
    few = tf.data.Dataset.from_tensor_slices({"image": images[rows], "label": labels[rows]})
    few = few.shuffle(len(rows), seed=seed).repeat().batch(labelled)
    if not unlabelled:
        return few.take(len(images) // 100)
    every = tf.data.Dataset.from_tensor_slices({"image": images, "label": np.full(len(images), -1, "int32")})
    every = every.shuffle(len(images), seed=seed).batch(unlabelled, drop_remainder=True)
    joined = lambda a, b: {name: tf.concat([a[name], b[name]], axis=0) for name in a}  # noqa: E731
    return tf.data.Dataset.zip(every, few).map(joined).prefetch(2)


def discriminator(noise):
    return kg.networks.MLPDiscriminator(
        (28, 28, 1), UNITS, slope=0.0, num_classes=CLASSES, conditioning="semi_supervised", noise=noise
    )


def gan_for(arguments, seed):
    keras.utils.set_random_seed(seed)
    generator = kg.networks.MLPGenerator((28, 28, 1), latent_dim=100, units=(500, 500))
    gan = kg.SemiSupervisedGAN(generator, discriminator(arguments.noise), ema_half_life=arguments.half_life, seed=seed)
    gan.compile(optimizer=keras.optimizers.Adam(arguments.rate, beta_1=0.5))
    return gan


class Clock(keras.callbacks.Callback):
    """Stops after given CPU-seconds of training; prints the accuracy now and then, outside of the clock."""

    def __init__(self, seconds, test, every):
        super().__init__()
        self.seconds, self.test, self.every, self.used, self.next = seconds, test, every, 0.0, every

    def on_train_batch_begin(self, batch, logs=None):
        self.start = cpu_seconds()

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.step) == 1:  # the first step traced and compiled
            return
        self.used += cpu_seconds() - self.start
        if self.used >= self.next:
            self.next += self.every
            told = ", ".join(f"{name} {value:.3f}" for name, value in logs.items() if "probability" not in name)
            reached = accuracy(self.model, *self.test)
            print(f"  {self.used:.0f} s, step {int(self.model.step):,}: test {reached:.4f}; {told}", flush=True)
        if self.used >= self.seconds:
            self.model.stop_training = True


def accuracy(gan, images, labels):
    return float(np.mean(gan.classify(images).argmax(axis=1) == labels))


def labels_alone(train, rows, test, arguments, seed, steps=1000):
    """Returns the test accuracy of the same network, trained on the labelled images alone."""
    keras.utils.set_random_seed(seed)
    network = discriminator(arguments.noise)
    classifier = keras.Model(network.inputs, network.get_layer("classes").output)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.Adam(arguments.rate, beta_1=0.5, use_ema=True, ema_momentum=0.998)
    classifier.compile(optimizer, loss)
    few = batches(*train, rows, 0, len(rows), seed).map(lambda batch: (batch["image"], batch["label"]))
    classifier.fit(few.repeat().take(steps), steps_per_epoch=steps, epochs=1, verbose=0)
    return float(np.mean(classifier.predict(test[0], batch_size=500, verbose=0).argmax(axis=1) == test[1]))


def measured(arguments, seed, train, test):
    rows = labelled_rows(train[1], arguments.labels // CLASSES, seed)
    alone = labels_alone(train, rows, test, arguments, seed)
    print(f"seed {seed}: the {len(rows)} labels alone {alone:.4f}")
    gan = gan_for(arguments, seed)
    clock = Clock(arguments.seconds, test, arguments.every)
    gan.fit(batches(*train, rows, 100, 50, seed), epochs=10_000, verbose=0, callbacks=[clock])
    pictures.save_image(arguments.out / f"seed_{seed}.png", pictures.grid(gan.sample(64, seed=0), smallest=28))
    return {
        "seed": seed,
        "labels": len(rows),
        "labels_alone": alone,
        "semi_supervised": accuracy(gan, *test),
        "steps": int(gan.step),
        "seconds": round(clock.used),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--archives", required=True, help="folder with the four .gz files of MNIST")
    parser.add_argument("--labels", type=int, default=100, help="labelled images, a multiple of 10")
    parser.add_argument("--seconds", type=float, default=900, help="CPU-seconds of training")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate of Adam")
    parser.add_argument("--noise", type=float, default=0.5, help="deviation of the noise before each layer")
    parser.add_argument("--half-life", type=float, default=50_000, help="of the moving average, in images")
    parser.add_argument("--every", type=float, default=60, help="CPU-seconds from one line to the next")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "runs" / "semi_supervised")
    arguments = parser.parse_args()

    arguments.out.mkdir(parents=True, exist_ok=True)
    train, test = stored_images(arguments.archives)
    rows = [measured(arguments, seed, train, test) for seed in arguments.seeds]
    print("| seed | labels | labels alone | semi-supervised | steps | CPU-seconds |\n|---|---|---|---|---|---|")
    for row in rows:
        alone, gan = (f"{100 * row[name]:.2f}%" for name in ("labels_alone", "semi_supervised"))
        print(f"| {row['seed']} | {row['labels']} | {alone} | {gan} | {row['steps']:,} | {row['seconds']} |")
    settings = {name: str(value) for name, value in vars(arguments).items()}
    settings["versions"] = {"keras": keras.__version__, "tensorflow": tf.__version__, "numpy": np.__version__}
    with files.replacing(arguments.out / "semi_supervised.json") as path:
        path.write_text(json.dumps({"rows": rows, "settings": settings}, indent=2) + "\n")


if __name__ == "__main__":
    main()
