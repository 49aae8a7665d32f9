"""Measures keras_gan against what one would write without it. All sides run in one call; medians are compared.

    python scripts/bench.py                  # everything below
    python scripts/bench.py train            # images a second of a training step, textbook DCGAN of 28 to 64 pixels
    python scripts/bench.py import           # what `import keras_gan` adds to keras and tensorflow
    python scripts/bench.py sample           # one image, against the bare tf.function
    python scripts/bench.py inference        # predict, sample, SavedModel, ONNX Runtime, LiteRT (minutes)
    python scripts/bench.py metrics          # distances against eigvals and prdc (minutes)
    python scripts/bench.py growth           # batches, sizes, devices, precisions, memory (bench_growth.py; minutes)
    python scripts/bench.py input            # waiting for images (bench_input.py; minutes)

Each side of train and sample is a process of its own that sleeps while another is measured, in a new order each round:
libraries do not share thread pools, and a slow minute of the machine falls on all sides alike. PyTorch (eager,
channels_last) needs `pip install torch==2.13.0`; without it those rows say so. Results go to the screen and, with
--json FILE, to a file.
"""

import argparse
import functools
import importlib.metadata
import json
import multiprocessing
import operator
import os
import platform
import random
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

BATCH, LATENT = 64, 128
SIZES = (28, 32, 64)
TINY = 4  # pixels of images whose networks are a dense layer each


# One function per side: prepares, then returns a function that runs `count` steps or calls.


def textbook_networks(size=28):
    """The DCGAN of the Keras example: transposed convolutions of 128, convolutions of 64 and 128, max pooling."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    if size == TINY:
        draw = [keras.Input((LATENT,)), layers.Dense(size * size, "tanh"), layers.Reshape((size, size, 1))]
        judge = [keras.Input((size, size, 1)), layers.Flatten(), layers.Dense(1)]
        return keras.Sequential(draw), keras.Sequential(judge)
    generator = keras.Sequential(
        [
            keras.Input((LATENT,)),
            layers.Dense((size // 4) ** 2 * 128),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Reshape((size // 4, size // 4, 128)),
            layers.Conv2DTranspose(128, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2DTranspose(128, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(1, 7, padding="same", activation="tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((size, size, 1)),
            layers.Conv2D(64, 3, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(128, 3, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.GlobalMaxPooling2D(),
            layers.Dense(1),
        ]
    )
    return generator, discriminator


def reals(size):
    import numpy as np

    return np.random.default_rng(0).uniform(-1, 1, (BATCH * 8, size, size, 1)).astype("float32")


def batches(count, size):
    """A tf.data.Dataset of `count` batches; all Keras sides read the same, as keras_gan.data makes it."""
    import keras_gan as kg

    return kg.data.images(reals(size), batch_size=BATCH).repeat().take(count)


def keras_gan_fit(size=28):
    import keras

    import keras_gan as kg

    gan = kg.GAN(*textbook_networks(size), ema_half_life=None)
    gan.compile(keras.optimizers.Adam(2e-4, beta_1=0.5))
    return lambda count: gan.fit(batches(count, size), verbose=0, shuffle=False)


def by_hand(size=28):
    """The same step in one tf.function: one generator pass, its fakes judged before and after D's update."""
    import keras
    import tensorflow as tf

    generator, discriminator = textbook_networks(size)
    g_optimizer, d_optimizer = (keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2))
    g_optimizer.build(generator.trainable_variables)
    d_optimizer.build(discriminator.trainable_variables)

    @tf.function(reduce_retracing=True)
    def step(batch):
        real = batch["image"]
        with tf.GradientTape() as g_tape:
            fake = generator(tf.random.normal((tf.shape(real)[0], LATENT)), training=True)
            with g_tape.stop_recording(), tf.GradientTape() as d_tape:
                real_logits, fake_logits = discriminator(real, training=True), discriminator(fake, training=True)
                d_loss = tf.reduce_mean(tf.nn.softplus(-real_logits)) + tf.reduce_mean(tf.nn.softplus(fake_logits))
            with g_tape.stop_recording():
                gradients = d_tape.gradient(d_loss, discriminator.trainable_variables)
                d_optimizer.apply(gradients, discriminator.trainable_variables)
            g_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(fake, training=True)))
        gradients = g_tape.gradient(g_loss, generator.trainable_variables)
        g_optimizer.apply(gradients, generator.trainable_variables)
        return d_loss, g_loss

    def run(count):
        for batch in batches(count, size):
            losses = step(batch)
        return [float(loss) for loss in losses]

    return run


