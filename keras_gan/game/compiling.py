import keras

from keras_gan import _backend
from keras_gan.game import step
from keras_gan.game.optimizers import PlayerOptimizers
from keras_gan.game.rules import Rules, deserialized


class Compiled(keras.Model):
    """The half of a `Game` that `compile` fills: what the players learn by, which of them move, and the logs."""

    def compile(
        self,
        optimizer=None,
        loss=None,
        penalties=(),
        augmenter=None,
        schedules=None,
        top_k=1.0,
        players=None,
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
        auto_scale_loss=True,
    ):
        """Sets what the players learn by.

        Args:
            optimizer: one optimizer (copied per player) or its name, a dict with one per player, or a
                `PlayerOptimizers`. Defaults to `Adam(2e-4, beta_1=0.5)`, the DCGAN paper's.
            loss: an `AdversarialLoss` or its name, such as `"hinge"` (`keras_gan.losses.get`). Defaults to
                `NonSaturating()`.
            penalties: a `Penalty` or a list of them. Defaults to none.
            augmenter: a `keras_gan.augmenters.Augmenter`, through which judges see every picture. Defaults to none.
            schedules: {name of an optimizer's number: `keras_gan.schedules.Schedule`}, for all players, or {player:
                {name: schedule}}: the learning rate and betas as functions of the images seen. Defaults to none.
            top_k: float in (0, 1] or a schedule, share of each batch's fakes that the generator learns from: those with
                the highest logits (Sinha et al. 2020, arXiv:2002.06224). Defaults to 1, all.
            players: names of the players that move, or None for all. A duel whose judge does not move is not played.
                Optimizers exist for all of them, so that `move` can change this later without loss.
            run_eagerly, steps_per_execution, jit_compile: as in `keras.Model.compile`.
            auto_scale_loss: bool, scale each player's loss under the `mixed_float16` policy. Defaults to True.

        Raises:
            TypeError: if `loss` is neither an `AdversarialLoss` nor a name, a penalty no `Penalty`, or the augmenter no
                `Augmenter`.
            ValueError: if a penalty names an unknown player, shares a name in the logs, or takes gradients of a network
                with batch normalization; if a player has nothing to train; if no player moves.
        """
        variables = {name: player.variables for name, player in self.players().items()}
        rules = Rules(self, loss, penalties, augmenter, top_k)
        if idle := [name for name, own in variables.items() if not own]:
            raise ValueError(f"Every player needs trainable variables. Received: none for {idle}. Set trainable=True.")
        moving = self._moving(players)
        _backend.check_compile(self, steps_per_execution, jit_compile)
        optimizer = PlayerOptimizers.for_players(
            keras.optimizers.Adam(2e-4, beta_1=0.5) if optimizer is None else optimizer,
            variables,
            scale_loss=auto_scale_loss and self.dtype_policy.name == "mixed_float16",
            schedules=schedules,
        )
        ways = {"run_eagerly": run_eagerly, "steps_per_execution": steps_per_execution, "jit_compile": jit_compile}
        super().compile(optimizer=optimizer, auto_scale_loss=False, **ways)
        while self.parts:  # Keras goes on tracking what an attribute held before
            self.parts.pop()
        self.parts.extend(rules.parts)
        self.rules, self.moving = rules, moving
        # Under these names their state lies in saved files.
        self.adversarial, self.penalties, self.augmenter = (rules.given[k] for k in ("loss", "penalties", "augmenter"))
        terms = [penalty.name for _, penalty in rules.duel_penalties if penalty.logged]
        names = (*self.loss_names(), *terms, *self.probability_names(), *self.measured_names)
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        optimizer.build_players(variables)
        self._compile_arguments = {**ways, "auto_scale_loss": auto_scale_loss}

    def _moving(self, players):
        """Returns the names of the players that move, in order of play; raises ValueError for unknown ones."""
        known = list(self.players())
        chosen = known if players is None else list(players)
        if not chosen or set(chosen) - set(known):
            raise ValueError(f"`players` must be some of {known}. Received: players={players!r}.")
        return tuple(name for name in known if name in chosen)

    def move(self, players=None):
        """Lets other players move from here on: the next stage of a training. Nothing is reset.

        Args:
            players: names of the players that move, or None for all.

        Raises:
            ValueError: for an unknown player, or none.
        """
        moving = self._moving(players)
        if moving != self.moving:
            self.moving = moving
            self.train_function = None  # is traced anew, for these players

    def log_name(self, word, duel):
        """Returns the name in the logs of what concerns a duel: the word, where there are several with the duel's."""
        return word if len(self.duels()) == 1 else f"{word}_{duel}"

    def loss_names(self):
        """Returns the names in the logs of all terms of the losses but the penalties."""
        found, players = [], self.players()
        for player in players:
            for name, duel in self.duels().items():
                if player in (duel.against, step.player_of(players, getattr(self, duel.judge))):
                    found.append(self.log_name(f"{player}_loss", name))
        return (*found, *self.term_names)

    def probability_names(self):
        """Returns the names in the logs of the mean probabilities of being real."""
        return tuple(
            self.log_name(word, name) for name in self.duels() for word in ("real_probability", "fake_probability")
        )

    def log_names(self):
        """Returns all names in the logs but those of the penalties."""
        return (*self.loss_names(), *self.probability_names(), *self.measured_names)

    def observe(self, **values):
        """Adds values to the epoch's means in the logs.

        Raises:
            ValueError: for a name that is not among the game's `term_names`.
        """
        for name, value in values.items():
            if name not in self.trackers:
                raise ValueError(
                    f"The terms of a game must stand in its `term_names`. Received: {name!r}, not among "
                    f"{list(self.trackers)}."
                )
            self.trackers[name].update_state(value)

    @property
    def metrics(self):
        return list(self.trackers.values())

    def get_compile_config(self):
        if not self.compiled:
            return {}
        moving = {} if len(self.moving) == len(self.players()) else {"players": list(self.moving)}
        optimizer = keras.saving.serialize_keras_object(self.optimizer)
        return {"optimizer": optimizer, **self.rules.get_config(), **moving, **self._compile_arguments}

    def compile_from_config(self, config):
        self.compile(**deserialized(config))
