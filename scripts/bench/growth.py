"""Measures how the cost of a training step grows, and how near it comes to what the machine can do.

    python scripts/bench growth                # everything: a quarter of an hour on two cores
    python scripts/bench growth --areas sizes  # batches, resolutions, precisions
    python scripts/bench growth --json growth.json --plot growth.png

DCGAN of the package (base 4, RMS normalization, 64 filters where nothing else is said), non-saturating loss, Adam, no
averages, images in memory, `fit`; devices are logical ones of the CPU. Each row is a process of its own: images a
second (the median of three stretches of at least two seconds after the first one), peak resident memory, seconds until
the first step is done, and the share of the machine's rate: the multiplications and additions of the step's
convolutions and matrix products over its time, against a product of two 2,048 x 2,048 matrices in float32, the best of
twenty in the same process. A step runs the generator forwards and backwards (three times its forward cost) and the
discriminator forwards and backwards on reals and on fakes (six times), and once more on the fakes with a gradient of
the images alone (two times). The last column is the time that these convolutions take by themselves, one TensorFlow
operation after the other, over that of the step: 1 would mean that nothing else takes time.
"""

import functools
import multiprocessing
import os
import pathlib
import resource
import statistics
import time

import machine

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

AREAS = {
    "sizes": [{"size": size, "batch": 64} for size in (28, 32, 64)],
    "batches": [{"size": 32, "batch": batch} for batch in (16, 32, 64, 128, 256, 512)],
    "resolutions": [{"size": size, "batch": 16, "filters": 16} for size in (16, 32, 64, 128, 256)],
    "devices": [{"size": 32, "batch": 64, "devices": devices} for devices in (1, 2, 4)],
    "precisions": [{"size": 32, "batch": 64, "policy": p} for p in ("float32", "mixed_bfloat16", "mixed_float16")]
    + [{"size": 32, "batch": 64, "jit_compile": True}, {"size": 32, "batch": 64, "steps_per_execution": 10}],
}
DEFAULTS = {"filters": 64, "policy": "float32", "jit_compile": False, "steps_per_execution": 1, "devices": 1}


def forward_cost(network):
    """Returns the multiplications and additions of a network's convolutions and dense layers, for one image."""
    from keras import layers

    total = 0
    for layer in network._flatten_layers():
        if isinstance(layer, (layers.Conv2D, layers.Conv2DTranspose)):
            image = layer.input if isinstance(layer, layers.Conv2DTranspose) else layer.output
            total += 2 * layer.kernel.shape.num_elements() * image.shape[1] * image.shape[2]
        elif isinstance(layer, layers.Dense):
            total += 2 * layer.kernel.shape.num_elements()
    return total


def machine_rate():
    """Returns the multiplications and additions a second of a large matrix product."""
    import tensorflow as tf

    side = 2048
    left, right = tf.random.normal((side, side)), tf.random.normal((side, side))
    product = tf.function(lambda a, b: tf.reduce_sum(tf.matmul(a, b)))
    product(left, right).numpy()
    times = []
    for _ in range(20):
        start = time.perf_counter()
        product(left, right).numpy()
        times.append(time.perf_counter() - start)
    return 2 * side**3 / min(times)


def seconds_alone(operation):
    """Returns the seconds of an operation of TensorFlow that runs alone: the median of five."""
    import tensorflow as tf

    times = []
    for _ in range(6):
        start = time.perf_counter()
        float(tf.reshape(operation(), (-1,))[0])  # waits for it
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def seconds_of(layer, batch):
    """Returns the seconds of a convolution's forward pass, and of its gradients of the input and of the kernel."""
    import tensorflow as tf
    from keras import layers

    transposed = isinstance(layer, layers.Conv2DTranspose)
    draw = functools.partial(tf.random.normal, dtype=layer.compute_dtype)
    ends = [draw((batch, *end.shape[1:])) for end in (layer.input, layer.output)]
    large, small = reversed(ends) if transposed else ends
    kernel, named = draw(layer.kernel.shape), {"strides": [1, *layer.strides, 1], "padding": "SAME"}
    down = functools.partial(tf.raw_ops.Conv2D, input=large, filter=kernel, **named)
    up = functools.partial(
        tf.raw_ops.Conv2DBackpropInput, input_sizes=large.shape, filter=kernel, out_backprop=small, **named
    )
    of_kernel = functools.partial(
        tf.raw_ops.Conv2DBackpropFilter, input=large, filter_sizes=kernel.shape, out_backprop=small, **named
    )
    down, up, of_kernel = map(seconds_alone, (down, up, of_kernel))
    return (up, down, of_kernel) if transposed else (down, up, of_kernel)


def convolutions_alone(gan, batch):
    """Returns the seconds that the convolutions of a step take by themselves."""
    from keras import layers

    total = 0.0
    # How often a network runs, gives gradients of its inputs, and of its kernels.
    for network, *times in ((gan.generator, 1, 1, 1), (gan.discriminator, 3, 3, 2)):
        convolutions = [n for n in network.layers if isinstance(n, layers.Conv2D | layers.Conv2DTranspose)]
        for layer in convolutions:
            forward, of_input, of_kernel = seconds_of(layer, batch)
            total += times[0] * forward + times[1] * of_input + times[2] * of_kernel
            if network is gan.discriminator and layer is convolutions[0]:
                total -= 2 * of_input  # images get a gradient in the generator's update alone
    return total


