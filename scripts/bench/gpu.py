"""Times training steps on JAX against PyTorch with the same networks: on a GPU, or to try the script on a CPU.

    pip install "jax[cuda12]" keras matplotlib numpy pillow scikit-learn typer torch && pip install --no-deps .
    python scripts/bench gpu                              # TensorFlow is not needed
    python scripts/bench gpu --networks "DCGAN 64" --profile
    python scripts/bench gpu --networks tiny --seconds 1  # seconds, on any machine

The networks: DCGAN of 64x64 (batch 128) and of 256x256 images (batch 32, the largest here), RMS normalization over
channels, 64 filters, at most 1,024. Sides: `keras_gan.GAN.fit` on JAX; PyTorch eager and with `torch.compile`,
channels_last, fused Adam, one pass of the generator a step, one backward pass for each player. Non-saturating loss, no
averages, batches from the host's memory. float32 (products in TensorFloat-32 on both sides, where the GPU has it) and
bfloat16 (`mixed_bfloat16`, `torch.autocast`).

Each side is a process of its own, one after the other, warmed up before it is timed; the median of five stretches.
Told: images a second, their ratio to `torch.compile`, and the share of the device's rate: the multiplications and
additions of the step's convolutions and matrix products over its time, against a product of 8,192 x 8,192 matrices in
the same type, by the same library. `--profile` lists the kernels that take most of the time,
for JAX on GPUs only.
"""

import multiprocessing
import pathlib
import statistics
import tempfile
import time

import machine
from gpu_sides import SIDES, cost

NETWORKS = {  # name: (size of the images, batch, filters)
    "DCGAN 64": (64, 128, 64),
    "DCGAN 256": (256, 32, 64),
    "tiny": (16, 8, 8),
}
TYPES = ("float32", "bfloat16")


def device_rate(side, kind, extent):
    """Returns the multiplications and additions a second of a large matrix product, and the device's name."""
    if side.startswith("keras_gan"):
        import jax
        from jax import numpy

        matrix = jax.random.normal(jax.random.key(0), (extent, extent), kind)
        product = jax.jit(lambda a: numpy.matmul(a, a).astype("float32"))
        once = lambda: product(matrix).block_until_ready()  # noqa: E731
        name = jax.devices()[0].device_kind
    else:
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
        matrix = torch.randn(extent, extent, device=device, dtype=getattr(torch, kind))
        once = lambda: float((matrix @ matrix)[0, 0])  # noqa: E731
        name = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    once()
    times = []
    for _ in range(10):
        start = time.perf_counter()
        once()
        times.append(time.perf_counter() - start)
    return 2 * extent**3 / min(times), name


def largest_kernels(side, run, steps, count=8):
    """Returns [(kernel, its share of the kernels' time)]."""
    totals = {}
    if side.startswith("keras_gan"):
        import jax

        with tempfile.TemporaryDirectory() as folder:
            with jax.profiler.trace(folder):
                run(steps)
            (path,) = pathlib.Path(folder).rglob("*.xplane.pb")
            planes = jax.profiler.ProfileData.from_file(str(path)).planes
            for line in (line for plane in planes if "/device:" in plane.name for line in plane.lines):
                for event in line.events if "Stream" in line.name else ():
                    totals[event.name] = totals.get(event.name, 0) + event.duration_ns
    else:
        import torch
        from torch import profiler

        with profiler.profile() as profile:
            run(steps)
        here = "self_device_time_total" if torch.cuda.is_available() else "self_cpu_time_total"
        totals = {event.key: getattr(event, here) for event in profile.key_averages()}
    whole = sum(totals.values()) or 1
    return [(name[:90], value / whole) for name, value in sorted(totals.items(), key=lambda i: -i[1])[:count]]


def measure(side, network, kind, seconds, profile, connection):
    """Trains for some seconds; sends what it measured."""
    try:
        size, batch, filters = NETWORKS[network]
        run = SIDES[side](size, batch, filters, kind)
        rate, device = device_rate(side, kind, 512 if network == "tiny" else 8192)
        start = time.perf_counter()
        run(8)
        first = time.perf_counter() - start
        start = time.perf_counter()
        done = run(16)
        count = max(8, round(seconds * done / (time.perf_counter() - start)))
        rates = []
        for _ in range(5):
            start = time.perf_counter()
            done = run(count)
            rates.append(done * batch / (time.perf_counter() - start))
        images = statistics.median(rates)
        found = {"images a second": images, "of the device": images * cost(size, filters) / rate, "device": device}
        found |= {"seconds to the first steps": first, "spread": (max(rates) - min(rates)) / images}
        connection.send({**found, "kernels": largest_kernels(side, run, 10) if profile else []})
    except Exception as error:  # told in the table
        connection.send({"problem": f"{type(error).__name__}: {str(error).strip().splitlines()[0][:100]}"})


def in_a_process(*arguments):
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=measure, args=(*arguments, theirs))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    except EOFError:
        return {"problem": "its process died"}
    finally:
        process.join()


def main():
    parser = machine.parser(__doc__)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["DCGAN 64", "DCGAN 256"])
    parser.add_argument("--types", nargs="+", choices=TYPES, default=list(TYPES))
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each of the five stretches")
    parser.add_argument("--profile", action="store_true", help="list the kernels that take most of the time")
    options = parser.parse_args()
    facts = machine.facts("jax", "keras", "torch")
    print("| network | type | side | images/s | times torch.compile | of the device | s to the first steps |")
    print("|---|---|---|---|---|---|---|")
    rows = []
    for network in options.networks:
        for kind in options.types:
            found = {
                side: in_a_process(side, network, kind, options.seconds, options.profile) for side in options.sides
            }
            reference = found.get("torch.compile", {}).get("images a second")
            for side, row in found.items():
                rows.append({"network": network, "type": kind, "side": side, **row})
                if "problem" in row:
                    print(f"| {network} | {kind} | {side} | {row['problem']} |", flush=True)
                    continue
                ratio = f"{row['images a second'] / reference:.2f}" if reference else "-"
                shown = [f"{row['images a second']:,.0f}", ratio, f"{row['of the device']:.2f}"]
                shown.append(f"{row['seconds to the first steps']:.1f}")
                print(f"| {network} | {kind} | {side} | {' | '.join(shown)} |", flush=True)
                for kernel, share in row["kernels"]:
                    print(f"    {share:6.1%}  {kernel}")
    machine.write(options.json, facts, rows)


if __name__ == "__main__":
    main()
