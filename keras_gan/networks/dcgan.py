import keras
from keras import layers

from keras_gan.networks.conditioning import (
    check_conditioning,
    discriminator_outputs,
    embedded,
    generator_inputs,
    label_input,
    takes_label,
)
from keras_gan.networks.image_shape import checked_image_shape, halvings
from keras_gan.networks.network import Network

UPSAMPLING = ("transposed", "nearest", "bilinear")
NORMALIZATION = ("batch", "rms", None)


def initializers(kernel_initializer):
    """Returns a function that makes a new initializer per layer: one instance would give equal layers equal weights."""
    if kernel_initializer is None:
        return lambda: keras.initializers.RandomNormal(stddev=0.02)  # Radford et al. 2015, section 4
    config = keras.initializers.serialize(keras.initializers.get(kernel_initializer))
    return lambda: keras.initializers.deserialize(config)


def _check_choices(upsampling, normalization):
    if upsampling not in UPSAMPLING:
        raise ValueError(f"`upsampling` must be one of {UPSAMPLING}. Received: upsampling={upsampling!r}.")
    if normalization not in NORMALIZATION:
        raise ValueError(f"`normalization` must be one of {NORMALIZATION}. Received: normalization={normalization!r}.")


def _normalized(x, normalization):
    if normalization == "batch":
        x = layers.BatchNormalization(momentum=0.9)(x)
    elif normalization == "rms":
        x = layers.RMSNormalization()(x)
    return layers.ReLU()(x)


def _doubled(x, upsampling, **convolution):
    if upsampling == "transposed":
        return layers.Conv2DTranspose(strides=2, padding="same", **convolution)(x)
    return layers.Conv2D(padding="same", **convolution)(layers.UpSampling2D(2, interpolation=upsampling)(x))


def _channels(filters, stages, largest):
    """Channels of the feature maps from the finest to the coarsest."""
    return [min(filters * 2**stage, largest) for stage in range(stages)]


def halved(x, stages, filters, max_filters, kernel_size, slope, batch_normalization, dropout, weights):
    """Returns `x` after `stages` convolutions of stride 2, flattened: the features of a discriminator.

    Args:
        weights: function without arguments that makes an initializer; the others as for `DCGANDiscriminator`.
    """
    for stage, channels in enumerate(_channels(filters, stages, max_filters)):
        normalize = batch_normalization and stage > 0
        x = layers.Conv2D(
            channels, kernel_size, strides=2, padding="same", use_bias=not normalize, kernel_initializer=weights()
        )(x)
        x = layers.BatchNormalization(momentum=0.9)(x) if normalize else x
        x = layers.LeakyReLU(negative_slope=slope)(x)
        x = layers.Dropout(dropout)(x) if dropout else x
    return layers.Flatten()(x)


