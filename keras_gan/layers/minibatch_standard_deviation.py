import keras
from keras import ops

from keras_gan.arguments import check_whole

EPSILON = 1e-8  # the square root has infinite slope at 0, where all images of a group are equal


@keras.saving.register_keras_serializable("keras_gan")
class MinibatchStandardDeviation(keras.layers.Layer):
    """Appends to each image's features how much the images of its group differ: a discriminator sees missing variety.

    Over the images of a group the standard deviation (biased, sqrt(variance + 1e-8)) of every feature at every place is
    taken; its mean over places and channels is one number a group, appended as a constant channel. With several
    `features` the channels are divided into as many equal runs, each with a mean of its own.

    Of N images, image i belongs to group i mod max(1, N // group_size). A batch that `group_size` divides has groups of
    that size, a remainder is spread over them, a smaller batch is one group; so only a batch of one has a group of one,
    whose deviation is 1e-4. Every batch size runs, also one known only when running.

    An image's output depends on its batch mates, in inference too: this layer is for discriminators only. Computed in
    float32. Input: float `(batch, ..., channels)`; output: `(batch, ..., channels + features)`.

    Args:
        group_size: int >= 1, images a group, or None for the whole batch. Defaults to 4, StyleGAN's; the paper has the
            whole batch.
        features: int >= 1, channels appended; a divisor of the number of channels. Defaults to 1.

    Raises:
        ValueError: if an argument is not a whole number >= 1, or `features` does not divide the channels.

    Example:

    >>> import numpy as np
    >>> images = np.zeros((4, 2, 2, 3), "float32")
    >>> images[0] = 4.0
    >>> np.array(MinibatchStandardDeviation()(images))[:, 0, 0].round(3)
    array([[4.   , 4.   , 4.   , 1.732],
           [0.   , 0.   , 0.   , 1.732],
           [0.   , 0.   , 0.   , 1.732],
           [0.   , 0.   , 0.   , 1.732]], dtype=float32)

    Reference:
        Karras et al. 2018, arXiv:1710.10196, section 3. Deviation: groups of `group_size` by default.
    """

    def __init__(self, group_size=4, features=1, **arguments):
        if group_size is not None:
            check_whole("group_size", group_size)
        check_whole("features", features)
        super().__init__(**arguments)
        self.group_size = group_size
        self.features = features

    def build(self, input_shape):
        if input_shape[-1] % self.features:
            raise ValueError(
                f"`features` must divide the {input_shape[-1]} channels. Received: features={self.features}."
            )

    def call(self, inputs):
        x = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        count, channels = ops.shape(x)[0], x.shape[-1]
        groups = 1 if self.group_size is None else count // self.group_size
        groups = max(groups, 1) if isinstance(groups, int) else ops.maximum(groups, 1)
        group = ops.arange(count) % groups
        sizes = ops.segment_sum(ops.ones((count,), x.dtype), group, groups)

        def group_mean(values):
            means = ops.segment_sum(values, group, groups) / sizes[:, None]
            return ops.take(means, group, axis=0)

        flat = ops.reshape(x, (count, -1))
        deviation = ops.sqrt(group_mean(ops.square(flat - group_mean(flat))) + EPSILON)
        deviation = ops.reshape(deviation, (count, -1, self.features, channels // self.features))
        deviation = ops.mean(deviation, axis=(1, 3))
        places = ops.shape(inputs)[1:-1]
        deviation = ops.reshape(deviation, (count, *[1] * len(places), self.features))
        deviation = ops.broadcast_to(deviation, (count, *places, self.features))
        return ops.concatenate([inputs, ops.cast(deviation, inputs.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + self.features)

    def get_config(self):
        return {**super().get_config(), "group_size": self.group_size, "features": self.features}
