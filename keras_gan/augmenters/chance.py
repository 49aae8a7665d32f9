import keras
from keras import ops


class Chance:
    """Random numbers for a batch: one value per image, each kept with a probability.

    All numbers come from two calls of the random generator: dozens of small ones would cost more than the rest of a
    small model's draw.

    Args:
        count: int or scalar tensor, number of images.
        seed: a `keras.random.SeedGenerator`.
        probability: float or scalar tensor, with which `or_identity` keeps a value. Defaults to 1.
        uniforms, normals: int, columns of numbers to draw. Default to what all transforms of `ADA` use together.
    """

    def __init__(self, count, seed, probability=1.0, uniforms=29, normals=12):
        self.count = count
        self.seed = seed
        self.probability = probability
        uniform = keras.random.uniform((count, uniforms), dtype="float32", seed=seed)
        normal = keras.random.normal((count, normals), dtype="float32", seed=seed) if normals else None
        self._uniforms = (uniform[:, index] for index in range(uniforms))
        self._normals = (normal[:, index] for index in range(normals))

    def uniform(self, low, high):
        """Returns (batch,) numbers, uniform in [low, high)."""
        return low + (high - low) * next(self._uniforms)

    def integer(self, low, high):
        """Returns (batch,) int32 numbers, uniform in low, ..., high."""
        numbers = ops.cast(ops.floor((high - low + 1) * next(self._uniforms)), "int32")
        return low + ops.minimum(numbers, high - low)  # the product may be rounded up to `high - low + 1`

    def normal(self, deviation):
        """Returns (batch,) normal numbers of mean 0."""
        return deviation * next(self._normals)

    def log_normal(self, deviation):
        """Returns (batch,) factors whose logarithm to base 2 is normal with mean 0."""
        return ops.power(2.0, self.normal(deviation))

    def or_identity(self, value, identity, probability=None):
        """Returns each image's row of `value` with the probability, else `identity`, a number of the same type."""
        probability = self.probability if probability is None else probability
        chosen = next(self._uniforms) < probability
        chosen = ops.reshape(chosen, (-1, *[1] * (len(value.shape) - 1)))
        return ops.where(chosen, value, ops.cast(identity, value.dtype))
