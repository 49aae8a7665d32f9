"""The space that generators draw from."""

from keras_gan.latents.distributions import DISTRIBUTIONS, fixed_latents, truncated

__all__ = ["DISTRIBUTIONS", "fixed_latents", "truncated"]
