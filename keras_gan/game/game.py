import keras
from keras import ops

from keras_gan import _backend
from keras_gan.arguments import check_whole
from keras_gan.game import columns as batches
from keras_gan.game import drawing, inspection, step
from keras_gan.game.compiling import Compiled
from keras_gan.game.sampling import Sampling
from keras_gan.inputs.generator import pick_inputs
from keras_gan.part import plain
from keras_gan.schedules import check as check_schedule
from keras_gan.schedules import value_at

FORMAT = 1  # of saved GANs; raised when an older keras_gan could not read them


class Game(Sampling, Compiled):
    """The loop of every GAN: players update in turn in one compiled step, then the averages move.

    A game says what it is by its hooks, which training and validation both call:

    - `columns()`: what a batch holds;
    - `generators()`: what leaves the game, with its inputs and outputs;
    - `players()`: who learns; `duels()`: who judges what;
    - `make(batch, inputs, generate)`: everything that is made from one batch;
    - `terms(player, round)`: further loss terms, whose names stand in `term_names`;
    - `pictures`: {name of something in a round: the column whose medium it has}, what grids show.

    Args:
        ema_half_life: number of images (or a schedule) after which the averaged generators have forgotten half, or None
            for no average. Defaults to 10,000, StyleGAN2's choice. Weights are averaged; batch statistics are copied.
        ema_ramp_up: float, the half-life is at most this share of the images seen, so that the average follows the fast
            start. Defaults to 0.05.
        discriminator_steps: int >= 1, updates of the judges per update of the others. A batch is divided into that many
            parts, each used once. Defaults to 1.
        reuse_fakes: bool, judges learn from the same draw as the player they judge: one pass of the generators per
            step. Defaults to True; False draws twice, independently.
        seed: int or None, seed of what is drawn in training.
        name: str, name of the model.

    Raises:
        ValueError: if an argument is out of range.

    Reference:
        Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1. Average: Karras et al. 2018, arXiv:1710.10196, section 3;
        half-life and ramp-up as in Karras et al. 2020, arXiv:2006.06676, appendix D. Deviation from algorithm 1: with
        `reuse_fakes` both players see the same latents.
    """

    term_names = ()
    measured_names = ()
    pictures = {}

    def __init__(
        self, ema_half_life=10_000, ema_ramp_up=0.05, discriminator_steps=1, reuse_fakes=True, seed=None, name=None
    ):
        super().__init__(name=name)
        check_whole("discriminator_steps", discriminator_steps)
        if ema_half_life is not None:
            check_schedule("ema_half_life", ema_half_life, above=True)
        if not ema_ramp_up > 0:
            raise ValueError(f"`ema_ramp_up` must be above 0. Received: ema_ramp_up={ema_ramp_up}.")
        self.discriminator_steps = discriminator_steps
        self.reuse_fakes = reuse_fakes
        self.ema_half_life = ema_half_life
        self.ema_ramp_up = ema_ramp_up
        self.seed = seed
        self.latent_seed = keras.random.SeedGenerator(seed)
        self.noise_seed = keras.random.SeedGenerator(None if seed is None else seed + 1)  # of the penalties
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

    def copied_for_average(self, network):
        """Returns the network that will hold the average of another one, or None where there is to be no average."""
        return None if self.ema_half_life is None else inspection.copy_of(network)

    # What a game says of itself.

    def columns(self):
        """Returns {name: `keras_gan.game.Column`}, what a batch holds, in the order in which `fit` takes them."""
        raise NotImplementedError(f"{type(self).__name__} must define `columns()`.")

    def generators(self):
        """Returns {name: `keras_gan.inputs.NetworkGenerator`}, the most important one first."""
        raise NotImplementedError(f"{type(self).__name__} must define `generators()`.")

    def players(self):
        """Returns {name: `keras_gan.game.Player`} in order of play, judges first."""
        raise NotImplementedError(f"{type(self).__name__} must define `players()`.")

    def duels(self):
        """Returns {name: `keras_gan.game.Duel`}."""
        raise NotImplementedError(f"{type(self).__name__} must define `duels()`.")

    def make(self, batch, inputs, generate):
        """Makes everything that one batch needs: {name: tensor}.

        Args:
            batch: dict of tensors, the columns of the data.
            inputs: dict of tensors, what the generators are fed.
            generate: function (name of a generator, dict of its inputs) -> {output: tensor}: in training with the
                networks that learn, in validation with their averages.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `make(batch, inputs, generate)`.")

    def terms(self, player, round):
        """Returns {name: weighted float32 scalar}, what a player minimises besides the losses of its duels.

        Args:
            player: str.
            round: `keras_gan.game.Round`.
        """
        return {}

    def uses_real(self, duel):
        """Whether the players judged in a duel need the judge's outputs for reals."""
        return self.duels()[duel].exchanged or self.rules.losses[duel].generator_uses_real

    def averaged(self):
        """Returns [(average, network)]: which networks have a moving average."""
        return [(g.average, g.network) for g in self.generators().values() if g.average is not None]

    # What is played, for variants that play it otherwise.

    def sample_inputs(self, batch):
        """Draws the inputs of all generators for one step: {name: tensor}."""
        count = self.count(batch)
        return {name: each.draw(batch, count) for name, each in drawing.inputs_of(self).items()}

    def adversarial_terms(self, player, round):
        """Returns the loss terms of the duels that a round holds outputs of, for one player."""
        judges, duels, terms = self.players()[player].judges, self.duels(), {}
        for name in (name for name in step.duels_of(self, player) if name in round.outputs):
            real, fake = (output and output["logits"] for output in round.outputs[name])
            loss = self.rules.losses[name]
            if judges:
                value = loss.discriminator(real, fake)
            elif duels[name].exchanged:
                value = loss.discriminator(fake, real)
            else:
                value = loss.generator(real, self.best_of(fake))
            terms[self.log_name(f"{player}_loss", name)] = value
        return terms

    def discriminate(self, shown, judge="discriminator", training=True):
        """Judges what it is shown: returns a dict with `"logits"` (float32) and the outputs of other heads.

        Args:
            shown: dict of tensors. A judge with one input takes the first of them, one with several takes them by name.
            judge: str, name of the attribute that holds the judging network.
            training: bool, whether its layers behave as in training.
        """
        network = getattr(self, judge)
        outputs = network(pick_inputs(network, shown), training=training)
        outputs = outputs if isinstance(outputs, dict) else {"logits": outputs}
        return {name: ops.cast(value, "float32") for name, value in outputs.items()}

    def best_of(self, logits):
        """Returns the logits of the share `top_k` of the fakes that the judge takes for most real.

        There are as many as before, so that their shape stays the same: the best are repeated, evenly.
        """
        if self.rules.top_k == 1.0:
            return logits
        count = ops.shape(logits)[0]
        quality = ops.mean(ops.reshape(logits, (count, -1)), axis=1)
        share = ops.cast(value_at(self.rules.top_k, self.images_seen), "float32")
        rank = ops.floor(ops.cast(ops.arange(count), "float32") * share)
        return ops.take(logits, ops.take(ops.argsort(-quality), ops.cast(rank, "int32")), axis=0)

    def note_trace(self, data):
        """Remembers that the training step is traced, and for batches of what shapes: `traces`, for callbacks."""
        parts = [part for part in keras.tree.flatten(data) if part is not None]  # `train_on_batch` hands on no labels
        shapes = tuple(str(tuple(part.shape)) for part in parts)
        self.traces = (*self.traces, ", ".join(shapes))

    def as_batch(self, data):
        """Brings what `fit` was given into a dict of columns: one column alone, (x, y), or a dict."""
        return batches.as_batch(data, self.columns())

    def count(self, batch):
        """Returns the number of rows of a batch."""
        return ops.shape(batch[next(iter(self.columns()))])[0]

    # What Keras calls.

    @property
    def devices(self):
        """Number of devices that have a part of every batch each."""
        return _backend.devices(self)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Does nothing: a game is built when it is made. Keras's takes a batch, and fails on dicts of two workers."""

    def train_step(self, *arguments):
        return _backend.train_step(self, step.train, *arguments)

    def test_step(self, *arguments):
        return _backend.test_step(self, type(self).validate, *arguments)

    def validate(self, data):
        """Plays one batch without learning, as `evaluate` and `validation_data` do; returns the logs."""
        return step.validate(self, data)

    def fit(self, x=None, y=None, *arguments, **named):
        """Trains the game: `keras.Model.fit`, after a look at arrays; the labels of a `tf.data.Dataset` as they come.

        Raises:
            ValueError: for labels out of range, or that are no whole numbers; on several devices for batches that
                cannot be divided evenly among them.
            tf.errors.InvalidArgumentError: for labels out of range in a batch of a `tf.data.Dataset`.
        """
        x = batches.checked(x, y, self.columns())
        if self.devices > 1:
            batch_size = named.get("batch_size", arguments[0] if arguments else None)
            for given in (x, named.get("validation_data")):
                batches.check_shares(given, batch_size or 32, self.devices)
        return super().fit(x, y, *arguments, **named)

    def get_config(self):
        return {
            "format": FORMAT,
            "ema_half_life": plain(self.ema_half_life),
            "ema_ramp_up": self.ema_ramp_up,
            "discriminator_steps": self.discriminator_steps,
            "reuse_fakes": self.reuse_fakes,
            "seed": self.seed,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        if (number := config.pop("format", 1)) > FORMAT:
            raise ValueError(
                f"A saved GAN must be of format {FORMAT} or older. Received: format {number}. Update keras-gan."
            )
        deserialize = keras.saving.deserialize_keras_object
        return cls(
            **{
                k: deserialize(v, custom_objects=custom_objects) if isinstance(v, dict) else v
                for k, v in config.items()
            }
        )

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
