"""One step of a game: players update in turn, judges nested in the update of the player that they judge.

The functions take the `Game`; what tells one game from another are its hooks.
"""

import functools

import keras
from keras import ops

from keras_gan import _backend
from keras_gan.game import columns, drawing
from keras_gan.game.judging import Judging, probabilities
from keras_gan.game.round import Round
from keras_gan.penalties.penalty import Play
from keras_gan.schedules import value_at


def train(game, data):
    """Plays one training step; returns the logs."""
    batch = game.as_batch(data)
    *early, last = columns.split(batch, game.discriminator_steps)
    players = game.players()
    judges = [name for name in game.moving if players[name].judges]
    others = [name for name in game.moving if not players[name].judges]
    nested = judges if game.reuse_fakes and others else []
    for part in early if nested else [*early, last]:
        for judge in judges:
            update(game, judge, part)
    for index, player in enumerate(others):
        update(game, player, last, judges=() if index else nested)
    count = game.count(batch) * _backend.replicas()
    game.step.assign_add(1)
    game.images_seen.assign_add(ops.cast(count, game.images_seen.dtype))
    update_averages(game, count)
    return game.get_metrics_result()


def update(game, player, batch, drawn=None, judges=()):
    """Takes one optimizer step of a player; with `judges`, one of each on the same draw, nested before it.

    Raises:
        ValueError: if the player has nothing to minimise, or a variable of it takes no part.
    """
    optimizer, variables = game.optimizer[player], game.players()[player].variables

    def scaled_total():
        shown = drawing.draw(game, batch, moves=player == drawing_player(game)) if drawn is None else drawn
        for judge in judges:
            update(game, judge, batch, keras.tree.map_structure(ops.stop_gradient, shown))
        terms = losses(game, player, batch, shown)
        if not terms:
            raise ValueError(
                f"A player that moves must have something to minimise. Received: {player!r}, without terms while "
                f"{list(game.moving)} move. Let its judge move too, or leave it out of `players`."
            )
        return optimizer.scale_loss(sum(terms.values())), terms

    terms, gradients = _backend.aux_and_gradients(scaled_total, variables)
    if unreached := [v.path for v, gradient in zip(variables, gradients, strict=True) if gradient is None]:
        raise ValueError(
            f"Every trainable variable of the player {player!r} must take part in its loss. "
            f"Received: no gradient for {unreached}. Remove those layers, or set trainable=False on them."
        )
    with game.optimizer.scheduled(player, game.images_seen):
        _backend.apply(optimizer, gradients, variables)
    for _, penalty in game.rules.penalties_of(player):
        penalty.restrict(variables)
    game.observe(**terms)


def drawing_player(game):
    """Returns the player in whose update the batch statistics of the generators move: the first that is judged."""
    players = game.players()
    return next((name for name in game.moving if not players[name].judges), None)


def losses(game, player, batch, drawn):
    """Returns {name: weighted float32 scalar}, all terms that a player minimises."""
    round, judges = Round(batch, **drawn), game.players()[player].judges
    judgings = {name: Judging(game, name, round, judges) for name in duels_of(game, player)}
    for name, judging in judgings.items():
        if judges:
            round.outputs[name] = judging.of_real(), judging.of_fake()
            game.observe(**probability_terms(game, name, round))
        else:
            round.outputs[name] = judging.frozen(game.uses_real(name))
    terms = {**game.adversarial_terms(player, round), **game.terms(player, round)}
    if judges:
        adapt(game, round)
    return {**terms, **penalty_terms(game, player, judgings, round)}


def duels_of(game, player):
    """Returns the names of the duels that a player's loss is about: which it judges, or is judged in.

    A duel whose judge stands still, in a stage of the training, is not played.
    """
    players, found = game.players(), []
    for name, duel in game.duels().items():
        judging = player_of(players, getattr(game, duel.judge))
        if judging == player or (duel.against == player and judging in game.moving):
            found.append(name)
    return found


def player_of(players, network):
    """Returns the name of the player that a network belongs to."""
    return next(name for name, player in players.items() if any(own is network for own in player.networks))


