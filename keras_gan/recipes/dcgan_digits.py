"""DCGAN on handwritten digits of 8x8 pixels that come with the package. The default.

    keras-gan train

About 90 seconds on two cores of an AMD EPYC (seeds 0 to 2, TensorFlow 2.21). Of 1,000 samples of the average, 87 to
90% have a top probability above 0.9 by scikit-learn's MLPClassifier and LogisticRegression trained on the real
digits, as many as of real digits that these have not seen; every digit is 8 to 13% of them.
`bash scripts/test.sh -m slow tests/recipes -s` prints both.
"""

import functools

from keras_gan.recipes import dcgan

EPOCHS = 30  # each of ten passes over the data

data = functools.partial(dcgan.data, batch_size=64, passes=10)
gan = functools.partial(
    dcgan.gan, latent_dim=10, filters=64, base=2, gamma=0.05, learning_rate=2e-3, ema_half_life=30_000
)
