"""The game (`GAN`), its optimizers, and the variants that override a hook."""
