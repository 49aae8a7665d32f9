import contextlib

import keras

from keras_gan.schedules import Schedule, check


@keras.saving.register_keras_serializable("keras_gan")
class PlayerOptimizers(keras.optimizers.Optimizer):
    """One Keras optimizer that holds one optimizer per player.

    Keras's callbacks, checkpoints and `save` expect `model.optimizer` to be a single object. This one passes on what
    they ask: `LearningRateScheduler` and `ReduceLROnPlateau` reach every player's rate through `optimizers`, and the
    state of all of them is saved and restored. Each player's optimizer is renamed to the player, so that logs and files
    say whose it is.

    Args:
        optimizers: dict, player name -> `keras.optimizers.Optimizer` (or its name). Each needs an instance of its own:
            momenta and step counts are never shared between players.
        schedules: {player: {name of a number of its optimizer: `keras_gan.schedules.Schedule`}}, such as
            `{"generator": {"learning_rate": Cosine(2e-4, 5e-5, end=10_000_000)}}`, or None.

    Raises:
        TypeError: if `optimizers` is not a dict.
        ValueError: if it is empty, one optimizer instance serves two players, or a schedule is for a number that the
            optimizer does not have.

    Example:

    >>> import keras
    >>> optimizers = PlayerOptimizers(
    ...     {"discriminator": keras.optimizers.Adam(4e-4), "generator": keras.optimizers.Adam(1e-4)})
    >>> round(float(optimizers["generator"].learning_rate), 6)
    0.0001
    """

    def __init__(self, optimizers, schedules=None, name="player_optimizers"):
        if not isinstance(optimizers, dict) or not optimizers:
            raise TypeError(
                f"`optimizers` must be a dict of player name -> optimizer. Received: optimizers={optimizers!r}."
            )
        super().__init__(learning_rate=0.0, name=name)
        players = {player: keras.optimizers.get(optimizer) for player, optimizer in optimizers.items()}
        if len({id(optimizer) for optimizer in players.values()}) < len(players):
            raise ValueError(
                f"Each player needs an optimizer of its own. Received: one instance for several of {sorted(players)}. "
                "Pass a single optimizer to `compile` to have it copied per player."
            )
        for player, optimizer in players.items():
            optimizer.name = player
        self.players = players
        self.schedules = {player: dict(chosen) for player, chosen in (schedules or {}).items()}
        self._check_schedules()

    def _check_schedules(self):
        for player, chosen in self.schedules.items():
            if player not in self.players:
                raise ValueError(f"`schedules` must be for players among {list(self.players)}. Received: {player!r}.")
            optimizer = _inner(self.players[player])
            for name, schedule in chosen.items():
                if not isinstance(schedule, Schedule):
                    raise TypeError(
                        f"`schedules` must hold keras_gan.schedules.Schedule objects. Received: {name}={schedule!r}."
                    )
                check(name, schedule)
                if name != "learning_rate" and not isinstance(getattr(optimizer, name, None), float):
                    numbers = sorted(k for k, v in vars(optimizer).items() if isinstance(v, float) and k[0] != "_")
                    raise ValueError(
                        f"A schedule must be for a number that {type(optimizer).__name__} has: learning_rate or one "
                        f"of {numbers}. Received: {name!r}."
                    )

    @contextlib.contextmanager
    def scheduled(self, player, images):
        """Gives a player's optimizer, in the block, the numbers that its schedules have after so many images."""
        optimizer, before = _inner(self.players[player]), {}
        for name, schedule in self.schedules.get(player, {}).items():
            if name == "learning_rate":  # a variable, which callbacks and logs read
                optimizer.learning_rate = schedule(images)
            else:
                before[name] = getattr(optimizer, name)
                setattr(optimizer, name, schedule(images))
        try:
            yield
        finally:
            for name, value in before.items():
                setattr(optimizer, name, value)

    @classmethod
    def for_players(cls, optimizer, players, scale_loss=False, schedules=None):
        """Makes the optimizers of a game from what a user hands to `compile`.

        Args:
            optimizer: a `PlayerOptimizers`, one optimizer (copied for each player, without its state), the name of one,
                or a dict with exactly one entry per player.
            players: iterable of player names.
            scale_loss: bool, wrap each in a `LossScaleOptimizer` (mixed float16). Defaults to False.
            schedules: {name: schedule} for all players, or {player: {name: schedule}}. Defaults to those of a given
                `PlayerOptimizers`.

        Raises:
            TypeError: if `schedules` holds anything else.
            ValueError: if a dict misses a player or names an unknown one.
        """
        players = list(players)
        schedules = dict(schedules or {})
        common = {name: schedule for name, schedule in schedules.items() if isinstance(schedule, Schedule)}
        own = {player: chosen for player, chosen in schedules.items() if player not in common}
        if wrong := {name: chosen for name, chosen in own.items() if not isinstance(chosen, dict)}:
            raise TypeError(
                "`schedules` must hold keras_gan.schedules.Schedule objects, by an optimizer's number or by player and "
                f"number. Received: {wrong}."
            )
        schedules = {player: {**common, **own.pop(player, {})} for player in players} | own
        if isinstance(optimizer, cls):
            schedules = {name: {**optimizer.schedules.get(name, {}), **chosen} for name, chosen in schedules.items()}
            optimizer = optimizer.players
        if isinstance(optimizer, dict):
            if set(optimizer) != set(players):
                raise ValueError(
                    f"`optimizer` must hold one optimizer for each of {players}. Received: keys {sorted(optimizer)}."
                )
            chosen = {player: keras.optimizers.get(optimizer[player]) for player in players}
        else:
            model = keras.optimizers.get(optimizer)
            chosen = {player: model.__class__.from_config(model.get_config()) for player in players}
        if scale_loss:
            wrapper = keras.optimizers.LossScaleOptimizer
            chosen = {name: o if isinstance(o, wrapper) else wrapper(o) for name, o in chosen.items()}
        return cls(chosen, {player: found for player, found in schedules.items() if found})

    def build_players(self, variables_by_player):
        """Creates the state of every player's optimizer. Must happen before weights are loaded.

        Args:
            variables_by_player: dict, player name -> list of that player's trainable variables.
        """
        for player, variables in variables_by_player.items():
            if not self.players[player].built:
                self.players[player].build(variables)
        self.built = True

    def __getitem__(self, player):
        return self.players[player]

    @property
    def optimizers(self):
        """List of the players' optimizers, in order of play: where Keras's learning-rate callbacks look."""
        return list(self.players.values())

    @property
    def variables(self):
        """This object's own variables and those of every player's optimizer."""
        return self._variables + [v for optimizer in self.optimizers for v in optimizer.variables]

    @property
    def iterations(self):
        """Number of steps that the first player has taken."""
        return self.optimizers[0].iterations

    @property
    def learning_rate(self):
        raise AttributeError(
            "`PlayerOptimizers` has one learning rate per player. "
            f"Use optimizer[player].learning_rate with player one of {list(self.players)}."
        )

    @learning_rate.setter
    def learning_rate(self, value):
        raise AttributeError(
            f"`PlayerOptimizers` has one learning rate per player. Received: learning_rate={value}. "
            f"Set optimizer[player].learning_rate with player one of {list(self.players)}."
        )

    def apply(self, grads, trainable_variables=None):
        raise TypeError(
            f"`PlayerOptimizers` holds one optimizer per player. Call optimizer[player].apply with player one of "
            f"{list(self.players)}."
        )

    def finalize_variable_values(self, var_list):
        """Does nothing: the GAN keeps its own averages."""

    def save_own_variables(self, store):
        for index, variable in enumerate(self._variables):
            store[str(index)] = keras.ops.convert_to_numpy(variable)

    def load_own_variables(self, store):
        for index, variable in enumerate(self._variables):
            variable.assign(store[str(index)])

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "optimizers": {player: serialize(o) for player, o in self.players.items()},
            "schedules": {
                player: {name: serialize(schedule) for name, schedule in chosen.items()}
                for player, chosen in self.schedules.items()
            },
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        config["schedules"] = {
            player: {name: keras.saving.deserialize_keras_object(schedule) for name, schedule in chosen.items()}
            for player, chosen in config.get("schedules", {}).items()
        }
        config["optimizers"] = {
            player: keras.saving.deserialize_keras_object(optimizer, custom_objects=custom_objects)
            for player, optimizer in config["optimizers"].items()
        }
        return cls(**config)


def _inner(optimizer):
    """Returns the optimizer inside a `LossScaleOptimizer`, or itself."""
    return getattr(optimizer, "inner_optimizer", optimizer)
