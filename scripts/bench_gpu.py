"""Times training steps on JAX against PyTorch with the same networks: on a GPU, or to try the script on a CPU.

    pip install "jax[cuda12]" keras matplotlib numpy pillow scikit-learn typer torch && pip install --no-deps .
    python scripts/bench_gpu.py                                     # TensorFlow is not needed
    python scripts/bench_gpu.py --networks "DCGAN 64" --profile
    python scripts/bench_gpu.py --networks tiny --seconds 1         # seconds, on any machine

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

import argparse
import importlib.metadata
import json
import multiprocessing
import os
import pathlib
import platform
import statistics
import tempfile
import time

LATENT = 128
NETWORKS = {  # name: (size of the images, batch, filters)
    "DCGAN 64": (64, 128, 64),
    "DCGAN 256": (256, 32, 64),
    "tiny": (16, 8, 8),
}
TYPES = ("float32", "bfloat16")


def reals(size, batch):
    import numpy as np

    return np.random.default_rng(0).uniform(-1, 1, (8 * batch, size, size, 3)).astype("float32")


def channels_of(size, filters):
    """Channels of the maps from the coarsest (4x4) to the finest, as in `keras_gan.networks.DCGANGenerator`."""
    return [min(filters * 2**stage, 1024) for stage in range((size // 4).bit_length() - 1)][::-1]


def cost(size, filters):
    """Returns the multiplications and additions of a step for one image.

    A pass costs what its convolutions do; backwards costs twice that. The generator runs once, forwards and backwards.
    The discriminator runs on the real, on the fake, and on the fake again for the generator, where only the images'
    gradient is asked for.
    """
    channels, side = channels_of(size, filters), 4
    generator = LATENT * 16 * channels[0]
    discriminator = 16 * channels[0]
    for come, go in zip(channels, [*channels[1:], 3], strict=True):
        generator += 16 * come * go * side**2
        discriminator += 16 * come * go * side**2
        side *= 2
    return 2 * (3 * generator + 8 * discriminator)


# Sides: each returns a function that runs `count` steps and waits for their end.


def keras_gan_on_jax(size, batch, filters, kind):
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    import keras_gan as kg

    keras.config.set_dtype_policy("mixed_bfloat16" if kind == "bfloat16" else "float32")
    keras.utils.set_random_seed(0)
    shape = (size, size, 3)
    gan = kg.GAN(
        kg.networks.DCGANGenerator(shape, LATENT, filters=filters, normalization="rms"),
        kg.networks.DCGANDiscriminator(shape, filters=filters),
        ema_half_life=None,
    )
    gan.compile(keras.optimizers.Adam(2e-4, beta_1=0.5))
    images = reals(size, batch)

    def run(count):
        epochs = max(1, count * batch // len(images))
        gan.fit(images, batch_size=batch, epochs=epochs, verbose=0)
        gan.generator.weights[0].value.block_until_ready()
        return epochs * len(images) // batch

    return run


def torch_networks(size, filters):
    from torch import nn

    channels = channels_of(size, filters)
    generator = [nn.Linear(LATENT, 16 * channels[0]), nn.Unflatten(1, (channels[0], 4, 4))]
    for come, go in zip(channels, [*channels[1:], 3], strict=True):
        generator += [rms_normalization(come), nn.ReLU(), nn.ConvTranspose2d(come, go, 4, 2, 1)]
    discriminator = []
    for come, go in zip([3, *channels[:0:-1]], channels[::-1], strict=True):
        discriminator += [nn.Conv2d(come, go, 4, 2, 1), nn.LeakyReLU(0.2)]
    discriminator += [nn.Flatten(), nn.Linear(16 * channels[0], 1)]
    return nn.Sequential(*generator, nn.Tanh()), nn.Sequential(*discriminator)


def rms_normalization(channels):
    """Returns PyTorch's counterpart of `keras.layers.RMSNormalization`, over channels."""
    import torch

    class Layer(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(1, channels, 1, 1))

        def forward(self, x):
            return x * torch.rsqrt(x.float().square().mean(1, keepdim=True) + 1e-6).to(x.dtype) * self.scale

    return Layer()


def on_torch(compiled):
    def prepare(size, batch, filters, kind):
        import torch
        from torch.nn.functional import softplus

        torch.manual_seed(0)
        torch.set_float32_matmul_precision("high")
        device = "cuda" if torch.cuda.is_available() else "cpu"
        networks = [n.to(device, memory_format=torch.channels_last) for n in torch_networks(size, filters)]
        generator, discriminator = networks
        g_optimizer, d_optimizer = (torch.optim.Adam(n.parameters(), 2e-4, (0.5, 0.999), fused=True) for n in networks)
        images = torch.tensor(reals(size, batch)).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        data = (images.pin_memory() if device == "cuda" else images).split(batch)
        precision = torch.autocast(device, torch.bfloat16, enabled=kind == "bfloat16")

        def draw(latent):
            with precision:
                return generator(latent)

        def discriminator_loss(real, fake):
            with precision:
                real_logits, fake_logits = discriminator(real).float(), discriminator(fake).float()
            return softplus(-real_logits).mean() + softplus(fake_logits).mean()

        def generator_loss(fake):
            with precision:
                return softplus(-discriminator(fake).float()).mean()

        if compiled:
            draw, discriminator_loss, generator_loss = map(torch.compile, (draw, discriminator_loss, generator_loss))

        def run(count):
            for index in range(count):
                real = data[index % len(data)].to(device, non_blocking=True)
                d_optimizer.zero_grad(set_to_none=True)
                fake = draw(torch.randn(batch, LATENT, device=device))
                discriminator_loss(real, fake.detach()).backward()
                d_optimizer.step()
                g_optimizer.zero_grad(set_to_none=True)
                generator_loss(fake).backward(inputs=list(generator.parameters()))
                g_optimizer.step()
            if device == "cuda":
                torch.cuda.synchronize()
            return count

        return run

    return prepare


SIDES = {"keras_gan, JAX": keras_gan_on_jax, "PyTorch, eager": on_torch(False), "torch.compile": on_torch(True)}


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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["DCGAN 64", "DCGAN 256"])
    parser.add_argument("--types", nargs="+", choices=TYPES, default=list(TYPES))
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each of the five stretches")
    parser.add_argument("--profile", action="store_true", help="list the kernels that take most of the time")
    parser.add_argument("--json", type=pathlib.Path, help="also write the numbers there")
    options = parser.parse_args()
    versions = {}
    for name in ("jax", "keras", "torch"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    machine = {"machine": platform.platform(), "python": platform.python_version(), **versions}
    print(json.dumps(machine))
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
    if options.json:
        options.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
