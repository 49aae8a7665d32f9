import keras
from keras import layers

from keras_gan.arguments import check_whole
from keras_gan.networks.convolutions import check_normalization, convolved, normalized, weights
from keras_gan.networks.image_shape import checked_image_shape
from keras_gan.networks.network import Network

PADDING = ("reflect", "zero")


@keras.saving.register_keras_serializable("keras_gan")
class ResnetGenerator(Network):
    """CycleGAN's generator: a picture is halved twice, changed by residual blocks, and doubled twice.

    Input: `image`, float32 `(batch, height, width, channels)` in [-1, 1], both sides multiples of 4. Output: float32
    pictures of the same size in [-1, 1].

    Args:
        image_shape: (height, width, channels).
        output_channels: int, of the pictures drawn, or None for those of the input. Defaults to None.
        filters: int >= 1, channels at full size; a half and a quarter of the size have two and four times as many.
            Defaults to 64.
        blocks: int >= 0, residual blocks at a quarter of the size. Defaults to 9, the paper's for 256 pixels; it has 6
            for 128.
        normalization: `"instance"`, `"batch"` or None. Defaults to `"instance"`.
        padding: `"reflect"` or `"zero"`, the frame around the maps of convolutions. Defaults to `"reflect"`.
        name: str, name of the model.
        input_name: str, name of the input. Defaults to `"image"`.

    Raises:
        ValueError: if a side is no multiple of 4, or an argument out of range.

    Example:

    >>> ResnetGenerator((32, 32, 3), filters=8, blocks=2).output_shape
    (None, 32, 32, 3)

    Reference: Zhu et al. 2017, arXiv:1703.10593, appendix 7.2; Johnson et al. 2016, arXiv:1603.08155.
    """

    def __init__(
        self,
        image_shape,
        output_channels=None,
        filters=64,
        blocks=9,
        normalization="instance",
        padding="reflect",
        name="resnet_generator",
        input_name="image",
    ):
        image_shape = checked_image_shape(image_shape)
        check_whole("filters", filters)
        check_whole("blocks", blocks, least=0)
        check_normalization(normalization)
        if padding not in PADDING:
            raise ValueError(f"`padding` must be one of {PADDING}. Received: padding={padding!r}.")
        if any(side % 4 for side in image_shape[:2]):
            raise ValueError(f"Both sides must be multiples of 4. Received: image_shape={image_shape}.")

        biased = normalization is None

        def activated(x):
            return layers.ReLU()(normalized(x, normalization))

        def residual(x):
            return convolved(x, 4 * filters, 3, padding=padding, use_bias=biased)

        image = keras.Input(image_shape, name=input_name)
        x = activated(convolved(image, filters, 7, padding=padding, use_bias=biased))
        for count in (2 * filters, 4 * filters):
            x = activated(convolved(x, count, 3, 2, use_bias=biased))
        for _ in range(blocks):
            x = layers.Add()([x, normalized(residual(activated(residual(x))), normalization)])
        for count in (2 * filters, filters):
            convolution = {"use_bias": biased, "kernel_initializer": weights()}
            x = activated(layers.Conv2DTranspose(count, 3, 2, "same", **convolution)(x))
        x = convolved(x, output_channels or image_shape[-1], 7, padding=padding)
        drawn = layers.Activation("tanh", dtype="float32", name="drawn")(x)
        super().__init__(inputs=image, outputs=drawn, name=name)
        self.keep(
            image_shape=image_shape,
            output_channels=output_channels,
            filters=filters,
            blocks=blocks,
            normalization=normalization,
            padding=padding,
            input_name=input_name,
        )
