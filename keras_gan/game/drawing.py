"""What one update looks at: the inputs of the generators, and all that the game makes from them."""

from keras_gan import _backend


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