@keras.saving.register_keras_serializable("keras_gan")
class DCGANGenerator(Network):
    """DCGAN's generator: latents -> a small feature map -> an image, doubling the size at each stage.

    A dense layer makes a map of base x base; stages of up-sampling, normalization and ReLU double it until the last one
    draws the image through tanh. Inputs: `latent`, float32 `(batch, latent_dim)`; with `code_dim` also `code`, float32
    `(batch, code_dim)`, and with `num_classes` also `label`, int32 `(batch,)`. Output: float32
    `(batch, size, size, channels)` in [-1, 1].

    Args:
        image_shape: (size, size, channels), size = base * 2**k from 8 on (28 = 7 * 4 too), channels 1, 3 or 4.
        latent_dim: int >= 1, numbers per latent. Defaults to 100, the paper's.
        filters: int >= 1, channels of the finest feature map (half the image's size); each coarser one has twice as
            many. Defaults to 64; the paper has 128.
        max_filters: int, most channels of any map. Defaults to 1024, the paper's.
        kernel_size: int, pixels. Defaults to 4: a multiple of the stride, so that transposed convolutions cover every
            pixel equally; the paper has 5.
        upsampling: `"transposed"` convolution, or `"nearest"` / `"bilinear"` resizing followed by convolution, which
            cannot draw checkerboards. Defaults to `"transposed"`.
        normalization: `"batch"`, `"rms"` (over the channels of each pixel; no image depends on its batch mates, and a
            moving average of the weights needs no statistics to fit them), or None. Defaults to `"batch"`, the paper's.
        kernel_initializer: a Keras initializer or its name, or None for the paper's normal of deviation 0.02. Defaults
            to None.
        base: int, size of the first map, or None for the smallest from 4 on. Defaults to None.
        name: str, name of the model.
        num_classes: int >= 1, for an input `label` from 0 to `num_classes - 1`, whose learned embedding joins the
            latent; or None. Defaults to None.
        code_dim: int >= 1, numbers of an input `code` that joins the latent (`keras_gan.InfoGAN`), or None. Defaults
            to None.

    Raises:
        ValueError: for a shape that is not square, not base * 2**k, an unknown `upsampling` or `normalization`, or a
            number that is not whole or below 1.

    Example:

    >>> DCGANGenerator((28, 28, 1), latent_dim=16, filters=8).output_shape
    (None, 28, 28, 1)

    Reference:
        Radford et al. 2015, arXiv:1511.06434, figure 1. Resize and convolution: Odena et al. 2016,
        doi:10.23915/distill.00003. RMS normalization: Zhang and Sennrich 2019, arXiv:1910.07467; over channels it is
        the pixelwise normalization of Karras et al. 2018, arXiv:1710.10196, section 4.2, with a gain. Deviations:
        kernel 4 and half as many filters by default; any size.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        filters=64,
        max_filters=1024,
        kernel_size=4,
        upsampling="transposed",
        normalization="batch",
        kernel_initializer=None,
        base=None,
        name="dcgan_generator",
        *,
        num_classes=None,
        code_dim=None,
    ):
        image_shape = checked_image_shape(image_shape)
        _check_choices(upsampling, normalization)
        weights = initializers(kernel_initializer)
        side, stages = halvings(image_shape, base)
        coarsest, *finer = reversed(_channels(filters, stages, max_filters))

        # A bias before batch normalization would be subtracted again.
        bias = normalization != "batch"
        normalized = lambda x: _normalized(x, normalization)  # noqa: E731
        doubled = lambda x, channels, use_bias: _doubled(  # noqa: E731
            x, upsampling, filters=channels, kernel_size=kernel_size, use_bias=use_bias, kernel_initializer=weights()
        )
        inputs, x = generator_inputs(latent_dim, num_classes, code_dim)
        x = layers.Dense(side * side * coarsest, use_bias=bias, kernel_initializer=weights())(x)
        x = normalized(layers.Reshape((side, side, coarsest))(x))
        for channels in finer:
            x = normalized(doubled(x, channels, use_bias=bias))
        x = doubled(x, image_shape[-1], use_bias=True)
        image = layers.Activation("tanh", dtype="float32", name="image")(x)
        super().__init__(inputs=inputs, outputs=image, name=name)
        self.keep(
            image_shape=image_shape,
            latent_dim=latent_dim,
            filters=filters,
            max_filters=max_filters,
            kernel_size=kernel_size,
            upsampling=upsampling,
            normalization=normalization,
            kernel_initializer=kernel_initializer,
            base=base,
            num_classes=num_classes,
            code_dim=code_dim,
        )


@keras.saving.register_keras_serializable("keras_gan")
class DCGANDiscriminator(Network):
    """DCGAN's discriminator: an image, halved by strided convolutions, -> one logit.

    Each stage is a convolution of stride 2 and a LeakyReLU; a dense layer reads the logit from the smallest map.
    Input: `image`, float32 `(batch, size, size, channels)` in [-1, 1]. Output: float32 `(batch, 1)`, no sigmoid. With
    `num_classes` there may be an input `label`, int32 `(batch,)`, or the output be a dict, as `conditioning` says:

    - `"projection"`: a label; the logit is v^T f + b + <e(label), f> for the features f and a learned vector e(label);
    - `"concatenation"`: a label, whose embedding is one more channel of the image;
    - `"classifier"`: no label; {"logits", "classes": `(batch, num_classes)`}, for `keras_gan.ACGAN`;
    - `"semi_supervised"`: no label; {"logits", "classes", "features"}, for `keras_gan.SemiSupervisedGAN`. The logit is
      log sum_k exp(classes_k): a softmax over the classes and one more for fakes, whose own logit is 0.

    Args:
        image_shape: (size, size, channels), as for `DCGANGenerator`.
        filters: int >= 1, channels of the finest feature map; each coarser one has twice as many. Defaults to 64, half
            the paper's.
        max_filters: int, most channels of any map. Defaults to 1024.
        kernel_size: int, pixels. Defaults to 4; the paper has 5.
        slope: float, slope of LeakyReLU below zero. Defaults to 0.2, the paper's.
        batch_normalization: bool, after every convolution but the first, as in the paper. Defaults to False: it rules
            out gradient penalties, and makes one image's logit depend on the others of its batch.
        dropout: float in [0, 1), share of features dropped after each stage. Defaults to 0.
        kernel_initializer: a Keras initializer or its name, or None for the paper's normal of deviation 0.02. Defaults
            to None.
        base: int, size of the last map, or None for the smallest from 4 on. Defaults to None.
        name: str, name of the model.
        num_classes: int >= 1, number of classes, or None for a discriminator without labels. Defaults to None.
        conditioning: str, what to do with the classes, where there are any. Defaults to `"projection"`.

    Raises:
        ValueError: for a shape that is not square or not base * 2**k, or an unknown `conditioning`.

    Example:

    >>> DCGANDiscriminator((28, 28, 1), filters=8).output_shape
    (None, 1)

    Reference:
        Radford et al. 2015, arXiv:1511.06434, section 3. Projection: Miyato and Koyama 2018, arXiv:1802.05637,
        equation 3; concatenation: Mirza and Osindero 2014, arXiv:1411.1784; classes: Odena et al. 2017,
        arXiv:1610.09585, section 3, and Salimans et al. 2016, arXiv:1606.03498, section 5. Deviations: kernel 4, no
        batch normalization and half as many filters by default; any size; the projection's features are all of the last
        map, not its sum over pixels.
    """

    def __init__(
        self,
        image_shape,
        filters=64,
        max_filters=1024,
        kernel_size=4,
        slope=0.2,
        batch_normalization=False,
        dropout=0.0,
        kernel_initializer=None,
        base=None,
        name="dcgan_discriminator",
        *,
        num_classes=None,
        conditioning="projection",
    ):
        image_shape = checked_image_shape(image_shape)
        check_conditioning(num_classes, conditioning)
        weights = initializers(kernel_initializer)
        _, stages = halvings(image_shape, base)

        inputs = {"image": keras.Input(image_shape, name="image")}
        x, label = inputs["image"], None
        if takes_label(num_classes, conditioning):
            inputs["label"] = label = label_input()
        if label is not None and conditioning == "concatenation":
            channel = embedded(label, num_classes, image_shape[0] * image_shape[1])
            x = layers.Concatenate()([x, layers.Reshape((*image_shape[:2], 1))(channel)])
        x = halved(x, stages, filters, max_filters, kernel_size, slope, batch_normalization, dropout, weights)
        outputs = discriminator_outputs(x, num_classes, conditioning, label, weights)
        super().__init__(inputs=inputs["image"] if label is None else inputs, outputs=outputs, name=name)
        self.keep(
            image_shape=image_shape,
            filters=filters,
            max_filters=max_filters,
            kernel_size=kernel_size,
            slope=slope,
            batch_normalization=batch_normalization,
            dropout=dropout,
            kernel_initializer=kernel_initializer,
            base=base,
            num_classes=num_classes,
            conditioning=conditioning,
        )
