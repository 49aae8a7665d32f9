import keras
from keras import layers

from keras_gan.arguments import check_whole
from keras_gan.networks.convolutions import check_normalization, convolved, normalized
from keras_gan.networks.image_shape import checked_image_shape
from keras_gan.networks.network import Network


@keras.saving.register_keras_serializable("keras_gan")
class PatchGAN(Network):
    """pix2pix's discriminator: one logit for every patch of a picture, so that it judges texture and not the whole.

    Inputs: the pictures of `image_shapes` by name, float32 in [-1, 1] and of one size; several are laid on each other.
    Output: float32 logits `(batch, rows, columns, 1)`. Every convolution has kernel 4; `stages` of them halve the
    picture, the last two keep it. Each logit sees 16, 34, 70, 142 or 286 pixels with 1 to 5 stages.

    Args:
        image_shapes: {input: (height, width, channels)}, such as `{"source": ..., "target": ...}`, or one shape for a
            single input `image`.
        filters: int >= 1, channels after the first convolution; each further one has twice as many. Defaults to 64.
        stages: int >= 1, convolutions that halve. Defaults to 3: patches of 70 pixels.
        normalization: `"instance"`, `"batch"` or None, after every convolution but the first and the last. Defaults to
            `"instance"`.
        max_filters: int >= 1, most channels. Defaults to 512.
        name: str, name of the model.

    Raises:
        ValueError: if the pictures differ in size, or a number is out of range.

    Example:

    >>> PatchGAN({"source": (32, 32, 1), "target": (32, 32, 3)}, filters=8, stages=2).output_shape
    (None, 6, 6, 1)

    Reference: Isola et al. 2017, arXiv:1611.07004, section 6.1.2. Deviation: instance normalization by default.
    """

    def __init__(self, image_shapes, filters=64, stages=3, normalization="instance", max_filters=512, name="patch_gan"):
        check_whole("filters", filters)
        check_whole("stages", stages)
        check_normalization(normalization)
        given = image_shapes if isinstance(image_shapes, dict) else {"image": image_shapes}
        shapes = {key: checked_image_shape(shape) for key, shape in given.items()}
        if len({shape[:2] for shape in shapes.values()}) > 1:
            raise ValueError(f"A judge sees pictures of one size. Received: image_shapes={image_shapes}.")
        inputs = {key: keras.Input(shape, name=key) for key, shape in shapes.items()}
        single = next(iter(inputs.values())) if len(inputs) == 1 else None
        x = layers.Concatenate()(list(inputs.values())) if single is None else single
        for stage in range(stages + 1):
            biased = stage == 0 or normalization is None
            strides = 1 if stage == stages else 2
            x = convolved(x, min(filters * 2**stage, max_filters), 4, strides, use_bias=biased)
            x = normalized(x, normalization) if stage else x
            x = layers.LeakyReLU(negative_slope=0.2)(x)
        logits = layers.Activation("linear", dtype="float32", name="logits")(convolved(x, 1, 4))
        super().__init__(inputs=inputs if single is None else single, outputs=logits, name=name)
        self.keep(
            image_shapes=image_shapes,
            filters=filters,
            stages=stages,
            normalization=normalization,
            max_filters=max_filters,
        )
