"""Measures the time that one image takes, against the bare tf.function.

    python scripts/bench sample [--rounds 5]

Both sides draw a latent, run the generator of the textbook DCGAN and turn its image into uint8. Each is a process of
its own that sleeps while the other is measured, in a new order in each round; medians are compared.
"""

import os

import machine
from textbook import LATENT, textbook_networks
from turns import in_turn, report

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def kg_sample():
    import keras_gan as kg

    gan = kg.GAN(*textbook_networks())
    return lambda count: [gan.sample(1, seed=index) for index in range(count)]


def bare_function():
    """What `sample` must at least do: draw a latent, run the generator in a tf.function, turn the image into uint8."""
    import numpy as np
    import tensorflow as tf

    generator, _ = textbook_networks()
    function = tf.function(lambda latent: generator(latent, training=False))

    def run(count):
        for index in range(count):
            latent = np.random.default_rng(index).standard_normal((1, LATENT), "float32")
            image = function(tf.constant(latent)).numpy()
            image = np.clip(image * 127.5 + 128, 0, 255).astype("uint8")
        return image

    return run


def main(count=200):
    arguments = machine.parser(__doc__, rounds=5).parse_args()
    facts = machine.facts("keras", "tensorflow", "numpy")
    found = in_turn({"gan.sample(1)": kg_sample, "bare tf.function": bare_function}, count, arguments.rounds)
    title = f"One image of the same generator ({arguments.rounds} rounds of {count} calls)"
    table = report(title, found, "gan.sample(1)", "ms a call", lambda seconds: 1000 * seconds / count)
    machine.write(arguments.json, facts, [table])


if __name__ == "__main__":
    main()