def usual_keras(size=28):
    """The usual custom train_step: latents drawn twice, reals and fakes in one batch, binary cross-entropy."""
    import keras
    import tensorflow as tf

    class UsualGAN(keras.Model):
        def __init__(self, generator, discriminator):
            super().__init__()
            self.generator, self.discriminator = generator, discriminator
            self.d_tracker, self.g_tracker = keras.metrics.Mean("d_loss"), keras.metrics.Mean("g_loss")
            self.built = True

        def compile(self, d_optimizer, g_optimizer, loss):
            super().compile(optimizer=None)
            self.d_optimizer, self.g_optimizer, self.criterion = d_optimizer, g_optimizer, loss

        @property
        def metrics(self):
            return [self.d_tracker, self.g_tracker]

        def train_step(self, batch):
            real = batch["image"]
            size = tf.shape(real)[0]
            fake = self.generator(tf.random.normal((size, LATENT)), training=True)
            labels = tf.concat([tf.zeros((size, 1)), tf.ones((size, 1))], axis=0)
            with tf.GradientTape() as tape:
                d_loss = self.criterion(labels, self.discriminator(tf.concat([fake, real], axis=0), training=True))
            weights = self.discriminator.trainable_weights
            self.d_optimizer.apply_gradients(zip(tape.gradient(d_loss, weights), weights, strict=True))
            with tf.GradientTape() as tape:
                fake = self.generator(tf.random.normal((size, LATENT)), training=True)
                g_loss = self.criterion(tf.ones((size, 1)), self.discriminator(fake, training=True))
            weights = self.generator.trainable_weights
            self.g_optimizer.apply_gradients(zip(tape.gradient(g_loss, weights), weights, strict=True))
            self.d_tracker.update_state(d_loss)
            self.g_tracker.update_state(g_loss)
            return {tracker.name: tracker.result() for tracker in self.metrics}

    model = UsualGAN(*textbook_networks(size))
    model.compile(
        keras.optimizers.Adam(2e-4, beta_1=0.5),
        keras.optimizers.Adam(2e-4, beta_1=0.5),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    return lambda count: model.fit(batches(count, size), verbose=0, shuffle=False)


def torch_networks(size=28):
    import torch
    from torch import nn

    torch.manual_seed(0)
    torch.set_num_threads(os.cpu_count())
    generator = nn.Sequential(
        nn.Linear(LATENT, (size // 4) ** 2 * 128),
        nn.LeakyReLU(0.2),
        nn.Unflatten(1, (128, size // 4, size // 4)),
        nn.ConvTranspose2d(128, 128, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(128, 128, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(128, 1, 7, padding=3),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, 64, 3, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 3, 2, 1),
        nn.LeakyReLU(0.2),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(128, 1),
    )
    networks = generator.to(memory_format=torch.channels_last), discriminator.to(memory_format=torch.channels_last)
    optimizers = [torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999)) for network in networks]
    data = torch.tensor(reals(size)).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    return *networks, *optimizers, data.split(BATCH)


def torch_usual(size=28):
    """PyTorch as its DCGAN tutorial has it: eager, one draw, a backward pass each for reals, fakes and generator."""
    import torch
    from torch.nn import functional

    generator, discriminator, g_optimizer, d_optimizer, data = torch_networks(size)
    ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    loss = functional.binary_cross_entropy_with_logits

    def run(count):
        for index in range(count):
            discriminator.zero_grad()
            real_loss = loss(discriminator(data[index % len(data)]), ones)
            real_loss.backward()
            fake = generator(torch.randn(BATCH, LATENT))
            fake_loss = loss(discriminator(fake.detach()), zeros)
            fake_loss.backward()
            d_optimizer.step()
            generator.zero_grad()
            g_loss = loss(discriminator(fake), ones)
            g_loss.backward()
            g_optimizer.step()
        return real_loss.item() + fake_loss.item(), g_loss.item()

    return run


def torch_tuned(size=28):
    """The same in PyTorch with one backward pass for D, and none through D's weights in G's step."""
    import torch
    from torch.nn.functional import softplus

    generator, discriminator, g_optimizer, d_optimizer, data = torch_networks(size)

    def run(count):
        for index in range(count):
            fake = generator(torch.randn(BATCH, LATENT))
            d_optimizer.zero_grad(set_to_none=True)
            real_logits, fake_logits = discriminator(data[index % len(data)]), discriminator(fake.detach())
            d_loss = softplus(-real_logits).mean() + softplus(fake_logits).mean()
            d_loss.backward()
            d_optimizer.step()
            g_optimizer.zero_grad(set_to_none=True)
            discriminator.requires_grad_(False)
            g_loss = softplus(-discriminator(fake)).mean()
            g_loss.backward()
            discriminator.requires_grad_(True)
            g_optimizer.step()
        return d_loss.item(), g_loss.item()

    return run


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


# Running the sides in turn.


def worker(prepare, connection):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # TensorFlow's start-up notes; errors go through the connection
    try:
        run = prepare()
        run(3)
    except ImportError as error:
        connection.send(f"not installed: {error.name}")
        return
    except Exception as error:
        connection.send(f"failed: {error!r}")
        return
    connection.send(None)
    while (count := connection.recv()) is not None:
        start, cpu = time.perf_counter(), time.process_time()
        run(count)
        connection.send((time.perf_counter() - start, time.process_time() - cpu))


def in_turn(sides, count, rounds):
    """Returns {side: [(seconds, CPU seconds) of each round]}, or {side: reason} where it could not be prepared."""
    context = multiprocessing.get_context("spawn")
    found, alive = {}, {}
    for name, prepare in sides.items():
        ours, theirs = context.Pipe()
        process = context.Process(target=worker, args=(prepare, theirs), daemon=True)
        process.start()
        theirs.close()
        try:
            problem = ours.recv()
        except EOFError:
            problem = "its process died"
        if problem:
            found[name] = problem
        else:
            alive[name], found[name] = ours, []
    order = random.Random(0)
    for _ in range(rounds):
        # In a new order each round: some libraries' threads go on spinning for a while after their turn.
        for name, connection in order.sample(list(alive.items()), len(alive)):
            connection.send(count)
            found[name].append(connection.recv())
    for connection in alive.values():
        connection.send(None)
    return found


def report(title, found, reference, unit, per):
    """Prints a row a side: median rate, spread, CPU time, and the median over rounds of reference time / its time."""
    print(f"\n{title}\n  {'':34}{unit:>12}{'min..max':>18}{'CPU':>10}{f'{reference} is':>16}")
    rows = []
    for name, times in found.items():
        if isinstance(times, str):
            print(f"  {name:34}{times}")
            rows.append({"side": name, "problem": times})
            continue
        rates = [per(seconds) for seconds, _ in times]
        ours = found[reference]
        ratio = statistics.median(other / own for (own, _), (other, _) in zip(ours, times, strict=True))
        cpu = statistics.median(used / seconds for seconds, used in times)
        row = {"side": name, "median": statistics.median(rates), "min": min(rates), "max": max(rates), "cores": cpu}
        rows.append({**row, f"{reference} is times as fast": ratio})
        spread = f"{min(rates):.4g}..{max(rates):.4g}"
        print(f"  {name:34}{row['median']:>12.4g}{spread:>18}{cpu:>9.2f}c{ratio:>14.3f}x")
    return {"title": title, "unit": unit, "rows": rows}


def bench_train(rounds, count=40):
    sides = {"keras_gan fit": keras_gan_fit, "by hand, one tf.function": by_hand}
    sides |= {"usual Keras step, two draws": usual_keras}
    sides |= {"PyTorch, as its tutorial": torch_usual, "PyTorch, tuned by hand": torch_tuned}
    tables = []
    for size in SIZES:
        steps = max(8, count * 28**2 // size**2)
        found = in_turn({name: functools.partial(side, size) for name, side in sides.items()}, steps, rounds)
        title = (
            f"Training step, textbook {size}x{size} DCGAN, batch {BATCH}, float32 ({rounds} rounds of {steps} steps)"
        )
        rate = functools.partial(operator.truediv, steps * BATCH)
        tables.append(report(title, found, "keras_gan fit", "images/s", rate))
    return [*tables, bench_overhead(rounds)]


def bench_overhead(rounds, count=1000):
    """What a step of `fit` costs besides its networks, which are a dense layer each."""
    sides = {"keras_gan fit": keras_gan_fit, "by hand, one tf.function": by_hand}
    found = in_turn({name: functools.partial(side, TINY) for name, side in sides.items()}, count, rounds)
    title = f"A step of tiny networks, batch {BATCH} ({rounds} rounds of {count} steps)"
    return report(title, found, "keras_gan fit", "ms a step", lambda seconds: 1000 * seconds / count)


def bench_sample(rounds, count=200):
    found = in_turn({"gan.sample(1)": kg_sample, "bare tf.function": bare_function}, count, rounds)
    title = f"One image of the same generator ({rounds} rounds of {count} calls)"
    return report(title, found, "gan.sample(1)", "ms a call", lambda seconds: 1000 * seconds / count)


def bench_import(rounds):
    """Seconds that `import keras_gan` takes once keras and tensorflow are loaded, in fresh processes."""
    code = "import time, keras, tensorflow; t = time.perf_counter(); import keras_gan; print(time.perf_counter() - t)"
    run = lambda: subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: E731
    times = [float(run().stdout) for _ in range(rounds + 1)][1:]
    print(f"\nimport keras_gan, after keras and tensorflow: {statistics.median(times):.3f} s (of {rounds})")
    return {"title": "import", "unit": "s", "rows": [{"median": statistics.median(times), "all": times}]}


def bench_metrics(rounds):
    """Each metric's sides run in one process, in turn: all of them are NumPy. SciPy and prdc only where installed."""
    from bench_metrics import frechet_rows
    from bench_metrics_neighbours import neighbour_rows

    rows = [*frechet_rows(rounds), *neighbour_rows(min(rounds, 3)), *streaming_rows(rounds)]
    print(f"\nMetrics\n  {'':34}{'s':>10}{'min..max':>18}{'CPU s':>10}{'keras_gan is':>16}")
    for row in rows:
        if "problem" in row:
            print(f"  {row['side']:34}{row['problem']}")
            continue
        spread, ratio = f"{row['min']:.4g}..{row['max']:.4g}", row["keras_gan is times as fast"]
        case = row["case"] + (f", peak {row['peak_gigabytes']:.2f} GB" if "peak_gigabytes" in row else "")
        print(f"  {row['side']:34}{row['median']:>10.4g}{spread:>18}{row['cpu']:>10.4g}{ratio:>14.3f}x  ({case})")
    return {"title": "metrics", "unit": "s", "rows": rows}


def bench_inference(rounds):
    """The ways of drawing from a trained generator, in one process, in turn."""
    from bench_inference import inference_rows, report

    rows = inference_rows(3 * rounds)
    report(rows)
    return {"title": "inference", "unit": "ms a call", "rows": rows}


def bench_growth(rounds):
    """How a step's cost grows with batch, resolution and devices; precisions, XLA; memory, time to start."""
    from bench_growth import table

    return {"title": "growth", "unit": "see the keys", "rows": table()}


def bench_input(rounds):
    """How long a step waits for its images."""
    from bench_input import table

    return {"title": "input", "unit": "see the keys", "rows": table()}


def streaming_rows(rounds, batch=64):
    """Seconds for one batch: statistics of 2,048 features, against the Inception network that makes them."""
    import numpy as np
    from bench_metrics import row, timed

    from keras_gan.features import RandomInceptionFeatures
    from keras_gan.metrics.statistics import Moments

    random = np.random.default_rng(0)
    images = random.integers(0, 256, (batch, 32, 32, 3), dtype="uint8")
    extractor, moments = RandomInceptionFeatures(seed=0), Moments()
    features = extractor(images)["features"]
    sides = {
        "statistics of the features": lambda: moments.update(features),
        "Inception": lambda: len(extractor(images)),
    }
    found = {name: [] for name in sides}
    for side in sides.values():
        side()
    for _ in range(rounds):
        for name, side in sides.items():
            found[name].append(timed(side, ()))
    ours = found["statistics of the features"]
    return [row(name, times, ours, f"batch of {batch}") for name, times in found.items()]


AREAS = {
    "train": bench_train,
    "sample": bench_sample,
    "inference": bench_inference,
    "import": bench_import,
    "metrics": bench_metrics,
    "growth": bench_growth,
    "input": bench_input,
}


def machine():
    versions = {}
    for name in ("keras", "tensorflow", "onnxruntime", "ai-edge-litert", "torch", "numpy"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {"cores": os.cpu_count(), "processor": platform.processor() or platform.machine(), **versions}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("area", nargs="*", choices=[*AREAS, []], help="what to measure; everything by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="file for the results")
    arguments = parser.parse_args()
    facts = machine()
    print(", ".join(f"{key} {value}" for key, value in facts.items()))
    results = []
    for area in arguments.area or AREAS:
        found = AREAS[area](arguments.rounds)
        results += found if isinstance(found, list) else [found]
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"machine": facts, "results": results}, file, indent=2)


if __name__ == "__main__":
    main()
