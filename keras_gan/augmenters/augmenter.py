import keras


@keras.saving.register_keras_serializable("keras_gan")
class Augmenter(keras.layers.Layer):
    """Base of the augmenters; itself it changes nothing.

    An augmenter changes images at random before the discriminator sees them: reals, fakes, and fakes in the generator's
    update. Drawing and applying are apart, so that one draw can be applied more than once: `draw` is the only method
    that moves the random generator, `apply` is a pure function, twice differentiable with respect to the images.

    Everything is computed in float32 under every dtype policy.

    Args:
        seed: int or None, seed of the parameters drawn.
        name: str, name of the layer.

    Example:

    >>> import numpy as np
    >>> augmenter, images = Augmenter(), np.zeros((2, 8, 8, 3), "float32")
    >>> augmenter.apply(images, augmenter.draw(images)).shape == images.shape
    True
    """

    def __init__(self, seed=None, name=None):
        super().__init__(name=name, trainable=False, dtype="float32")
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True  # nothing depends on the images' shape; otherwise weights would not be loaded

    def state(self, name, value=0.0):
        """Adds a number that is saved: a float32 scalar variable that no optimizer moves."""
        return self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(value),
            dtype="float32",
            trainable=False,
            autocast=False,
            aggregation="mean",
            name=name,
        )

    def draw(self, images):
        """Draws the parameters for a batch of images.

        Args:
            images: tensor `(batch, height, width, channels)`, only its shape is read. The batch may be dynamic.

        Returns:
            dict of tensors, one row per image.
        """
        return {}

    def apply(self, images, drawn):
        """Changes images as the parameters say. Moves no state.

        Args:
            images: float tensor `(batch, height, width, channels)` in [-1, 1].
            drawn: dict of tensors, as from `draw`.

        Returns:
            float32 tensor of the same shape. Values may leave [-1, 1].
        """
        return keras.ops.cast(images, "float32")

    def call(self, images):
        """Draws and applies."""
        return self.apply(images, self.draw(images))

    def adapt(self, real_logits):
        """Learns from the discriminator's logits for (augmented) reals, `(batch, ...)`. Does nothing here."""

    def set_progress(self, images_seen):
        """Is told the number of real images seen, an int or an integer scalar tensor. Does nothing here."""

    def get_config(self):
        return {"seed": self.seed, "name": self.name}


def image_size(images, colors=True):
    """Returns height, width and channels of images.

    Args:
        images: tensor.
        colors: bool, whether the channels must be ones that colours are defined for.

    Raises:
        ValueError: if they are unknown, or not those of images.
    """
    shape = tuple(images.shape)
    if len(shape) != 4 or None in shape[1:]:
        raise ValueError(
            f"Images to augment must have the shape (batch, height, width, channels). Received: shape={shape}. "
            "Height, width and channels must be known when the function is traced."
        )
    if colors and shape[-1] not in (1, 3, 4):
        raise ValueError(
            "Colours are defined for 1 (grey), 3 (RGB) or 4 (RGB and alpha) channels. "
            f"Received: channels={shape[-1]}. Switch the colour transforms off."
        )
    return shape[1:]
