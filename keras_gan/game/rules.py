import keras

from keras_gan.augmenters.augmenter import Augmenter
from keras_gan.game import inspection
from keras_gan.losses import names as losses
from keras_gan.part import plain
from keras_gan.penalties.penalty import Penalty
from keras_gan.schedules import check as check_schedule

serialize = keras.saving.serialize_keras_object
deserialize = keras.saving.deserialize_keras_object


class Rules:
    """What the players of a game learn by: for each duel a loss, an augmenter and penalties.

    Losses, augmenters and penalties may remember something from step to step. So the first duel gets the loss and the
    augmenter that `compile` was given, and every other duel gets copies. The only duel of a game gets the penalties as
    they are; of several duels each gets copies of them, with its name behind theirs.

    Args:
        game: the `Game`.
        loss: an `AdversarialLoss`, its name, or None for the default.
        penalties: a `Penalty` or a list of them.
        augmenter: an `Augmenter` or None.
        top_k: float in (0, 1] or a schedule.

    Attributes:
        losses: {duel: `AdversarialLoss`}.
        augmenters: {duel: `Augmenter` or None}.
        duel_penalties: list of (duel or None, `Penalty`); None for those that look at weights alone.
        given: dict of what `compile` was given.
        parts: list of all of these objects, for Keras to track.

    Raises:
        TypeError: if something is not what it should be.
        ValueError: if a penalty names an unknown player, shares a name in the logs, or takes gradients of a network
            with batch normalization.
    """

    def __init__(self, game, loss=None, penalties=(), augmenter=None, top_k=1.0):
        loss = losses.get(loss)
        penalties = list(penalties) if isinstance(penalties, (list, tuple)) else [penalties]
        if augmenter is not None and not isinstance(augmenter, Augmenter):
            raise TypeError(f"`augmenter` must be a keras_gan.augmenters.Augmenter. Received: augmenter={augmenter!r}.")
        check_schedule("top_k", top_k, above=True, highest=1.0)
        _check_penalties(game, penalties)
        self.given = {"loss": loss, "penalties": penalties, "augmenter": augmenter, "top_k": top_k}
        self.top_k = top_k
        duels = list(game.duels())
        self.losses = {duel: copied(loss, index) for index, duel in enumerate(duels)}
        self.augmenters = {duel: copied(augmenter, index) for index, duel in enumerate(duels)}
        several = len(duels) > 1
        self.duel_penalties = []
        for penalty in penalties:
            if penalty.of_weights:
                self.duel_penalties.append((None, penalty))
                continue
            for index, duel in enumerate(duels):
                name = f"{penalty.name}_{duel}" if several else penalty.name
                self.duel_penalties.append((duel, copied(penalty, index, name=name)))
        shown = [each for each in self.augmenters.values() if each is not None]
        self.parts = [*self.losses.values(), *(penalty for _, penalty in self.duel_penalties), *shown]

    def penalties_of(self, player):
        """Returns [(duel or None, penalty)] of the penalties that join a player's loss."""
        return [(duel, penalty) for duel, penalty in self.duel_penalties if penalty.player == player]

    def get_config(self):
        """Returns what `compile` was given, serialized."""
        augmenter = self.given["augmenter"]
        return {
            "loss": serialize(self.given["loss"]),
            "penalties": [serialize(penalty) for penalty in self.given["penalties"]],
            "augmenter": augmenter and serialize(augmenter),
            "top_k": plain(self.top_k),
        }


def copied(part, index, **changes):
    """Returns the part itself for the first duel, else a new one with the same configuration."""
    if part is None or (index == 0 and not changes) or changes == {"name": getattr(part, "name", None)}:
        return part
    copy = part.__class__.from_config(part.get_config())
    for name, value in changes.items():
        setattr(copy, name, value)
    return copy


def deserialized(config):
    """Returns `compile`'s arguments from a configuration."""
    config = dict(config)
    for key in ("optimizer", "loss", "augmenter", "top_k"):
        config[key] = deserialize(config[key]) if isinstance(config[key], dict) else config[key]
    return {**config, "penalties": [deserialize(penalty) for penalty in config["penalties"]]}


def _check_penalties(game, penalties):
    players, names = game.players(), [*game.log_names()]
    for penalty in penalties:
        if not isinstance(penalty, Penalty):
            raise TypeError(f"`penalties` must hold keras_gan.penalties.Penalty objects. Received: {penalty!r}.")
        if penalty.player not in players:
            raise ValueError(
                f"A penalty must name one of the players {list(players)}. "
                f"Received: {penalty.name!r} with player={penalty.player!r}."
            )
        if penalty.name in names:
            raise ValueError(
                f"Names in the logs must differ. Received: a second {penalty.name!r}. Give one another `name`."
            )
        names.append(penalty.name)
        for network in players[penalty.player].networks if penalty.differentiates_twice else []:
            inspection.check_smooth(network, penalty)
