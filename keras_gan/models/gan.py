import keras
from keras import ops

from keras_gan.game import Column, Duel, Game, Player, inspection
from keras_gan.inputs import Label, Latent, NetworkGenerator
from keras_gan.latents.distributions import DISTRIBUTIONS
from keras_gan.media import Images, Labels

serialize = keras.saving.serialize_keras_object


@keras.saving.register_keras_serializable("keras_gan")
class GAN(Game):
    """A generator and a discriminator, trained against each other by `fit`.

    Every training step updates the players in turn, in one compiled function. With `reuse_fakes` the generator runs
    once per step: the fakes that the discriminator learns from are those that the generator is then judged by.

    Any pair of Keras models will do; latent size and image shape are read from them. To make another GAN, hand other
    losses, penalties or optimizers to `compile`, or override a hook: `terms` adds loss terms, `generators` says what
    the generator is fed, `duels` and `players` who judges and who learns.

    Args:
        generator: `keras.Model`, latents `(batch, *latent_shape)` -> images `(batch, height, width, channels)` in
            [-1, 1]. With a second input named `label`, int32 `(batch,)`, it draws what the label says.
        discriminator: `keras.Model`, images -> logits `(batch, 1)` (or patches), or a dict with the key `"logits"`. It
            too may have an input `label`.
        num_classes: int, number of classes of a GAN with labels (0 to `num_classes - 1`), or None to read it from the
            networks' attribute `num_classes`.
        latent: `"normal"` (mean 0, deviation 1) or `"uniform"` (from -1 to 1), the distribution of latents. Defaults to
            `"normal"`.
        medium: `keras_gan.media.Medium`, what the generator makes where that is not pictures. Its `column` names what
            batches hold. Defaults to None: `Images()`.
        name: str, name of the model.
        options: `ema_half_life`, `ema_ramp_up`, `discriminator_steps`, `reuse_fakes` and `seed`, as for
            `keras_gan.game.Game`.

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

    Reference: Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1.
    """

    lowest_label = 0

    def __init__(self, generator, discriminator, num_classes=None, latent="normal", medium=None, name="gan", **options):
        super().__init__(name=name, **options)
        if latent not in DISTRIBUTIONS:
            raise ValueError(f"`latent` must be 'normal' or 'uniform'. Received: latent={latent!r}.")
        self.medium = Images() if medium is None else medium
        inspection.check_pair(generator, discriminator, self.medium)
        self.num_classes = inspection.number_of_classes(num_classes, (generator, discriminator))
        self.generator = generator
        self.discriminator = discriminator
        self.average = self.copied_for_average(generator)
        self.latent = latent
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

    # The hooks of a game.

    def columns(self):
        label = {} if self.num_classes is None else {"label": Column((), Labels(self.num_classes, self.lowest_label))}
        return {self.medium.column: Column(self.image_shape, self.medium), **label}

    def inputs(self):
        """Returns {name: `keras_gan.inputs.Input`}, what the generator is fed."""
        inputs = {"latent": Latent(self.latent_shape, self.latent, self.latent_seed)}
        return inputs if self.num_classes is None else {**inputs, "label": Label(self.num_classes)}

    def generators(self):
        outputs = {self.medium.column: self.medium}
        return {"generator": NetworkGenerator("generator", self.inputs(), outputs, self.generator, self.average)}

    def players(self):
        return {"discriminator": Player([self.discriminator], judges=True), "generator": Player([self.generator])}

    def duels(self):
        context = [name for name in self.inputs() if name in inspection.input_shapes(self.discriminator, "judge")]
        return {"image": Duel("discriminator", self.medium.column, "fake", tuple(context))}

    def make(self, batch, inputs, generate):
        return {"fake": generate("generator", inputs)[self.medium.column]}

    @property
    def pictures(self):
        return {"fake": self.medium.column}

    # Using the networks.

    @property
    def latent_shape(self):
        """Shape of one latent, without the batch axis."""
        shapes = inspection.input_shapes(self.generator, "generator")
        return shapes.get("latent", next(iter(shapes.values())))

    @property
    def image_shape(self):
        """Shape of what is judged, without the batch axis: of an image (height, width, channels)."""
        shapes = inspection.input_shapes(self.discriminator, "discriminator")
        return shapes.get(self.medium.column, next(iter(shapes.values())))

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
        return self.generators()["generator"](inputs, training, generator)[self.medium.column]

    def call(self, inputs, training=False):
        """Makes images from latents (or a dict of inputs) with the averaged generator."""
        inputs = inputs if isinstance(inputs, dict) else {"latent": ops.convert_to_tensor(inputs)}
        return self.generate(inputs, training=training, generator=self.ema_generator)

    def get_config(self):
        return {
            **super().get_config(),
            "generator": serialize(self.generator),
            "discriminator": serialize(self.discriminator),
            "num_classes": self.num_classes,
            "latent": self.latent,
            "medium": None if self.medium == Images() else serialize(self.medium),
        }
