"""Latents are the random vectors that generators start from: their distributions, and truncation."""

from keras_gan.latents.distributions import DISTRIBUTIONS, fixed_latents, truncated

__all__ = ["DISTRIBUTIONS", "fixed_latents", "truncated"]
