"""Translates digits into another domain with CycleGAN, without pairs, where the truth is known.

    python scripts/learning cycle_gan --data FOLDER        # FOLDER holds the four .gz files of MNIST
    python scripts/learning cycle_gan --data FOLDER --seeds 0 1 2
    python scripts/learning cycle_gan --data FOLDER --local       # generators that cannot turn a picture

Protocol. Domain a is MNIST at 32x32 pixels; domain b are other digits of it, turned by a quarter, inverted and tinted
orange. The halves of the training images are disjoint, so no digit is in both. What a translation should be is known:
turned back and inverted, the picture of b must be read as the digit that went in, by the package's MNIST classifier,
which the training does not see. Labels kept: that share of the 10,000 test images, in both directions; chance is 10%.
Cycle: the mean absolute difference of pixels in [0, 1] after there and back.

Convolutions alone cannot turn a picture. So both generators begin with a layer that mixes eight turns of the picture by
multiples of 45 degrees, with weights that are learned from equal ones (`Turns`), and convolve the result. `--local`
leaves the layer out. Non-saturating loss with lazy R1, no identity (it would ask that pictures are not turned), pools
of 50, batches of 16, Adam at 5e-4 (0.5, 0.99). Cycles weigh 2: with the paper's 10 and least squares one of three seeds
kept a wrong turn from the first steps on, which both generators undid for each other.
Both generators leave as ONNX files, which are compared. The script exits with 1 unless each seed keeps 90% of the
labels in both directions.
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
from keras import layers, ops
from train_extractors import stored

import keras_gan as kg
from keras_gan.media import pictures
from keras_gan.storage import files

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZE, TINT = 32, np.array([1.0, 0.7, 0.3], "float32")


def to_b(images):
    """Returns what grey uint8 pictures of a are in b: turned by a quarter, inverted, tinted."""
    return np.round(np.rot90(255 - images, axes=(1, 2)) * TINT).astype("uint8")


def from_b(images):
    """Returns the grey picture that a picture of b was made from."""
    return 255 - np.rot90(images[..., :1], k=-1, axes=(1, 2))


@keras.saving.register_keras_serializable("keras_gan_scripts")
class Turns(layers.Layer):
    """Mixes turns of square pictures by multiples of 360 / count degrees, with learned weights that begin equal.

    The weights are softmax(20 w); the factor lets Adam reach a choice within some hundred steps. Turned pictures are
    resampled bilinearly; the edge is repeated.
    """

    def __init__(self, count=8, **arguments):
        super().__init__(**arguments)
        self.count = count

    def build(self, input_shape):
        self.weight = self.add_weight(shape=(self.count,), initializer="zeros", name="choice")
        size = input_shape[1]
        self.turns = np.stack([turning(size, 2 * np.pi * k / self.count).ravel() for k in range(self.count)])

    def call(self, images):
        _, height, width, channels = images.shape
        chosen = ops.matmul(ops.softmax(20 * self.weight)[None], ops.convert_to_tensor(self.turns, images.dtype))
        rows = ops.reshape(ops.transpose(images, (0, 3, 1, 2)), (-1, channels, height * width))
        turned = ops.matmul(rows, ops.reshape(chosen, (height * width, height * width)))
        return ops.transpose(ops.reshape(turned, (-1, channels, height, width)), (0, 2, 3, 1))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "count": self.count}


def turning(size, angle):
    """Returns the matrix (pixels, pixels) that turns a square picture, as a row of pixels, about its middle."""
    middle, pixels = (size - 1) / 2, np.arange(size * size)
    y, x = np.mgrid[:size, :size] - middle
    source_y, source_x = np.cos(angle) * y - np.sin(angle) * x + middle, np.sin(angle) * y + np.cos(angle) * x + middle
    top, left = (np.floor(source + 1e-9).astype(int) for source in (source_y, source_x))
    matrix = np.zeros((size * size, size * size), "float32")
    for row in (top, top + 1):
        for column in (left, left + 1):
            share = (1 - np.abs(source_y - row)) * (1 - np.abs(source_x - column))
            place = np.clip(row, 0, size - 1) * size + np.clip(column, 0, size - 1)
            np.add.at(matrix, (place.ravel(), pixels), share.ravel())
    return matrix


def generator(channels, output_channels, local, name):
    image = x = keras.Input((SIZE, SIZE, channels), name="image")
    x = x if local else Turns()(x)
    for _ in range(2):
        x = layers.LeakyReLU(negative_slope=0.2)(layers.Conv2D(24, 3, padding="same")(x))
    return keras.Model(image, layers.Conv2D(output_channels, 1, activation="tanh")(x), name=name)


def trained(a, b, count, seed, local):
    """Returns a GAN that has seen so many pictures of each domain."""
    keras.utils.set_random_seed(seed)
    judge = {"filters": 24, "kernel_initializer": "glorot_uniform"}
    gan = kg.CycleGAN(
        generator(1, 3, local, "a_to_b"),
        generator(3, 1, local, "b_to_a"),
        kg.networks.DCGANDiscriminator((SIZE, SIZE, 1), name="judge_a", **judge),
        kg.networks.DCGANDiscriminator((SIZE, SIZE, 3), name="judge_b", **judge),
        cycle_weight=2.0,
        identity_weight=0.0,
        seed=seed,
    )
    optimizer = keras.optimizers.Adam(5e-4, beta_1=0.5, beta_2=0.99)
    gan.compile(optimizer, penalties=[kg.penalties.R1(0.3, interval=8)])
    dataset = kg.data.domains(a, b, batch_size=16, seed=seed).repeat()
    gan.fit(dataset, steps_per_epoch=count // 16, verbose=0, shuffle=False)
    return gan


def measured(gan, a, b, labels, extractor):
    """Returns the shares of labels kept, the error of the cycles, and the pictures."""

    def kept(images):
        cut = np.ascontiguousarray(images[:, 2:-2, 2:-2])
        seen = [extractor(cut[i : i + 500])["logits"].argmax(axis=1) for i in range(0, len(cut), 500)]
        return round(float(np.mean(np.concatenate(seen) == labels)), 4)

    fake_b, fake_a = gan.translate(a, batch_size=500), gan.translate(b, "b_to_a", batch_size=500)
    again_a, again_b = gan.translate(fake_b, "b_to_a", batch_size=500), gan.translate(fake_a, batch_size=500)
    differences = [np.mean(np.abs(x.astype("float32") - y)) / 255 for x, y in ((again_a, a), (again_b, b))]
    scores = {"a_to_b": kept(from_b(fake_b)), "b_to_a": kept(fake_a), "cycle": round(float(np.mean(differences)), 4)}
    return scores, (fake_b, fake_a)


def sheet(a, b, fake_b, fake_a):
    """Draws a | a in b | the truth, and b | b in a, of the first pictures."""
    columns = [a, fake_b, to_b(a), b, fake_a]
    shown = np.stack([np.broadcast_to(part[:24], (24, SIZE, SIZE, 3)) for part in columns], axis=1)
    return pictures.grid(shown.reshape(-1, SIZE, SIZE, 3), columns=15, smallest=48)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder with MNIST's four .gz files")
    parser.add_argument("--images", type=int, default=12_000, help="pictures of each domain shown (default: 12,000)")
    parser.add_argument("--local", action="store_true", help="leave out the layer that turns pictures")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "runs" / "cycle_gan")
    options = parser.parse_args()
    train, _, test, labels = stored("mnist", options.data)
    train, test = (np.pad(images, [(0, 0), (2, 2), (2, 2), (0, 0)]) for images in (train, test))
    order = np.random.default_rng(0).permutation(len(train))
    a, b = train[order[: len(order) // 2]], to_b(train[order[len(order) // 2 :]])
    extractor, rows = kg.features.ClassifierFeatures("mnist"), []
    options.out.mkdir(parents=True, exist_ok=True)
    for seed in options.seeds:
        start = time.perf_counter()
        gan = trained(a, b, options.images, seed, options.local)
        seconds = round(time.perf_counter() - start)
        scores, made = measured(gan, test, to_b(test), labels, extractor)
        failed = min(scores["a_to_b"], scores["b_to_a"]) < 0.9
        rows.append({"seed": seed, "local": options.local, **scores, "seconds": seconds, "failed": failed})
        print(json.dumps(rows[-1]), flush=True)
        name = f"{'local' if options.local else 'turns'}_{seed}"
        pictures.save_image(options.out / f"{name}.png", sheet(test, to_b(test), *made))
        for direction in gan.generators():
            kg.exporting.to_onnx(gan, options.out / f"{name}_{direction}.onnx", generator=direction)
    with files.replacing(options.out / "scores.json") as written:
        written.write_text(json.dumps(rows, indent=2) + "\n")
    return int(any(row["failed"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
