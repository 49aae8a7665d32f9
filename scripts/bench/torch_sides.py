"""Training steps of the textbook DCGAN on PyTorch: as its tutorial has it, and tuned by hand.

Each function prepares a side and returns a function that runs `count` steps. Their networks are those of
`textbook.textbook_networks`, in the memory format `channels_last`.
"""

import os

from textbook import BATCH, LATENT, reals


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
