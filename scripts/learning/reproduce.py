"""Trains a recipe for given CPU seconds and prints the scores that the README quotes.

    python scripts/learning reproduce --archives FOLDER                         # marks at 240 and 960 CPU-seconds
    python scripts/learning reproduce --archives FOLDER --seeds 0 1 2 --marks 240
    python scripts/learning reproduce --archives FOLDER --textbook --marks 240  # the GAN of the Keras example

FOLDER holds the four original archives of Fashion-MNIST; without it TensorFlow Datasets downloads them.

Protocol. Score: Fréchet distance between 10,000 samples of the averaged generator and the 10,000 test images, both as
uint8, in the 128 features before the last layer of a small classifier that this script trains on the training images
(always the same way; kept in runs/classifier_fashion_mnist). It is not the FID, which is defined by Inception's
features.
CPU-seconds: user and system time of this process while `fit` trains, two threads on two cores, without tracing and
evaluating. Floor: the same distance between 10,000 training images and the test images.
"""

import argparse
import functools
import os
import pathlib
import resource
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

import keras
import numpy as np
from bench.textbook import textbook_networks
from keras import layers

import keras_gan as kg
from keras_gan.media import pictures, to_uint8

ROOT = pathlib.Path(__file__).resolve().parents[2]


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def stored_images(split, archives):
    """Returns (uint8 images, labels) of Fashion-MNIST."""
    dataset = kg.data.images(
        "fashion_mnist", split=split, shuffle=False, batch_size=10_000, drop_remainder=False, archives=archives
    )
    batches = [(to_uint8(batch["image"]), batch["label"].numpy()) for batch in dataset]
    return tuple(np.concatenate(parts) for parts in zip(*batches, strict=True))


def classifier(archives, epochs=6):
    """Trains, or loads, the classifier whose features the score is measured in."""
    path = ROOT / "runs" / "classifier_fashion_mnist" / f"epochs_{epochs}.keras"
    if path.exists():
        return keras.models.load_model(path)
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu", name="features"),
            layers.Dense(10),
        ]
    )
    network.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    (train, train_labels), (test, test_labels) = (stored_images(split, archives) for split in ("train", "test"))
    network.fit(train / np.float32(255), train_labels, batch_size=128, epochs=epochs, verbose=2)
    accuracy = network.evaluate(test / np.float32(255), test_labels, batch_size=1000, verbose=0)[1]
    print(f"classifier: test accuracy {accuracy:.4f}")
    if accuracy < 0.9:
        raise RuntimeError(f"The classifier must reach 90% on the test images. Received: {accuracy:.1%}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    network.save(path)
    return network


def moments(features):
    kept = kg.metrics.FrechetDistance().statistics()
    kept.update(features)
    return kept


def frechet_distance(fake, real):
    return kg.metrics.FrechetDistance().value(real, fake)["frechet_distance"].value


def textbook(seed, archives):
    """The GAN of the Keras example "DCGAN overriding train_step": its networks at 28x28, its optimizers, two draws."""
    keras.utils.set_random_seed(seed)
    gan = kg.GAN(*textbook_networks(), ema_half_life=None, reuse_fakes=False, seed=seed)
    gan.compile(optimizer=keras.optimizers.Adam(1e-4))
    return kg.recipes.Training(gan, kg.data.images("fashion_mnist", seed=seed, archives=archives), 1)


class Marks(keras.callbacks.Callback):
    """Scores the GAN whenever training has used the next number of CPU seconds; stops after the last."""

    def __init__(self, marks, score, folder):
        super().__init__()
        self.marks, self.score, self.folder, self.used, self.scores = list(marks), score, folder, 0.0, {}

    def on_train_batch_begin(self, batch, logs=None):
        self.start = cpu_seconds()

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.step) == 1:  # the first step traced and compiled
            return
        self.used += cpu_seconds() - self.start
        if self.marks and self.used >= self.marks[0]:
            mark = self.marks.pop(0)
            self.scores[mark] = self.score(self.model)
            images = int(self.model.images_seen)
            print(f"  {mark} CPU-seconds: {self.scores[mark]:.1f} ({images:,} images, step {int(self.model.step):,})")
            sheet = pictures.grid(self.model.sample(100, seed=1), smallest=28)
            pictures.save_image(self.folder / f"after_{mark}.png", sheet)
            if not self.marks:
                self.model.stop_training = True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--archives", help="folder with the original archives of Fashion-MNIST")
    parser.add_argument("--marks", type=int, nargs="+", default=[240, 960], help="CPU seconds to score at")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--textbook", action="store_true", help="train the Keras example's GAN instead")
    arguments = parser.parse_args()

    network = classifier(arguments.archives)
    extractor = keras.Model(network.inputs, network.get_layer("features").output)
    features = lambda images: extractor.predict(images / np.float32(255), batch_size=1000, verbose=0)  # noqa: E731
    test = moments(features(stored_images("test", arguments.archives)[0]))
    train = stored_images("train", arguments.archives)[0]
    chosen = np.random.default_rng(0).permutation(len(train))[:10_000]
    print(f"floor (training images): {frechet_distance(moments(features(train[chosen])), test):.2f}")

    score = lambda gan: frechet_distance(moments(features(gan.sample(10_000, seed=0, batch_size=500))), test)  # noqa: E731
    for seed in arguments.seeds:
        name = "textbook" if arguments.textbook else "dcgan_fashion_mnist"
        made = textbook if arguments.textbook else functools.partial(kg.recipes.make, name)
        gan, dataset, _ = made(seed=seed, archives=arguments.archives)
        folder = ROOT / "runs" / "reproduce" / f"{name}_{seed}"
        marks = Marks(arguments.marks, score, folder)
        print(f"seed {seed}, pictures in {folder}")
        gan.fit(dataset, epochs=10_000, verbose=0, shuffle=False, callbacks=[marks])


if __name__ == "__main__":
    main()