def make(settings):
    """Returns a compiled GAN and its data."""
    import keras
    import numpy as np

    import keras_gan as kg
    from keras_gan import _backend

    keras.utils.set_random_seed(0)
    keras.mixed_precision.set_global_policy(settings["policy"])
    size, filters, batch = settings["size"], settings["filters"], settings["batch"]
    shape, base = (size, size, 3), 7 if size == 28 else 4
    options = {name: settings[name] for name in ("jit_compile", "steps_per_execution")}
    with _backend.sharing(settings["devices"]):
        gan = kg.GAN(
            kg.networks.DCGANGenerator(shape, 128, filters=filters, base=base, normalization="rms"),
            kg.networks.DCGANDiscriminator(shape, filters=filters, base=base),
            ema_half_life=None,
        )
        gan.compile(keras.optimizers.Adam(2e-4, beta_1=0.5), **options)
    images = np.random.default_rng(0).integers(0, 256, (max(64, 2 * batch), *shape), "uint8")
    return gan, kg.data.images(images, batch_size=batch).repeat()


def measure(settings, connection):
    """Trains for some seconds; sends what it measured."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        gan, dataset = make(settings)
        rate = machine_rate()
        every = settings["steps_per_execution"]
        start = time.perf_counter()
        gan.fit(dataset, steps_per_epoch=every, verbose=0)
        first = time.perf_counter() - start
        start = time.perf_counter()
        gan.fit(dataset, steps_per_epoch=2 * every, verbose=0)
        steps = every * max(1, round(2.0 * 2 / (time.perf_counter() - start)))
        rates = []
        for _ in range(3):
            start = time.perf_counter()
            gan.fit(dataset, steps_per_epoch=steps, verbose=0)
            rates.append(steps * settings["batch"] / (time.perf_counter() - start))
        cost = 3 * forward_cost(gan.generator) + 8 * forward_cost(gan.discriminator)
        images = statistics.median(rates)
        connection.send(
            {
                "images_a_second": images,
                "milliseconds_a_step": 1000 * settings["batch"] / images,
                "peak_gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
                "seconds_to_the_first_step": first,
                "gigaflops_a_second": images * cost / 1e9,
                "share_of_the_machine": images * cost / rate,
                "convolutions_alone": convolutions_alone(gan, settings["batch"]) * images / settings["batch"],
            }
        )
    except Exception as error:  # told in the table
        connection.send({"problem": f"{type(error).__name__}: {str(error).splitlines()[0][:100]}"})


def rows_of(area):
    """Measures the rows of an area, one after the other."""
    for given in AREAS[area]:
        settings = {**DEFAULTS, **given}
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(settings, theirs))
        process.start()
        theirs.close()
        try:
            found = ours.recv()
        except EOFError:
            found = {"problem": "its process died"}
        process.join()
        yield {"area": area, **settings, **found}


def line(row):
    told = [f"{row['size']}x{row['size']}", str(row["batch"]), str(row["filters"])]
    told.append(", ".join(str(v) for v in (row["policy"], "XLA" * row["jit_compile"]) if v))
    told[-1] += f", {row['steps_per_execution']} steps a call" * (row["steps_per_execution"] > 1)
    told[-1] += f", {row['devices']} devices" * (row["devices"] > 1)
    if "problem" in row:
        return f"| {' | '.join(told)} | {row['problem']} |"
    numbers = [f"{row['images_a_second']:,.0f}", f"{row['milliseconds_a_step']:.1f}", f"{row['peak_gigabytes']:.2f}"]
    numbers.append(f"{row['seconds_to_the_first_step']:.1f}")
    numbers += [f"{row[key]:.2f}" for key in ("share_of_the_machine", "convolutions_alone")]
    return f"| {' | '.join(told + numbers)} |"


def plot(rows, path):
    """Draws images a second and memory over the batch, the resolution and the number of devices."""
    from matplotlib.figure import Figure

    from keras_gan.storage import files

    figure = Figure(figsize=(12, 6), layout="constrained")
    shown = (("batches", "batch"), ("resolutions", "size"), ("devices", "devices"))
    axes = figure.subplots(2, len(shown), sharex="col")
    for column, (area, key) in enumerate(shown):
        chosen = [row for row in rows if row["area"] == area and "problem" not in row]
        for axis, value in zip(axes[:, column], ("images_a_second", "peak_gigabytes"), strict=True):
            axis.plot([row[key] for row in chosen], [row[value] for row in chosen], marker="o")
            axis.set_xscale("log", base=2)
            axis.set_xticks([row[key] for row in chosen], [str(row[key]) for row in chosen])
            axis.set_ylim(0, 1.1 * max(row[value] for row in chosen))
            axis.set_ylabel(value.replace("_", " "))
            axis.grid(alpha=0.3)
        axes[1, column].set_xlabel({"size": "pixels a side", "devices": "logical devices"}.get(key, key))
    with files.replacing(path) as written:
        figure.savefig(written, dpi=110)


def table(areas=tuple(AREAS)):
    """Measures areas and prints their table; returns the rows."""
    print("| images | batch | filters | how | images/s | ms a step | GB | s to start | of the machine | convolutions |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    rows = []
    for area in areas:
        for row in rows_of(area):
            rows.append(row)
            print(line(row), flush=True)
    return rows


def main():
    parser = machine.parser(__doc__)
    parser.add_argument("--areas", nargs="+", choices=AREAS, default=list(AREAS))
    parser.add_argument(
        "--plot", type=pathlib.Path, help="draw growth over batches, resolutions and devices there (PNG)"
    )
    options = parser.parse_args()
    facts = machine.facts("keras", "tensorflow", "numpy")
    rows = table(options.areas)
    machine.write(options.json, facts, rows)
    if options.plot:
        plot(rows, options.plot)


if __name__ == "__main__":
    main()
