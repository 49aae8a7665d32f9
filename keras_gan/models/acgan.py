import keras
from keras import ops

from keras_gan.arguments import checked_number
from keras_gan.game import inspection
from keras_gan.models import classes
from keras_gan.models.gan import GAN


@keras.saving.register_keras_serializable("keras_gan")
class ACGAN(GAN):
    """A GAN with labels whose discriminator also says which class it sees, and whose generator wants it to be right.

    With the cross-entropy H(label, image) of the discriminator's softmax over the classes, the terms are

        discriminator_class_loss: real_class_weight * mean H(label, real) + fake_class_weight * mean H(label, fake)
        generator_class_loss:     generator_class_weight * mean H(label, fake)

    besides the adversarial loss. With `class_loss="hinge"` H is the multi-class hinge of the classes' logits l,
    max(0, 1 - l_y + max_{k != y} l_k), the partner of `keras_gan.losses.Hinge`. Reals are judged against the labels of
    the batch, fakes against those that they were drawn from.

    Args:
        generator: `keras.Model` with the inputs `latent` and `label`.
        discriminator: `keras.Model`, images -> logits {"logits": `(batch, 1)`, "classes": `(batch, num_classes)`}, as
            `DCGANDiscriminator(..., conditioning="classifier")`.
        real_class_weight: float >= 0. Defaults to 1, the paper's.
        fake_class_weight: float >= 0, whether the discriminator also learns classes from fakes. Defaults to 1, the
            paper's; 0 keeps mistakes of the generator out of the classifier.
        generator_class_weight: float >= 0. Defaults to 1, the paper's.
        class_loss: `"cross_entropy"`, the paper's, or `"hinge"`. Defaults to `"cross_entropy"`.
        name: str, name of the model.
        options: further arguments of `GAN`.

    Raises:
        ValueError: as of `GAN`; if the generator has no input `label` or the discriminator no output `"classes"` of the
            right size; for a negative weight or an unknown `class_loss`.

    Example:

    >>> import keras_gan as kg
    >>> gan = ACGAN(
    ...     kg.networks.DCGANGenerator((8, 8, 1), latent_dim=16, num_classes=3),
    ...     kg.networks.DCGANDiscriminator((8, 8, 1), num_classes=3, conditioning="classifier"),
    ... )
    >>> gan.sample(4, seed=0, label=2).shape
    (4, 8, 8, 1)

    Reference:
        Odena et al. 2017, arXiv:1610.09585, section 3, equations 2 and 3. Hinge: Crammer and Singer 2001, JMLR 2, 265;
        for GANs Kavalerov et al. 2019, arXiv:1912.04216. Deviation from the latter: real or fake is a logit of its own
        here, not one more class.
    """

    term_names = ("discriminator_class_loss", "generator_class_loss")

    def __init__(
        self,
        generator,
        discriminator,
        real_class_weight=1.0,
        fake_class_weight=1.0,
        generator_class_weight=1.0,
        class_loss="cross_entropy",
        name="acgan",
        **options,
    ):
        super().__init__(generator, discriminator, name=name, **options)
        if "label" not in (inputs := inspection.input_shapes(generator, "generator")):
            raise ValueError(
                "The generator of an ACGAN must have an input named 'label'. "
                f"Received: inputs {sorted(inputs)}. Give it `num_classes`."
            )
        classes.check_head(discriminator, self.num_classes, "classifier")
        if class_loss not in classes.LOSSES:
            raise ValueError(
                f"`class_loss` must be one of {list(classes.LOSSES)}. Received: class_loss={class_loss!r}."
            )
        self.class_loss = class_loss
        self.real_class_weight = checked_number("real_class_weight", real_class_weight, least=0)
        self.fake_class_weight = checked_number("fake_class_weight", fake_class_weight, least=0)
        self.generator_class_weight = checked_number("generator_class_weight", generator_class_weight, least=0)

    def terms(self, player, round):
        error, (real, fake) = classes.LOSSES[self.class_loss], round.outputs["image"]
        of_fakes = ops.mean(error(round.inputs["label"], fake))
        if player == "generator":
            return {"generator_class_loss": self.generator_class_weight * of_fakes}
        of_reals = ops.mean(error(round.batch["label"], real))
        return {"discriminator_class_loss": self.real_class_weight * of_reals + self.fake_class_weight * of_fakes}

    def get_config(self):
        return {
            **super().get_config(),
            "real_class_weight": self.real_class_weight,
            "fake_class_weight": self.fake_class_weight,
            "generator_class_weight": self.generator_class_weight,
            "class_loss": self.class_loss,
        }
