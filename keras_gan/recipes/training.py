from typing import Any, NamedTuple

from keras_gan.game.game import Game


class Stage(NamedTuple):
    """A part of a training in which some of the players move.

    Attributes:
        players: tuple of their names.
        epochs: int >= 1, how long it takes. The last stage goes on until the training ends.
    """

    players: tuple[str, ...]
    epochs: int


class Training(NamedTuple):
    """What a recipe makes: ready for `training.gan.fit(training.dataset, epochs=training.epochs)`.

    Attributes:
        gan: a compiled `GAN`.
        dataset: the batches, a `tf.data.Dataset` of dicts.
        epochs: int, how long the recipe trains unless told otherwise.
        stages: tuple of `Stage`, or () for a training in which all players move from the start.
    """

    gan: Game
    dataset: Any
    epochs: int
    stages: tuple[Stage, ...] = ()
