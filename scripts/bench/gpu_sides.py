"""What `gpu.py` compares: the package on JAX and PyTorch, with the same networks, and what a step of them costs.

Each side is a function that prepares a training and returns a function that runs about `count` steps, waits for their
end and returns how many they were.
"""

import os

LATENT = 128


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
