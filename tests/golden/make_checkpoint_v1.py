"""Writes checkpoint_v1.keras and run_v1.json: a run of format 1, and checkpoint_v1_next.npz, what comes of it next.

Source: keras_gan 0.1.0 on Keras 3.15.1, TensorFlow 2.21, CPU: six steps of the tiniest GAN on the embedded digits, with
what a checkpoint can hold: the average, two optimizers with a schedule, R1 every second step, ADA, a spectral norm.
The files stand for every file of format 1 that users have. They are not made anew when the code changes: that would
test that the code reads what it writes. A new format gets files of its own.

Command: python tests/golden/make_checkpoint_v1.py
"""

import json
import pathlib
import tempfile

import keras
import numpy as np

import keras_gan as kg
from keras_gan.runs import run as runs

HERE = pathlib.Path(__file__).parent
ARGUMENTS = {"data": "digits", "seed": 0, "batch_size": 512, "filters": 2, "latent_dim": 3}


def compiled(training):
    """Gives the GAN of a recipe everything that keeps a state."""
    image = keras.Input((8, 8, 1), name="image")
    x = kg.layers.SpectralNormalization(keras.layers.Dense(3))(keras.layers.Flatten()(image))
    logits = keras.layers.Dense(1)(keras.layers.LeakyReLU(0.2)(x))
    gan = kg.GAN(training.gan.generator, keras.Model(image, logits, name="discriminator"), seed=0)
    gan.compile(
        keras.optimizers.Adam(1e-3, beta_1=0.5),
        penalties=[kg.penalties.R1(1.0, interval=2)],
        augmenter=kg.augmenters.ADA(seed=1),
        schedules={"learning_rate": kg.schedules.Linear(1e-3, 5e-4, end=10_000)},
    )
    return training._replace(gan=gan)


def next_step(gan):
    """Returns what the golden numbers are: samples, and the logs of one more step on fixed images."""
    samples = gan.sample(4, seed=5)
    images = np.tanh(np.random.default_rng(5).normal(size=(8, 8, 8, 1))).astype("float32")
    history = gan.fit(images, batch_size=8, epochs=1, shuffle=False, verbose=0).history
    return {"samples": samples, **{name: np.float32(values[0]) for name, values in history.items()}}


def main():
    training = compiled(kg.recipes.make("dcgan", **ARGUMENTS))
    with tempfile.TemporaryDirectory() as folder:
        run = runs.Run.create(f"{folder}/run", "dcgan", ARGUMENTS, epochs=2)
        run.fit(training, epochs=2)
        (HERE / "checkpoint_v1.keras").write_bytes(run.checkpoint().read_bytes())
        config = {**run.config(), "command": "keras-gan train dcgan"}
        (HERE / "run_v1.json").write_text(json.dumps(config, indent=2) + "\n")
        np.savez_compressed(HERE / "checkpoint_v1_next.npz", **next_step(run.load()))


if __name__ == "__main__":
    main()
