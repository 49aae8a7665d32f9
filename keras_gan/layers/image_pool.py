import keras
from keras import ops

from keras_gan.arguments import check_whole


@keras.saving.register_keras_serializable("keras_gan")
class ImagePool(keras.layers.Layer):
    """Mixes images of earlier steps among those of this one, so that a judge does not forget what it has seen.

    Until the pool is full, images are stored and passed on. Then each image is passed on with probability 1/2; else a
    stored one comes out in its place, and the image is stored there. Every image of a batch is decided on its own. A
    batch that fills the pool leaves images over, which are passed on.

    The pool is a weight and its random generator is tracked, so both are saved with the model. On several devices of
    TensorFlow the pool keeps images of the first.

    Args:
        image_shape: (height, width, channels).
        size: int >= 0, images in the pool. Defaults to 50, the papers' number. 0 passes everything on.
        seed: int or None, seed of what is chosen.
        arguments: those of `keras.layers.Layer`.

    Raises:
        ValueError: if `size` is negative; when called, for a batch of more images than the pool holds.

    Example:

    >>> import numpy as np
    >>> pool = ImagePool((8, 8, 1), size=4)
    >>> images = np.ones((2, 8, 8, 1), "float32")
    >>> bool((np.array(pool(images)) == images).all())
    True

    Reference: Shrivastava et al. 2017, arXiv:1612.07828, section 2.3; Zhu et al. 2017, arXiv:1703.10593, section 4.
    """

    def __init__(self, image_shape, size=50, seed=None, **arguments):
        super().__init__(trainable=False, dtype="float32", **arguments)
        check_whole("size", size, least=0)
        self.image_shape = tuple(image_shape)
        self.size = size
        self.seed = seed
        self.random = keras.random.SeedGenerator(seed)
        shared = {"trainable": False, "initializer": "zeros", "aggregation": "only_first_replica"}
        self.images = self.add_weight(shape=(size, *self.image_shape), autocast=False, name="images", **shared)
        self.stored = self.add_weight(shape=(), dtype="int32", name="stored", **shared)
        self.built = True

    def call(self, images):
        if not self.size:
            return images
        images, count = ops.cast(images, "float32"), ops.shape(images)[0]
        if isinstance(count, int) and count > self.size:
            raise ValueError(
                f"A pool must hold at least a batch. Received: {count} images for a pool of {self.size}. "
                f"Use `pool_size={count}` or more, or 0 for none."
            )
        slots = ops.cast(ops.argsort(keras.random.uniform((self.size,), seed=self.random))[:count], "int32")
        exchanged = keras.random.uniform((count,), seed=self.random) < 0.5
        full = self.stored.value >= self.size
        free = self.stored.value + ops.arange(count, dtype="int32")
        stored = ops.where(full, exchanged, free < self.size)
        slots = ops.where(full, slots, ops.minimum(free, self.size - 1))
        past = ops.take(self.images.value, slots, axis=0)
        self._store(images, slots, ops.cast(stored, "float32"))
        self.stored.assign(ops.minimum(self.stored.value + count, self.size))
        return ops.where(self._wide(ops.logical_and(full, exchanged)), past, images)

    def _store(self, images, slots, stored):
        """Writes the images for which `stored` is 1 into their slots; no two of these are the same."""
        chosen = ops.one_hot(slots, self.size, axis=0, dtype="float32") * stored  # (size, count)
        flat = ops.reshape(images, (ops.shape(images)[0], -1))
        written = ops.reshape(ops.matmul(chosen, flat), self.images.shape)
        self.images.assign(ops.where(self._wide(ops.sum(chosen, axis=1) > 0), written, self.images.value))

    def _wide(self, rows):
        return ops.reshape(rows, (-1, *[1] * len(self.image_shape)))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {"image_shape": list(self.image_shape), "size": self.size, "seed": self.seed, "name": self.name}
