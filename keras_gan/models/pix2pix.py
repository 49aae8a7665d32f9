import keras
from keras import ops

from keras_gan.arguments import checked_number
from keras_gan.game import Column, Duel, Game, Player, inspection
from keras_gan.inputs import Given, NetworkGenerator
from keras_gan.media import Images

serialize = keras.saving.serialize_keras_object


@keras.saving.register_keras_serializable("keras_gan")
class Pix2Pix(Game):
    """Translates pictures as pairs of them show: labels to photographs, edges to digits, day to night.

    The generator is given the source. The discriminator sees the source with the target, or with what was made of it.
    Besides the adversarial loss the generator minimises

        l1_loss: l1_weight * mean |target - fake|

    Batches hold `source` and `target` (`keras_gan.data.pairs`); `fit(sources, targets)` takes arrays.

    Args:
        generator: `keras.Model`, pictures `(batch, height, width, channels)` in [-1, 1] -> pictures, such as
            `keras_gan.networks.UNetGenerator`.
        discriminator: `keras.Model` with the inputs `source` and `target` -> logits, such as
            `keras_gan.networks.PatchGAN({"source": ..., "target": ...})`. With the single input `target` it judges
            without the source (the paper's unconditional GAN).
        l1_weight: float >= 0, the paper's lambda. Defaults to 100, the paper's.
        name: str, name of the model.
        options: those of `keras_gan.game.Game`.

    Raises:
        TypeError: if a network is not a `keras.Model`.
        ValueError: if the networks do not fit each other, or the weight is negative.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> gan = kg.Pix2Pix(
    ...     kg.networks.UNetGenerator((16, 16, 1), filters=4),
    ...     kg.networks.PatchGAN({"source": (16, 16, 1), "target": (16, 16, 1)}, filters=4, stages=1),
    ... )
    >>> gan.translate(np.zeros((2, 16, 16, 1), "uint8")).shape
    (2, 16, 16, 1)

    Reference: Isola et al. 2017, arXiv:1611.07004, equation 4.
    """

    term_names = ("l1_loss",)
    pictures = {"source": "source", "fake": "target", "target": "target"}

    def __init__(self, generator, discriminator, l1_weight=100.0, name="pix2pix", **options):
        super().__init__(name=name, **options)
        self.source_shape = inspection.single_input(generator, "generator")
        self.target_shape = inspection.output_shape(generator, "generator")
        inspection.check_judge(
            discriminator, "discriminator", {"source": self.source_shape, "target": self.target_shape}
        )
        inspection.check_activations({"discriminator": discriminator}, {"generator": generator})
        self.generator = generator
        self.discriminator = discriminator
        self.l1_weight = checked_number("l1_weight", l1_weight, least=0)
        self.average = self.copied_for_average(generator)

    def columns(self):
        return {"source": Column(self.source_shape, Images()), "target": Column(self.target_shape, Images())}

    def generators(self):
        given, made = {"source": Given("source", self.source_shape)}, {"target": Images()}
        return {"generator": NetworkGenerator("generator", given, made, self.generator, self.average)}

    def players(self):
        return {"discriminator": Player([self.discriminator], judges=True), "generator": Player([self.generator])}

    def duels(self):
        context = [name for name in inspection.input_shapes(self.discriminator, "discriminator") if name == "source"]
        return {"target": Duel("discriminator", real="target", fake="fake", context=tuple(context))}

    def make(self, batch, inputs, generate):
        return {"fake": generate("generator", inputs)["target"]}

    def terms(self, player, round):
        if player != "generator":
            return {}
        return {"l1_loss": self.l1_weight * ops.mean(ops.abs(round["target"] - round["fake"]))}

    def get_config(self):
        networks = {"generator": serialize(self.generator), "discriminator": serialize(self.discriminator)}
        return {**super().get_config(), **networks, "l1_weight": self.l1_weight}
