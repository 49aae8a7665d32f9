from typing import Any, NamedTuple

from keras_gan.game.game import Game


class Training(NamedTuple):
    """What a recipe makes: ready for `training.gan.fit(training.dataset, epochs=training.epochs)`.

    Attributes:
        gan: a compiled `GAN`.
        dataset: the batches, a `tf.data.Dataset` of dicts.
        epochs: int, how long the recipe trains unless told otherwise.
    """

    gan: Game
    dataset: Any
    epochs: int
