import keras
from keras import layers

from keras_gan.arguments import check_whole
from keras_gan.networks.convolutions import check_normalization, convolved, normalized, weights
from keras_gan.networks.image_shape import checked_image_shape
from keras_gan.networks.network import Network


@keras.saving.register_keras_serializable("keras_gan")
class UNetGenerator(Network):
    """pix2pix's generator: a picture is halved step by step, doubled again, and every size passes on its details.

    Input: `source`, float32 `(batch, height, width, channels)` in [-1, 1]. Output: float32
    `(batch, height, width, output_channels)` in [-1, 1]. Every halving is a convolution of kernel 4 and stride 2, a
    normalization and a LeakyReLU; every doubling a transposed one, a normalization and a ReLU, beside the maps of the
    same size from the way down.

    Args:
        image_shape: (height, width, channels) of the source, both sides multiples of `2**depth`.
        output_channels: int, of the pictures drawn, or None for those of the source. Defaults to None.
        filters: int >= 1, channels after the first halving; each further one has twice as many. Defaults to 64.
        max_filters: int >= 1, most channels. Defaults to 512.
        depth: int >= 1, number of halvings, or None for all down to one pixel on the shorter side. Defaults to None.
        normalization: `"instance"`, `"batch"` or None. Defaults to `"instance"`: pix2pix trains on single pictures, on
            which batch normalization is the same.
        dropout: float in [0, 1), share dropped after the first three doublings in training. Defaults to 0.5.
        name: str, name of the model.
        input_name: str, name of the input. Defaults to `"source"`.

    Raises:
        ValueError: if a side is no multiple of `2**depth`, or a number out of range.

    Example:

    >>> UNetGenerator((32, 32, 1), filters=8).output_shape
    (None, 32, 32, 1)

    Reference:
        Isola et al. 2017, arXiv:1611.07004, section 6.1.1. Deviations: instance normalization as said above; dropout is
        off outside of training, so that a picture has one translation (the paper leaves it on).
    """

    def __init__(
        self,
        image_shape,
        output_channels=None,
        filters=64,
        max_filters=512,
        depth=None,
        normalization="instance",
        dropout=0.5,
        name="unet_generator",
        input_name="source",
    ):
        image_shape = checked_image_shape(image_shape)
        check_whole("filters", filters)
        check_normalization(normalization)
        halvings = _halvings(image_shape, depth)
        channels = [min(filters * 2**stage, max_filters) for stage in range(halvings)]
        source = keras.Input(image_shape, name=input_name)
        x, maps = source, []
        for stage, count in enumerate(channels):
            bare = stage in (0, halvings - 1)  # the last one has a pixel, which would be normalized to zero
            biased = normalization is None or (bare and normalization != "batch")  # as in the authors' code
            x = convolved(layers.LeakyReLU(negative_slope=0.2)(x) if stage else x, count, 4, 2, use_bias=biased)
            x = x if bare else normalized(x, normalization)
            maps.append(x)
        for stage in reversed(range(halvings)):
            x = layers.ReLU()(x)
            outermost = stage == 0
            count = (output_channels or image_shape[-1]) if outermost else channels[stage - 1]
            convolution = {"use_bias": outermost or normalization is None, "kernel_initializer": weights()}
            x = layers.Conv2DTranspose(count, 4, 2, "same", **convolution)(x)
            if not outermost:
                x = normalized(x, normalization)
                x = layers.Dropout(dropout)(x) if dropout and stage >= halvings - 3 else x
                x = layers.Concatenate()([x, maps[stage - 1]])
        image = layers.Activation("tanh", dtype="float32", name="image")(x)
        super().__init__(inputs=source, outputs=image, name=name)
        self.keep(
            image_shape=image_shape,
            output_channels=output_channels,
            filters=filters,
            max_filters=max_filters,
            depth=depth,
            normalization=normalization,
            dropout=dropout,
            input_name=input_name,
        )


def _halvings(image_shape, depth):
    """Returns how often the picture is halved: `depth`, or for None as often as both sides can be.

    Raises:
        ValueError: if a side is odd, or `depth` is out of range.
    """
    sides, deepest = list(image_shape[:2]), 0
    while all(side % 2 == 0 for side in sides):
        sides, deepest = [side // 2 for side in sides], deepest + 1
    if not deepest:
        raise ValueError(f"Both sides must be even. Received: image_shape={tuple(image_shape)}.")
    if depth is not None and (isinstance(depth, bool) or not isinstance(depth, int) or not 1 <= depth <= deepest):
        raise ValueError(
            f"`depth` must be from 1 to {deepest}, as often as both sides can be halved. "
            f"Received: depth={depth!r} for image_shape={image_shape}."
        )
    return deepest if depth is None else depth
