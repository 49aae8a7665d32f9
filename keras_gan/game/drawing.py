"""What one update looks at: the inputs of the generators, and all that the game makes from them."""

import numpy as np

from keras_gan import _backend
from keras_gan.game.round import Round
from keras_gan.inputs.given import Given


def inputs_of(game):
    """Returns {name: `keras_gan.inputs.Input`}, what all generators of a game are fed, in their order."""
    found = {}
    for generator in game.generators().values():
        found |= {name: each for name, each in generator.inputs.items() if name not in found}
    return found


def is_given_data(game):
    """Tells whether what a game shows needs rows of real data: a generator translates, or a picture is a column."""
    given = any(isinstance(each, Given) for each in inputs_of(game).values())
    return given or any(name in game.columns() for name in game.pictures)


def fixed(game, count, seed=None, reference=None):
    """Draws the inputs of all generators outside of training: {name: array}. As `Generator.fixed_inputs`."""
    return {name: each.fixed(count, seed, reference) for name, each in inputs_of(game).items()}


def draw(game, batch, moves=True):
    """Draws inputs and makes what one update needs: `{"inputs": ..., "made": ...}`.

    Args:
        batch: dict of tensors, the columns of the data.
        moves: bool, whether the generators' batch statistics move. They do so once per step.
    """
    inputs = game.sample_inputs(batch)
    if moves:
        return {"inputs": inputs, "made": made(game, batch, inputs)}
    with _backend.frozen():
        return {"inputs": inputs, "made": made(game, batch, inputs)}


def made(game, batch, inputs, training=True):
    """Returns what `game.make` makes: with the networks that learn, or with their averages when not in training."""
    generators = game.generators()

    def generate(name, inputs):
        generator = generators[name]
        return generator(inputs, training, generator.network if training else generator.used)

    return game.make(batch, inputs, generate)


def media_of_pictures(game):
    """Returns {name of the game's `pictures`: its `keras_gan.media.Medium`}; raises ValueError if there are none."""
    if not game.pictures:
        raise ValueError(
            f"A game that is to be shown must say what it shows. Received: {type(game).__name__} with "
            f"pictures={game.pictures}. Set `pictures`, such as {{'fake': 'image'}}."
        )
    columns = game.columns()
    return {name: columns[column].medium for name, column in game.pictures.items()}


def shown(game, inputs, reference, batch_size):
    """Returns what `game.shown` describes."""
    generators, media, parts = game.generators(), media_of_pictures(game), []

    def generate(name, inputs):
        generator = generators[name]
        return generator.run({key: np.asarray(inputs[key]) for key in generator.inputs})

    for start in range(0, len(next(iter(inputs.values()))), batch_size):
        rows, fed = (
            {name: value[start : start + batch_size] for name, value in given.items()} for given in (reference, inputs)
        )
        round = Round(rows, fed, game.make(rows, fed, generate), training=False)
        parts.append({name: medium.finish(np.asarray(round[name])) for name, medium in media.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in media}
