import keras
import numpy as np
from keras import ops

from keras_gan import _backend
from keras_gan.latents import DISTRIBUTIONS, fixed_latents
from keras_gan.models import inspection
from keras_gan.models.game import Game
from keras_gan.pictures import to_uint8

serialize = keras.saving.serialize_keras_object
deserialize = keras.saving.deserialize_keras_object


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
            [-1, 1].
        discriminator: `keras.Model`, images -> logits `(batch, 1)` (or patches), or a dict with the key `"logits"`.
        latent: `"normal"` (mean 0, deviation 1) or `"uniform"` (from -1 to 1), the distribution of latents. Defaults to
            `"normal"`.
        ema_half_life: number of images after which the averaged generator has forgotten half, or None for no average.
            Defaults to 10,000, StyleGAN2's choice. Weights are averaged; batch statistics are copied.
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

    def __init__(
        self,
        generator,
        discriminator,
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
        self.generator = generator
        self.discriminator = discriminator
        self.average = None if ema_half_life is None else inspection.copy_of(generator)
        self.latent_seed = keras.random.SeedGenerator(seed)
        self.latent = latent
        self.seed = seed

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
        """Draws the generator's inputs for one step: {"latent": float32 tensor (batch, *latent_shape)}."""
        shape = (ops.shape(batch["image"])[0], *self.latent_shape)
        draw = keras.random.normal if self.latent == "normal" else keras.random.uniform
        limits = {} if self.latent == "normal" else {"minval": -1.0, "maxval": 1.0}
        return {"latent": draw(shape, dtype="float32", seed=self.latent_seed, **limits)}

    def fixed_inputs(self, count, seed=None):
        """Draws inputs outside of training, with numpy: the same for one seed on every machine and backend.

        Row i does not depend on `count`: the first images of a larger sample are those of a smaller one.

        Returns:
            {"latent": float32 array (count, *latent_shape)}
        """
        return {"latent": fixed_latents(count, self.latent_shape, self.latent, seed)}

    def discriminator_loss(self, batch, draw):
        """Returns {name: weighted float32 scalar}, the terms that the discriminator minimises."""
        inputs, real, fake = draw["inputs"], batch["image"], draw["fake"]
        real_out, fake_out = self.discriminate(real, batch), self.discriminate(fake, inputs)
        self.observe(
            real_probability=ops.mean(ops.sigmoid(real_out["logits"])),
            fake_probability=ops.mean(ops.sigmoid(fake_out["logits"])),
        )
        terms = self.discriminator_terms(batch, inputs, real_out, fake_out)
        return {**terms, **self.penalty_terms("discriminator", lambda x: self.discriminate(x, batch), real, fake)}

    def generator_loss(self, batch, draw):
        """Returns {name: weighted float32 scalar}, the terms that the generator minimises."""
        inputs, fake = draw["inputs"], draw["fake"]
        with _backend.frozen():  # being judged moves nothing in the discriminator
            fake_out = self.discriminate(fake, inputs)
            real_out = self.discriminate(batch["image"], batch) if self.adversarial.generator_uses_real else None
        return self.generator_terms(batch, inputs, real_out, fake_out)

    def discriminator_terms(self, batch, inputs, real_out, fake_out):
        """Returns the loss terms of the discriminator from its outputs for reals and fakes."""
        return {"discriminator_loss": self.adversarial.discriminator(real_out["logits"], fake_out["logits"])}

    def generator_terms(self, batch, inputs, real_out, fake_out):
        """Returns the loss terms of the generator; `real_out` is None unless the loss uses reals."""
        real = real_out and real_out["logits"]
        return {"generator_loss": self.adversarial.generator(real, fake_out["logits"])}

    # Using the networks.

    @property
    def latent_shape(self):
        """Shape of one latent, without the batch axis."""
        return next(iter(inspection.input_shapes(self.generator, "generator").values()))

    @property
    def image_shape(self):
        """Shape of one image: (height, width, channels)."""
        return next(iter(inspection.input_shapes(self.discriminator, "discriminator").values()))

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

    def sample(self, count=16, seed=None, inputs=None, batch_size=64):
        """Draws images from the averaged generator.

        Args:
            count: int >= 1, number of images. Ignored when `inputs` is given.
            seed: int or None; the same seed gives the same latents on every machine and backend.
            inputs: dict as from `fixed_inputs`, to use instead of drawing.
            batch_size: int, images per call of the network. Defaults to 64.

        Returns:
            numpy uint8 array `(count, height, width, channels)`.
        """
        if inputs is None:
            if not isinstance(count, (int, np.integer)) or count < 1:
                raise ValueError(f"`count` must be a whole number >= 1. Received: count={count!r}.")
            inputs = self.fixed_inputs(count, seed)
        network, count = self.ema_generator, len(next(iter(inputs.values())))
        batches = ({k: v[i : i + batch_size] for k, v in inputs.items()} for i in range(0, count, batch_size))
        return np.concatenate(
            [to_uint8(network.predict_on_batch(inspection.pick_inputs(network, batch))) for batch in batches]
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

    def as_batch(self, data):
        """Brings what `fit` was given into a dict: images alone, (images, labels), or a dict with `"image"`."""
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        batch = images if isinstance(images, dict) else {"image": images}
        batch = batch if labels is None else {**batch, "label": labels}
        image = batch.get("image")
        if image is None:
            raise ValueError(f"Batches must hold the key 'image'. Received: keys {sorted(batch)}.")
        if "float" not in keras.backend.standardize_dtype(image.dtype):
            raise ValueError(
                "Images must be float in [-1, 1]. "
                f"Received: dtype {image.dtype.name}. Use keras_gan.data.images(array), which scales whole numbers."
            )
        if len(image.shape) != len(self.image_shape) + 1 or any(
            None not in (a, b) and a != b for a, b in zip(image.shape[1:], self.image_shape, strict=True)
        ):
            raise ValueError(
                f"Images must have the shape that the networks were built for, {self.image_shape}. "
                f"Received: {tuple(image.shape[1:])}. Use the `size` and `channels` of keras_gan.data.images."
            )
        return batch

    def get_config(self):
        return {
            "generator": serialize(self.generator),
            "discriminator": serialize(self.discriminator),
            "latent": self.latent,
            "ema_half_life": self.ema_half_life,
            "ema_ramp_up": self.ema_ramp_up,
            "discriminator_steps": self.discriminator_steps,
            "reuse_fakes": self.reuse_fakes,
            "seed": self.seed,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = {
            key: deserialize(value, custom_objects=custom_objects) if isinstance(value, dict) else value
            for key, value in config.items()
        }
        return cls(**config)
