"""Measures a training step of the textbook DCGAN against what one would write without the package.

    python scripts/bench train [--rounds 5]

Images per second at 28x28, 32x32 and 64x64 pixels, and the milliseconds of a step whose networks are tiny. Each side is
a process of its own that sleeps while another is measured, in a new order in each round: libraries do not share thread
pools, and a slow minute of the machine falls on all sides alike; medians are compared. PyTorch (eager, channels_last)
needs `pip install torch==2.13.0`; without it those rows say so.
"""

import functools
import operator
import os

import machine
from keras_sides import by_hand, keras_gan_fit, usual_keras
from textbook import BATCH, TINY
from torch_sides import torch_tuned, torch_usual
from turns import in_turn, report

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SIZES = (28, 32, 64)
KERAS = {"keras_gan fit": keras_gan_fit, "by hand, one tf.function": by_hand}
OTHERS = {
    "usual Keras step, two draws": usual_keras,
    "PyTorch, as its tutorial": torch_usual,
    "PyTorch, tuned by hand": torch_tuned,
}


def at_size(sides, size):
    """Returns the sides with networks for images of `size` pixels per side."""
    return {name: functools.partial(side, size) for name, side in sides.items()}


def images_per_second(size, rounds, count=40):
    steps = max(8, count * 28**2 // size**2)
    found = in_turn(at_size(KERAS | OTHERS, size), steps, rounds)
    title = f"Training step, textbook {size}x{size} DCGAN, batch {BATCH}, float32 ({rounds} rounds of {steps} steps)"
    return report(title, found, "keras_gan fit", "images/s", functools.partial(operator.truediv, steps * BATCH))


def overhead(rounds, count=1000):
    """Measures what a step of `fit` costs besides its networks, which are one dense layer each."""
    found = in_turn(at_size(KERAS, TINY), count, rounds)
    title = f"A step of tiny networks, batch {BATCH} ({rounds} rounds of {count} steps)"
    return report(title, found, "keras_gan fit", "ms a step", lambda seconds: 1000 * seconds / count)


def main():
    arguments = machine.parser(__doc__, rounds=5).parse_args()
    facts = machine.facts("keras", "tensorflow", "torch", "numpy")
    tables = [images_per_second(size, arguments.rounds) for size in SIZES]
    machine.write(arguments.json, facts, [*tables, overhead(arguments.rounds)])


if __name__ == "__main__":
    main()