def probability_terms(game, duel, round):
    """Returns the mean probabilities of being real that a judge gives to reals and to fakes."""
    words = ("real_probability", "fake_probability")
    found = probabilities(round.outputs[duel])
    return {game.log_name(word, duel): value for word, value in zip(words, found, strict=True)}


def adapt(game, round):
    """Lets losses and augmenters learn from the judges' outputs."""
    for name, (real, fake) in round.outputs.items():
        game.rules.losses[name].adapt(real["logits"], fake["logits"])
        if (augmenter := game.rules.augmenters[name]) is not None:
            augmenter.adapt(real["logits"])
            augmenter.set_progress(game.images_seen)


def penalty_terms(game, player, judgings, round):
    """Returns {name: weighted value} of a player's penalties. Only the value is conditional, never the update."""
    players, terms = game.players(), {}
    for duel, penalty in game.rules.penalties_of(player):
        if not penalty.logged or (duel is not None and duel not in judgings):
            continue
        play = judgings[duel].play(player) if duel else Play(networks=players[player].networks, round=round)
        # Outside of the frozen block, in which the random state would stand still.
        shown = play._replace(noise=penalty.draw(play, game.noise_seed))
        value, moved = _evaluated(game, penalty, shown)
        for variable, new in zip(penalty.memory, moved, strict=True):
            variable.assign(new)
        terms[penalty.name] = penalty.interval * value_at(penalty.weight, game.images_seen) * value
    return terms


def _evaluated(game, penalty, play):
    with _backend.frozen():  # a penalty moves no statistics and no seeds
        if penalty.interval == 1:
            return penalty.evaluate(play)
        due = ops.equal(game.step % penalty.interval, 0)
        now = [variable.value for variable in penalty.memory]
        return ops.cond(due, lambda: penalty.evaluate(play), lambda: (ops.zeros(()), now))


def update_averages(game, count):
    """Moves every average towards its network. The decay of one step is 0.5 ** (images in it / half-life)."""
    pairs = game.averaged()
    if not pairs:
        return
    ramped = game.ema_ramp_up * ops.cast(game.images_seen, "float32")
    half_life = ops.minimum(ops.cast(value_at(game.ema_half_life, game.images_seen), "float32"), ramped)
    decay = ops.power(0.5, ops.cast(count, "float32") / half_life)
    for average, network in pairs:
        for mean, weight in zip(average.weights, network.weights, strict=True):
            mean.assign(weight + decay * (mean - weight) if weight.trainable else weight)


def validate(game, data):
    """Plays one batch without learning: the averages make, all networks in inference mode. Returns the logs."""
    batch = game.as_batch(data)
    with _backend.frozen():
        round, values = validation_round(game, batch), {}
        for player in game.players():
            values |= game.adversarial_terms(player, round) | game.terms(player, round)
        for name in round.outputs:
            values |= probability_terms(game, name, round)
    game.observe(**values)
    return {name: game.trackers[name].result() for name in values}


def validation_round(game, batch, inputs=None, training=False):
    """Returns the `Round` of a batch, with the outputs of all judges for reals and fakes.

    Args:
        batch: dict of tensors, the columns of the data.
        inputs: dict of tensors, what the generators are fed, or None to draw it.
        training: bool, whether the networks that learn make and judge, as in training, or, the default, the averages
            make, and all networks are in inference mode.
    """
    inputs = game.sample_inputs(batch) if inputs is None else inputs
    round = Round(batch, inputs, drawing.made(game, batch, inputs, training), training)
    judge = functools.partial(game.discriminate, training=training)
    for name, duel in game.duels().items():
        sides = zip(duel.seen(round), duel.contexts(round), strict=True)
        round.outputs[name] = tuple(judge({**shown, **context}, duel.judge) for shown, context in sides)
    return round


def gradient_norms(game, batch):
    """Returns {player: Euclidean norm of its gradient} of the players that move, for a batch. Nothing is learned."""
    batch, norms, players = game.as_batch(batch), {}, game.players()
    for name in game.moving:

        def total(name=name):
            return sum(losses(game, name, batch, drawing.draw(game, batch)).values()), None

        with _backend.frozen():
            _, gradients = _backend.aux_and_gradients(total, players[name].variables)
            squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in gradients if g is not None]
        norms[name] = float(ops.sqrt(sum(squares)))
    return norms
