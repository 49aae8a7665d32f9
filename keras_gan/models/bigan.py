import keras
import numpy as np

from keras_gan.game import Column, Duel, Game, Player, inspection
from keras_gan.inputs import Given, Latent, NetworkGenerator
from keras_gan.media import Images, Vectors

serialize = keras.saving.serialize_keras_object


@keras.saving.register_keras_serializable("keras_gan")
class BiGAN(Game):
    """A GAN that also learns the way back, from a picture to its latent.

    The discriminator sees pairs: a picture with its code, (x, E(x)), is real, and a drawn picture with its latent,
    (G(z), z), is fake. Generator and encoder together minimise the discriminator's own loss with the two exchanged; at
    the optimum they are each other's inverse.

    `generators()` are `generator` and `encoder`. `encode` gives codes, `reconstruct` draws them again.

    Args:
        generator: `keras.Model`, latents `(batch, *latent_shape)` -> pictures `(batch, height, width, channels)` in
            [-1, 1].
        encoder: `keras.Model`, pictures -> latents.
        discriminator: `keras.Model` with the inputs `image` and `latent` -> logits.
        latent: `"normal"` or `"uniform"` (from -1 to 1), the distribution of latents. Defaults to `"normal"`.
        name: str, name of the model.
        options: those of `keras_gan.game.Game`.

    Raises:
        TypeError: if a network is not a `keras.Model`.
        ValueError: if the networks do not fit each other.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> gan = kg.BiGAN(
    ...     kg.networks.MLPGenerator((8, 8, 1), latent_dim=4, units=(16,)),
    ...     kg.networks.MLPRecognizer((8, 8, 1), code_dim=4, units=(16,)),
    ...     kg.networks.BiGANDiscriminator((8, 8, 1), latent_dim=4, filters=None, units=(16,)),
    ... )
    >>> gan.encode(np.zeros((2, 8, 8, 1), "uint8")).shape
    (2, 4)

    Reference:
        Donahue et al. 2017, arXiv:1605.09782, section 3; Dumoulin et al. 2017 (ALI), arXiv:1606.00704. As in the former
        the encoder is deterministic, and both generator and encoder get the loss with exchanged labels.
    """

    pictures = {"fake": "image"}

    def __init__(self, generator, encoder, discriminator, latent="normal", name="bigan", **options):
        super().__init__(name=name, **options)
        self.latent_shape = inspection.single_input(generator, "generator")
        self.image_shape = inspection.output_shape(generator, "generator")
        inspection.check_judge(encoder, "encoder", {"image": self.image_shape})
        if (made := inspection.output_shape(encoder, "encoder")) != self.latent_shape:
            raise ValueError(f"The encoder must give what the generator takes, {self.latent_shape}. Received: {made}.")
        judged = sorted(inspection.input_shapes(discriminator, "discriminator"))
        if judged != ["image", "latent"]:
            raise ValueError(
                f"The discriminator must judge pairs: give it the inputs 'image' and 'latent'. Received: {judged}."
            )
        inspection.check_judge(discriminator, "discriminator", {"image": self.image_shape, "latent": self.latent_shape})
        inspection.check_activations({"discriminator": discriminator}, {"generator": generator})
        self.latent = Latent(self.latent_shape, latent, self.latent_seed)
        self.generator, self.encoder, self.discriminator = generator, encoder, discriminator
        self.average = self.copied_for_average(generator)
        self.average_encoder = self.copied_for_average(encoder)

    def columns(self):
        return {"image": Column(self.image_shape, Images())}

    def generators(self):
        latent, image = {"latent": self.latent}, {"image": Given("image", self.image_shape)}
        return {
            "generator": NetworkGenerator("generator", latent, {"image": Images()}, self.generator, self.average),
            "encoder": NetworkGenerator("encoder", image, {"latent": Vectors()}, self.encoder, self.average_encoder),
        }

    def players(self):
        judges, drawing = [self.discriminator], [self.generator, self.encoder]
        return {"discriminator": Player(judges, judges=True), "generator": Player(drawing)}

    def duels(self):
        real, fake = {"image": "image", "latent": "code"}, {"image": "fake", "latent": "latent"}
        return {"pair": Duel("discriminator", real, fake, exchanged=True)}

    def make(self, batch, inputs, generate):
        code = generate("encoder", inputs)["latent"]
        return {"fake": generate("generator", inputs)["image"], "code": code}

    def encode(self, images, batch_size=64):
        """Returns the latents of pictures.

        Args:
            images: uint8 array `(count, height, width, channels)`.
            batch_size: int, pictures per call of the network. Defaults to 64.

        Returns:
            numpy float32 array `(count, *latent_shape)`.
        """
        return self.translate(np.asarray(images), "encoder", batch_size=batch_size)

    def reconstruct(self, images, batch_size=64):
        """Returns pictures drawn from the latents of pictures. Arguments as of `encode`; uint8, of the same shape."""
        return self.sample(inputs={"latent": self.encode(images, batch_size)}, batch_size=batch_size)

    def get_config(self):
        networks = {name: serialize(getattr(self, name)) for name in ("generator", "encoder", "discriminator")}
        return {**super().get_config(), **networks, "latent": self.latent.distribution}
