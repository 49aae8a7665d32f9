"""The textbook DCGAN that the benchmarks train, and its images."""

BATCH, LATENT = 64, 128
TINY = 4  # pixels per side of images whose networks are one dense layer each


def textbook_networks(size=28):
    """The DCGAN of the Keras example: transposed convolutions of 128, convolutions of 64 and 128, max pooling."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    if size == TINY:
        draw = [keras.Input((LATENT,)), layers.Dense(size * size, "tanh"), layers.Reshape((size, size, 1))]
        judge = [keras.Input((size, size, 1)), layers.Flatten(), layers.Dense(1)]
        return keras.Sequential(draw), keras.Sequential(judge)
    generator = keras.Sequential(
        [
            keras.Input((LATENT,)),
            layers.Dense((size // 4) ** 2 * 128),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Reshape((size // 4, size // 4, 128)),
            layers.Conv2DTranspose(128, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2DTranspose(128, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(1, 7, padding="same", activation="tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((size, size, 1)),
            layers.Conv2D(64, 3, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(128, 3, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.GlobalMaxPooling2D(),
            layers.Dense(1),
        ]
    )
    return generator, discriminator


def reals(size):
    import numpy as np

    return np.random.default_rng(0).uniform(-1, 1, (BATCH * 8, size, size, 1)).astype("float32")


def batches(count, size):
    """A tf.data.Dataset of `count` batches; all Keras sides read the same, as keras_gan.data makes it."""
    import keras_gan as kg

    return kg.data.images(reals(size), batch_size=BATCH).repeat().take(count)
