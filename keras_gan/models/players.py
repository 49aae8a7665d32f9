import keras


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

    Raises:
        TypeError: if `optimizers` is not a dict.
        ValueError: if it is empty or one optimizer instance serves two players.

    Example:

    >>> import keras
    >>> optimizers = PlayerOptimizers(
    ...     {"discriminator": keras.optimizers.Adam(4e-4), "generator": keras.optimizers.Adam(1e-4)})
    >>> round(float(optimizers["generator"].learning_rate), 6)
    0.0001
    """

    def __init__(self, optimizers, name="player_optimizers"):
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

    @classmethod
    def for_players(cls, optimizer, players, scale_loss=False):
        """Makes the optimizers of a game from what a user hands to `compile`.

        Args:
            optimizer: a `PlayerOptimizers`, one optimizer (copied for each player, without its state), the name of one,
                or a dict with exactly one entry per player.
            players: iterable of player names.
            scale_loss: bool, wrap each in a `LossScaleOptimizer` (mixed float16). Defaults to False.

        Raises:
            ValueError: if a dict misses a player or names an unknown one.
        """
        players = list(players)
        if isinstance(optimizer, cls):
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
        return cls(chosen)

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
        return {"name": self.name, "optimizers": {player: serialize(o) for player, o in self.players.items()}}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        config["optimizers"] = {
            player: keras.saving.deserialize_keras_object(optimizer, custom_objects=custom_objects)
            for player, optimizer in config["optimizers"].items()
        }
        return cls(**config)
