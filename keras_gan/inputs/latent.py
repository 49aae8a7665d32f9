import keras

from keras_gan.inputs.input import Input
from keras_gan.latents.distributions import DISTRIBUTIONS, fixed_latents, truncated


class Latent(Input):
    """Noise: the coordinates of a picture in the space that the generator draws from.

    Args:
        shape: tuple of int, the shape of one latent.
        distribution: `"normal"` (mean 0, deviation 1) or `"uniform"` (from -1 to 1). Defaults to `"normal"`.
        seed: `keras.random.SeedGenerator`, used in training. The game must own it. None where nothing is trained.
        stream: int >= 0, which sequence of random numbers `fixed` takes from a seed: two latents of one generator need
            different ones. Defaults to 0.

    Raises:
        ValueError: for an unknown distribution.

    Example:

    >>> Latent((4,)).fixed(2, seed=0).shape
    (2, 4)
    """

    def __init__(self, shape, distribution="normal", seed=None, stream=0):
        if distribution not in DISTRIBUTIONS:
            raise ValueError(f"`latent` must be 'normal' or 'uniform'. Received: latent={distribution!r}.")
        self.shape = tuple(shape)
        self.distribution = distribution
        self.seed = seed
        self.stream = stream

    def draw(self, batch, count):
        shape = (count, *self.shape)
        if self.distribution == "normal":
            return keras.random.normal(shape, dtype="float32", seed=self.seed)
        return keras.random.uniform(shape, -1.0, 1.0, dtype="float32", seed=self.seed)

    def fixed(self, count, seed=None, reference=None):
        seed = seed if seed is None or not self.stream else [seed, self.stream]
        return fixed_latents(count, self.shape, self.distribution, seed)

    def truncated(self, values, truncation):
        return truncated(values, truncation, self.distribution)

    def describe(self):
        return f"{self.distribution} latents of shape {self.shape}"

    def get_config(self):
        return {"shape": list(self.shape), "distribution": self.distribution, "stream": self.stream}
