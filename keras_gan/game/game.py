import keras
from keras import ops

from keras_gan import _backend
from keras_gan.augmenters.augmenter import Augmenter
from keras_gan.game import inspection
from keras_gan.game.optimizers import PlayerOptimizers
from keras_gan.losses import names as losses
from keras_gan.part import plain
from keras_gan.penalties.penalty import Penalty
from keras_gan.schedules import check as check_schedule
from keras_gan.schedules import value_at

serialize = keras.saving.serialize_keras_object
deserialize = keras.saving.deserialize_keras_object


class Game(_backend.Step, keras.Model):
    """The loop of every GAN: players update in turn in one compiled step, then the averages move.

    It knows no networks. A subclass gives it `players()`, `<player>_loss(batch, draw)`, `draw(batch)`,
    `as_batch(data)`, `averaged()` and the names of its loss terms; `GAN` does so for a generator and a discriminator.

    Args:
        discriminator_steps: int >= 1, updates of the first player per update of the others.
        reuse_fakes: bool, whether the first player learns from the same draw as the second.
        ema_half_life: number of images, a schedule, or None for no average.
        ema_ramp_up: float, largest half-life as a share of the images seen.
        name: str, name of the model.
    """

    loss_names = ()
    probability_names = ()

    def __init__(self, discriminator_steps, reuse_fakes, ema_half_life, ema_ramp_up, name):
        super().__init__(name=name)
        if isinstance(discriminator_steps, bool) or not isinstance(discriminator_steps, int) or discriminator_steps < 1:
            raise ValueError(
                "`discriminator_steps` must be a whole number >= 1. "
                f"Received: discriminator_steps={discriminator_steps}."
            )
        if ema_half_life is not None:
            check_schedule("ema_half_life", ema_half_life, above=True)
        if not ema_ramp_up > 0:
            raise ValueError(f"`ema_ramp_up` must be above 0. Received: ema_ramp_up={ema_ramp_up}.")
        self.discriminator_steps = discriminator_steps
        self.reuse_fakes = reuse_fakes
        self.ema_half_life = ema_half_life
        self.ema_ramp_up = ema_ramp_up
        self.step = self._counter("step")
        self.images_seen = self._counter("images_seen")
        self.trackers = {}
        self.traces = ()
        self.parts = []
        self.built = True  # the networks are; otherwise saving weights is refused

    def _counter(self, name):
        return self.add_weight(
            shape=(), initializer="zeros", dtype="int", trainable=False, aggregation="only_first_replica", name=name
        )

    def note_trace(self, data):
        """Remembers that the training step is traced, and for batches of what shapes: `traces`, for callbacks."""
        parts = [part for part in keras.tree.flatten(data) if part is not None]  # `train_on_batch` hands on no labels
        shapes = tuple(str(tuple(part.shape)) for part in parts)
        self.traces = (*self.traces, ", ".join(shapes))

    def gan_step(self, data):
        batch = self.as_batch(data)
        *early, last = self.split(batch)
        judge, drawing, *others = self.players()
        for part in early if self.reuse_fakes else [*early, last]:
            self.update(judge, part)
        self.update(drawing, last, judge=judge if self.reuse_fakes else None)
        for player in others:
            self.update(player, last)
        count = ops.shape(batch["image"])[0] * _backend.replicas()
        self.step.assign_add(1)
        self.images_seen.assign_add(ops.cast(count, self.images_seen.dtype))
        self.update_averages(count)
        return self.get_metrics_result()

    def update(self, player, batch, draw=None, judge=None):
        """Takes one optimizer step of `player`; with `judge`, one of the judge on the same draw, nested before it."""
        optimizer, variables = self.optimizer[player], self.players()[player]
        _, drawing, *_ = self.players()

        def scaled_total():
            drawn = self.draw(batch, moves=player == drawing) if draw is None else draw
            if judge is not None:
                self.update(judge, batch, keras.tree.map_structure(ops.stop_gradient, drawn))
            terms = getattr(self, f"{player}_loss")(batch, drawn)
            return optimizer.scale_loss(sum(terms.values())), terms

        terms, gradients = _backend.aux_and_gradients(scaled_total, variables)
        if unreached := [v.path for v, gradient in zip(variables, gradients, strict=True) if gradient is None]:
            raise ValueError(
                f"Every trainable variable of the player {player!r} must take part in its loss. "
                f"Received: no gradient for {unreached}. Remove those layers, or set trainable=False on them."
            )
        with self.optimizer.scheduled(player, self.images_seen):
            _backend.apply(optimizer, gradients, variables)
        for penalty in (p for p in self.penalties if p.player == player):
            penalty.restrict(variables)
        self.observe(**terms)

    def gradient_norms(self, batch):
        """Returns {player: Euclidean norm of its gradient} for a batch. Nothing moves, and nothing is learned.

        Args:
            batch: dict of tensors as `fit` feeds it.
        """
        batch, norms = self.as_batch(batch), {}
        for player, variables in self.players().items():

            def total(player=player):
                return sum(getattr(self, f"{player}_loss")(batch, self.draw(batch)).values()), None

            with _backend.frozen():
                _, gradients = _backend.aux_and_gradients(total, variables)
                squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in gradients if g is not None]
            norms[player] = float(ops.sqrt(sum(squares)))
        return norms

    def averaged_variables(self):
        """Returns the variables of the averages."""
        return [variable for average, _ in self.averaged() for variable in average.variables]

    def update_averages(self, count):
        """Moves every average towards its network. The decay of one step is 0.5 ** (images in it / half-life)."""
        if not self.averaged():
            return
        ramped = self.ema_ramp_up * ops.cast(self.images_seen, "float32")
        half_life = ops.minimum(ops.cast(value_at(self.ema_half_life, self.images_seen), "float32"), ramped)
        decay = ops.power(0.5, ops.cast(count, "float32") / half_life)
        for average, network in self.averaged():
            for mean, weight in zip(average.weights, network.weights, strict=True):
                mean.assign(weight + decay * (mean - weight) if weight.trainable else weight)

    def penalty_terms(self, player, play):
        """Returns {name: weighted value} of a player's penalties. Only the value is conditional, never the update.

        Args:
            player: str, whose loss the terms join.
            play: a `keras_gan.penalties.Play`.
        """
        terms = {}
        for penalty in (p for p in self.penalties if p.player == player and p.logged):
            # Outside of the frozen block, in which the random state would stand still.
            shown = play._replace(noise=penalty.draw(play, self.noise_seed))
            value, moved = self._evaluated(penalty, shown)
            for variable, new in zip(penalty.memory, moved, strict=True):
                variable.assign(new)
            terms[penalty.name] = penalty.interval * value_at(penalty.weight, self.images_seen) * value
        return terms

    def _evaluated(self, penalty, play):
        with _backend.frozen():  # a penalty moves no statistics and no seeds
            if penalty.interval == 1:
                return penalty.evaluate(play)
            due = ops.equal(self.step % penalty.interval, 0)
            now = [variable.value for variable in penalty.memory]
            return ops.cond(due, lambda: penalty.evaluate(play), lambda: (ops.zeros(()), now))

    def observe(self, **values):
        """Adds values to the epoch's means in the logs."""
        for name, value in values.items():
            self.trackers[name].update_state(value)

    def split(self, batch):
        """Divides a batch into `discriminator_steps` parts of equal size."""
        parts, size = self.discriminator_steps, batch["image"].shape[0]
        if parts == 1:
            return [batch]
        if size is None:
            raise ValueError(
                f"`discriminator_steps={parts}` needs batches of one known size. Received: a size known only when "
                "running. Use keras_gan.data.images, or dataset.batch(..., drop_remainder=True)."
            )
        if size % parts:
            near = [n for n in (size // parts * parts, (size // parts + 1) * parts) if n]
            raise ValueError(
                f"`discriminator_steps={parts}` needs a batch divisible by {parts}. "
                f"Received: batch_size={size}. Use {' or '.join(map(str, near))}."
            )
        part = size // parts
        return [{k: v[i * part : (i + 1) * part] for k, v in batch.items()} for i in range(parts)]

    def compile(
        self,
        optimizer=None,
        loss=None,
        penalties=(),
        augmenter=None,
        schedules=None,
        top_k=1.0,
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
            augmenter: a `keras_gan.augmenters.Augmenter`, through which the discriminator sees every image. Defaults to
                none.
            schedules: {name of an optimizer's number: `keras_gan.schedules.Schedule`}, for all players, or {player:
                {name: schedule}}: the learning rate and betas as functions of the images seen. Defaults to none.
            top_k: float in (0, 1] or a schedule, share of each batch's fakes that the generator learns from: those with
                the highest logits (Sinha et al. 2020, arXiv:2002.06224). Defaults to 1, all.
            run_eagerly, steps_per_execution, jit_compile: as in `keras.Model.compile`.
            auto_scale_loss: bool, scale each player's loss under the `mixed_float16` policy. Defaults to True.

        Raises:
            TypeError: if `loss` is neither an `AdversarialLoss` nor a name, a penalty no `Penalty`, or the augmenter no
                `Augmenter`.
            ValueError: if a penalty names an unknown player, shares a name in the logs, or takes gradients of a network
                with batch normalization; or if a player has nothing to train.
        """
        loss = losses.get(loss)
        penalties = list(penalties) if isinstance(penalties, (list, tuple)) else [penalties]
        self._check_parts(penalties, augmenter, top_k)
        players = self.players()
        if idle := [player for player, variables in players.items() if not variables]:
            raise ValueError(f"Every player needs trainable variables. Received: none for {idle}. Set trainable=True.")
        optimizer = PlayerOptimizers.for_players(
            keras.optimizers.Adam(2e-4, beta_1=0.5) if optimizer is None else optimizer,
            players,
            scale_loss=auto_scale_loss and self.dtype_policy.name == "mixed_float16",
            schedules=schedules,
        )
        super().compile(
            optimizer=optimizer,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            auto_scale_loss=False,
        )
        while self.parts:  # Keras goes on tracking what an attribute held before
            self.parts.pop()
        self.parts.extend([loss, *penalties, *([] if augmenter is None else [augmenter])])
        self.adversarial = loss
        self.penalties = penalties
        self.augmenter = augmenter
        self.top_k = top_k
        terms = [penalty.name for penalty in penalties if penalty.logged]
        names = (*self.loss_names, *terms, *self.probability_names)
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        optimizer.build_players(players)
        self._compile_arguments = {
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
            "auto_scale_loss": auto_scale_loss,
        }

    def _check_parts(self, penalties, augmenter, top_k):
        if augmenter is not None and not isinstance(augmenter, Augmenter):
            raise TypeError(f"`augmenter` must be a keras_gan.augmenters.Augmenter. Received: augmenter={augmenter!r}.")
        check_schedule("top_k", top_k, above=True, highest=1.0)
        players, names = list(self.players()), [*self.loss_names, *self.probability_names]
        for penalty in penalties:
            if not isinstance(penalty, Penalty):
                raise TypeError(f"`penalties` must hold keras_gan.penalties.Penalty objects. Received: {penalty!r}.")
            if penalty.player not in players:
                raise ValueError(
                    f"A penalty must name one of the players {players}. "
                    f"Received: {penalty.name!r} with player={penalty.player!r}."
                )
            if penalty.name in names:
                raise ValueError(
                    f"Names in the logs must differ. Received: a second {penalty.name!r}. Give one another `name`."
                )
            names.append(penalty.name)
            for network in self.networks_of(penalty.player) if penalty.differentiates_twice else []:
                inspection.check_smooth(network, penalty)

    @property
    def metrics(self):
        return list(self.trackers.values())

    def get_compile_config(self):
        if not self.compiled:
            return {}
        return {
            "optimizer": serialize(self.optimizer),
            "loss": serialize(self.adversarial),
            "penalties": [serialize(penalty) for penalty in self.penalties],
            "augmenter": self.augmenter and serialize(self.augmenter),
            "top_k": plain(self.top_k),
            **self._compile_arguments,
        }

    def compile_from_config(self, config):
        config = dict(config)
        for key in ("optimizer", "loss", "augmenter", "top_k"):
            config[key] = deserialize(config[key]) if isinstance(config[key], dict) else config[key]
        config["penalties"] = [deserialize(penalty) for penalty in config["penalties"]]
        self.compile(**config)

    def seed_states(self):
        """Returns the variables of the random generators."""
        weights = {id(weight) for weight in self.weights}
        return [variable for variable in self.variables if id(variable) not in weights]

    def save_own_variables(self, store):
        # Keras leaves out the state of random generators: without it a resumed run would repeat its first noise.
        store["step"] = ops.convert_to_numpy(self.step)
        store["images_seen"] = ops.convert_to_numpy(self.images_seen)
        for index, seed in enumerate(self.seed_states()):
            store[f"seed_{index}"] = ops.convert_to_numpy(seed)

    def load_own_variables(self, store):
        self.step.assign(store["step"][()])
        self.images_seen.assign(store["images_seen"][()])
        for index, seed in enumerate(self.seed_states()):
            seed.assign(store[f"seed_{index}"][()])
