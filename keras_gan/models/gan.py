import keras
import numpy as np
from keras import ops

from keras_gan import _backend
from keras_gan.game import batches, inspection
from keras_gan.game.game import Game
from keras_gan.latents.distributions import DISTRIBUTIONS, fixed_latents, truncated
from keras_gan.media import to_uint8
from keras_gan.part import plain
from keras_gan.penalties.penalty import Play
from keras_gan.schedules import value_at

serialize = keras.saving.serialize_keras_object
deserialize = keras.saving.deserialize_keras_object

FORMAT = 1  # of saved GANs; raised when an older keras_gan could not read them


@keras.saving.register_keras_serializable("keras_gan")
class GAN(Game):
    """A generator and a discriminator, trained against each other by `fit`.

    Every training step updates the players in turn, in one compiled function. With `reuse_fakes` the generator runs
    once a step: the fakes that the discriminator learns from are those that the generator is then judged by.

    Any pair of Keras models will do; latent size and image shape are read from them. To make another GAN, hand other
    losses, penalties or optimizers to `compile`, or override a hook: `<player>_terms` adds a loss term,
    `<player>_loss` changes the topology, `sample_inputs` and `fixed_inputs` what the generator is fed.

    Args:
        generator: `keras.Model`, latents `(batch, *latent_shape)` -> images `(batch, height, width, channels)` in
            [-1, 1]. With a second input named `label`, int32 `(batch,)`, it draws what the label says.
        discriminator: `keras.Model`, images -> logits `(batch, 1)` (or patches), or a dict with the key `"logits"`. It
            too may have an input `label`.
        num_classes: int, number of classes of a GAN with labels (0 to `num_classes - 1`), or None to read it from the
            networks' attribute `num_classes`.
        latent: `"normal"` (mean 0, deviation 1) or `"uniform"` (from -1 to 1), the distribution of latents. Defaults to
            `"normal"`.
        ema_half_life: number of images (or a schedule) after which the averaged generator has forgotten half, or None
            for no average. Defaults to 10,000, StyleGAN2's choice. Weights are averaged; batch statistics are copied.
        ema_ramp_up: float, the half-life is at most this share of the images seen, so that the average follows the fast
            start. Defaults to 0.05.
        discriminator_steps: int >= 1, updates of the discriminator per update of the generator. A batch is divided into
            that many parts, each used once. Defaults to 1.
        reuse_fakes: bool, one pass of the generator a step. Defaults to True; False draws twice, independently.
        seed: int or None, seed of the latents drawn in training.
        name: str, name of the model.

    Raises:
        TypeError: if a network is not a `keras.Model`.
        ValueError: if the networks do not fit each other, an input shape is unknown, or an argument is out of range.

    Example:

    >>> import keras, numpy as np, keras_gan as kg
    >>> gan = kg.GAN(kg.networks.DCGANGenerator((8, 8, 1), latent_dim=16), kg.networks.DCGANDiscriminator((8, 8, 1)))
    >>> gan.compile(optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5))
    >>> history = gan.fit(np.zeros((64, 8, 8, 1), "float32"), batch_size=32, verbose=0)
    >>> gan.sample(4, seed=0).shape
    (4, 8, 8, 1)

    Reference:
        Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1. Average of the generator: Karras et al. 2018,
        arXiv:1710.10196, section 3; half-life and ramp-up as in Karras et al. 2020, arXiv:2006.06676, appendix D.
        Deviation from algorithm 1: with `reuse_fakes` both players see the same latents.
    """

    loss_names = ("discriminator_loss", "generator_loss")
    probability_names = ("real_probability", "fake_probability")
    lowest_label = 0

    def __init__(
        self,
        generator,
        discriminator,
        num_classes=None,
        latent="normal",
        ema_half_life=10_000,
        ema_ramp_up=0.05,
        discriminator_steps=1,
        reuse_fakes=True,
        seed=None,
        name="gan",
    ):
        super().__init__(discriminator_steps, reuse_fakes, ema_half_life, ema_ramp_up, name)
        if latent not in DISTRIBUTIONS:
            raise ValueError(f"`latent` must be 'normal' or 'uniform'. Received: latent={latent!r}.")
        self.check_networks(generator, discriminator)
        self.num_classes = inspection.number_of_classes(num_classes, (generator, discriminator))
        self.generator = generator
        self.discriminator = discriminator
        self.average = None if ema_half_life is None else inspection.copy_of(generator)
        self.latent_seed = keras.random.SeedGenerator(seed)
        self.noise_seed = keras.random.SeedGenerator(None if seed is None else seed + 1)  # of the penalties
        self.latent = latent
        self.seed = seed
        self.frozen_layers = ()

    def compile(self, optimizer=None, loss=None, penalties=(), freeze_discriminator=0, **arguments):
        """Sets what the players learn by: as `Game.compile`, which describes the other arguments.

        Args:
            freeze_discriminator: int >= 0, how many of the discriminator's layers with weights, counted from the image
                on, stay as they are: to fine-tune a trained GAN on few other images (FreezeD: Mo et al. 2020,
                arXiv:2002.10964). Defaults to 0.

        Raises:
            ValueError: if nothing of the discriminator would be left to train.
        """
        for layer in self.frozen_layers:
            layer.trainable = True
        self.frozen_layers = inspection.first_layers(self.discriminator, freeze_discriminator)
        for layer in self.frozen_layers:
            layer.trainable = False
        super().compile(optimizer, loss, penalties, **arguments)

    def get_compile_config(self):
        config = super().get_compile_config()
        return {**config, "freeze_discriminator": len(self.frozen_layers)} if config else config

    def start_from(self, trained):
        """Takes over the weights of another GAN with the same networks: the start of fine-tuning.

        Counters, optimizers and random states stay as they are.

        Raises:
            ValueError: if the networks differ.
        """
        inspection.copy_weights(self, trained, ("generator", "discriminator", "ema_generator"))

    # What a variant may override.

    def check_networks(self, generator, discriminator):
        """Raises unless the networks fit each other."""
        inspection.check_pair(generator, discriminator)

    def players(self):
        """Returns {player: its trainable variables}, in order of play. The first judges what the second draws."""
        return {
            "discriminator": self.discriminator.trainable_variables,
            "generator": self.generator.trainable_variables,
        }

    def networks_of(self, player):
        """Returns the networks that a player's penalties differentiate."""
        return [getattr(self, player)]

    def averaged(self):
        """Returns [(average, network)]: which networks have a moving average."""
        return [] if self.average is None else [(self.average, self.generator)]

    def sample_inputs(self, batch):
        """Draws the generator's inputs for one step.

        Returns:
            {"latent": float32 tensor (batch, *latent_shape)}, with labels also {"label": those of the batch}, so that
            fakes are of the classes that reals are of.
        """
        shape = (ops.shape(batch["image"])[0], *self.latent_shape)
        draw = keras.random.normal if self.latent == "normal" else keras.random.uniform
        limits = {} if self.latent == "normal" else {"minval": -1.0, "maxval": 1.0}
        inputs = {"latent": draw(shape, dtype="float32", seed=self.latent_seed, **limits)}
        return inputs if self.num_classes is None else {**inputs, "label": batch["label"]}

    def fixed_inputs(self, count, seed=None, label=None):
        """Draws inputs outside of training, with numpy: the same for one seed on every machine and backend.

        Row i does not depend on `count`: the first images of a larger sample are those of a smaller one.

        Args:
            count: int, number of rows.
            seed: int or None.
            label: int or `count` of them, the classes; None for each in turn. Of a GAN without labels None.

        Returns:
            {"latent": float32 array (count, *latent_shape)}, with labels also {"label": int32 array (count,)}.

        Raises:
            ValueError: for labels out of range, not as many as rows, or of a GAN without labels.
        """
        inputs = {"latent": fixed_latents(count, self.latent_shape, self.latent, seed)}
        if self.num_classes is None:
            if label is not None:
                raise ValueError(f"`label` must be None: this GAN has no labels. Received: label={label!r}.")
            return inputs
        return {**inputs, "label": batches.labels_for(count, label, self.num_classes)}

    def view(self, images):
        """Returns a function that shows images to the discriminator: through the augmenter, if there is one.

        The random parameters are drawn here, for as many images as these, so that the function may be called in a
        frozen block, and shows several times alike.
        """
        if self.augmenter is None:
            return lambda shown: shown
        drawn = self.augmenter.draw(images)
        return lambda shown: self.augmenter.apply(shown, drawn)

    def discriminator_loss(self, batch, draw):
        """Returns {name: weighted float32 scalar}, the terms that the discriminator minimises."""
        inputs, real, fake = draw["inputs"], batch["image"], draw["fake"]
        view, view_of_fake = self.view(real), self.view(fake)
        real_out, fake_out = self.discriminate(view(real), batch), self.discriminate(view_of_fake(fake), inputs)
        real_logits, fake_logits = real_out["logits"], fake_out["logits"]
        self.observe(
            real_probability=ops.mean(ops.sigmoid(real_logits)), fake_probability=ops.mean(ops.sigmoid(fake_logits))
        )
        terms = self.discriminator_terms(batch, inputs, real_out, fake_out)
        self.adversarial.adapt(real_logits, fake_logits)
        if self.augmenter is not None:
            self.augmenter.adapt(real_logits)
            self.augmenter.set_progress(self.images_seen)
        play = self.play("discriminator", batch, draw, view)._replace(real_logits=real_logits, fake_logits=fake_logits)
        return {**terms, **self.penalty_terms("discriminator", play)}

    def generator_loss(self, batch, draw):
        """Returns {name: weighted float32 scalar}, the terms that the generator minimises."""
        inputs, real, fake = draw["inputs"], batch["image"], draw["fake"]
        view, view_of_fake = self.view(real), self.view(fake)
        with _backend.frozen():  # being judged moves nothing in the discriminator
            fake_out = self.discriminate(view_of_fake(fake), inputs)
            real_out = self.discriminate(view(real), batch) if self.generator_uses_real else None
        terms = self.generator_terms(batch, inputs, real_out, fake_out)
        play = self.play("generator", batch, draw, view)._replace(fake_logits=fake_out["logits"])
        return {**terms, **self.penalty_terms("generator", play)}

    def play(self, player, batch, draw, view):
        """Returns the `keras_gan.penalties.Play` that a player's penalties look at, still without logits."""
        return Play(
            critic=lambda images: self.discriminate(view(images), batch)["logits"],
            generate=lambda inputs: self.generate(inputs, training=True),
            networks=self.networks_of(player),
            inputs=draw["inputs"],
            real=batch["image"],
            fake=draw["fake"],
        )

    @property
    def generator_uses_real(self):
        """Whether `generator_terms` needs the discriminator's outputs for reals."""
        return self.adversarial.generator_uses_real

    def discriminator_terms(self, batch, inputs, real_out, fake_out):
        """Returns the loss terms of the discriminator from its outputs for reals and fakes."""
        return {"discriminator_loss": self.adversarial.discriminator(real_out["logits"], fake_out["logits"])}

    def generator_terms(self, batch, inputs, real_out, fake_out):
        """Returns the loss terms of the generator; `real_out` is None unless `generator_uses_real`."""
        real, fake = real_out and real_out["logits"], fake_out["logits"]
        return {"generator_loss": self.adversarial.generator(real, self.best_of(fake))}

    def best_of(self, logits):
        """Returns the logits of the share `top_k` of the fakes that the discriminator takes for most real.

        There are as many as before, so that their shape stays the same: the best are repeated, evenly.
        """
        if self.top_k == 1.0:
            return logits
        count = ops.shape(logits)[0]
        quality = ops.mean(ops.reshape(logits, (count, -1)), axis=1)
        share = ops.cast(value_at(self.top_k, self.images_seen), "float32")
        rank = ops.floor(ops.cast(ops.arange(count), "float32") * share)
        return ops.take(logits, ops.take(ops.argsort(-quality), ops.cast(rank, "int32")), axis=0)

    # Using the networks.

    @property
    def latent_shape(self):
        """Shape of one latent, without the batch axis."""
        shapes = inspection.input_shapes(self.generator, "generator")
        return shapes.get("latent", next(iter(shapes.values())))

    @property
    def image_shape(self):
        """Shape of one image: (height, width, channels)."""
        shapes = inspection.input_shapes(self.discriminator, "discriminator")
        return shapes.get("image", next(iter(shapes.values())))

    @property
    def ema_generator(self):
        """The generator to use: the moving average, or the trained network itself when there is no average."""
        return self.generator if self.average is None else self.average

    def generate(self, inputs, training=False, generator=None):
        """Makes images from inputs.

        Args:
            inputs: dict as from `sample_inputs` or `fixed_inputs`.
            training: bool, whether batch normalization uses, and moves, batch statistics.
            generator: the network to use. Defaults to the one being trained (not its average).

        Returns:
            float32 tensor `(batch, height, width, channels)` in [-1, 1].
        """
        generator = generator or self.generator
        images = generator(inspection.pick_inputs(generator, inputs), training=training)
        return ops.cast(images, "float32")

    def discriminate(self, image, context, training=True):
        """Judges images: returns a dict with `"logits"` (float32) and the outputs of other heads.

        Args:
            image: float32 tensor `(batch, height, width, channels)`.
            context: dict of further inputs, taken by name if the discriminator has them.
        """
        tensors = {"image": image, **{name: value for name, value in context.items() if name != "image"}}
        outputs = self.discriminator(inspection.pick_inputs(self.discriminator, tensors), training=training)
        outputs = outputs if isinstance(outputs, dict) else {"logits": outputs}
        return {name: ops.cast(value, "float32") for name, value in outputs.items()}

    def call(self, inputs, training=False):
        """Makes images from latents (or a dict of inputs) with the averaged generator."""
        inputs = inputs if isinstance(inputs, dict) else {"latent": inputs}
        return self.generate(inputs, training=training, generator=self.ema_generator)

    def sample(self, count=16, seed=None, label=None, truncation=None, inputs=None, batch_size=64):
        """Draws images from the averaged generator.

        Args:
            count: int >= 1, number of images. Ignored when `inputs` is given.
            seed: int or None; the same seed gives the same latents on every machine and backend.
            label: int or `count` of them, the classes to draw; None for each in turn. For GANs with labels.
            truncation: float > 0, latents are as if drawn from their distribution cut off there: less variety, more
                quality (`keras_gan.latents.truncated`). None for none.
            inputs: dict as from `fixed_inputs`, to use instead of drawing.
            batch_size: int, images per call of the network. Defaults to 64.

        Returns:
            numpy uint8 array `(count, height, width, channels)`.
        """
        if inputs is None:
            if not isinstance(count, (int, np.integer)) or count < 1:
                raise ValueError(f"`count` must be a whole number >= 1. Received: count={count!r}.")
            inputs = self.fixed_inputs(count, seed) if label is None else self.fixed_inputs(count, seed, label)
        if truncation is not None:
            inputs = {**inputs, "latent": truncated(inputs["latent"], truncation, self.latent)}
        network, count = self.ema_generator, len(next(iter(inputs.values())))
        parts = ({k: v[i : i + batch_size] for k, v in inputs.items()} for i in range(0, count, batch_size))
        return np.concatenate(
            [to_uint8(_backend.infer(network, inspection.pick_inputs(network, part))) for part in parts]
        )

    def draw(self, batch, moves=True):
        """Draws inputs and fakes for one update.

        Args:
            batch: dict of reals, for their number.
            moves: bool, whether the generator's batch statistics move. They do so once a step, in its own update.
        """
        inputs = self.sample_inputs(batch)
        if moves:
            return {"inputs": inputs, "fake": self.generate(inputs, training=True)}
        with _backend.frozen():
            return {"inputs": inputs, "fake": self.generate(inputs, training=True)}

    def gan_test_step(self, data):
        """Plays one batch without learning: the averaged generator's fakes, all networks in inference mode."""
        batch = self.as_batch(data)
        with _backend.frozen():
            inputs = self.sample_inputs(batch)
            real_out = self.discriminate(batch["image"], batch, training=False)
            fake_out = self.discriminate(self.call(inputs), inputs, training=False)
            values = {
                **self.discriminator_terms(batch, inputs, real_out, fake_out),
                **self.generator_terms(batch, inputs, real_out, fake_out),
                "real_probability": ops.mean(ops.sigmoid(real_out["logits"])),
                "fake_probability": ops.mean(ops.sigmoid(fake_out["logits"])),
            }
        self.observe(**values)
        return {name: self.trackers[name].result() for name in values}

    def fit(self, x=None, y=None, *arguments, **named):
        """Trains the GAN: `keras.Model.fit`, after a look at arrays; the labels of a `tf.data.Dataset` as they come.

        Raises:
            ValueError: for labels out of range, or that are no whole numbers; on several devices for batches that
                cannot be divided evenly among them.
            tf.errors.InvalidArgumentError: for labels out of range in a batch of a `tf.data.Dataset`.
        """
        x = batches.checked(x, y, self.num_classes, self.lowest_label)
        if self.devices > 1:
            batch_size = named.get("batch_size", arguments[0] if arguments else None)
            for given in (x, named.get("validation_data")):
                batches.check_shares(given, batch_size or 32, self.devices)
        return super().fit(x, y, *arguments, **named)

    def as_batch(self, data):
        """Brings what `fit` was given into a dict: images alone, (images, labels), or a dict with `"image"`."""
        return batches.as_batch(data, self.image_shape, self.num_classes is not None)

    def get_config(self):
        return {
            "format": FORMAT,
            "generator": serialize(self.generator),
            "discriminator": serialize(self.discriminator),
            "num_classes": self.num_classes,
            "latent": self.latent,
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
        config = {
            key: deserialize(value, custom_objects=custom_objects) if isinstance(value, dict) else value
            for key, value in config.items()
        }
        return cls(**config)
