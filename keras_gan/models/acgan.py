import keras
from keras import ops

from keras_gan.game import inspection
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
        num_classes, latent, ema_half_life, ema_ramp_up, discriminator_steps, reuse_fakes, seed, name: as for `GAN`.

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

    loss_names = (*GAN.loss_names, "discriminator_class_loss", "generator_class_loss")

    def __init__(
        self,
        generator,
        discriminator,
        num_classes=None,
        real_class_weight=1.0,
        fake_class_weight=1.0,
        generator_class_weight=1.0,
        class_loss="cross_entropy",
        latent="normal",
        ema_half_life=10_000,
        ema_ramp_up=0.05,
        discriminator_steps=1,
        reuse_fakes=True,
        seed=None,
        name="acgan",
    ):
        super().__init__(
            generator,
            discriminator,
            num_classes=num_classes,
            latent=latent,
            ema_half_life=ema_half_life,
            ema_ramp_up=ema_ramp_up,
            discriminator_steps=discriminator_steps,
            reuse_fakes=reuse_fakes,
            seed=seed,
            name=name,
        )
        if "label" not in inspection.input_shapes(generator, "generator"):
            raise ValueError(
                "The generator of an ACGAN must have an input named 'label'. "
                f"Received: inputs {sorted(inspection.input_shapes(generator, 'generator'))}. Give it `num_classes`."
            )
        check_head(discriminator, self.num_classes, "classifier")
        if class_loss not in CLASS_LOSSES:
            raise ValueError(f"`class_loss` must be one of {list(CLASS_LOSSES)}. Received: class_loss={class_loss!r}.")
        self.class_loss = class_loss
        self.real_class_weight = checked_weight("real_class_weight", real_class_weight)
        self.fake_class_weight = checked_weight("fake_class_weight", fake_class_weight)
        self.generator_class_weight = checked_weight("generator_class_weight", generator_class_weight)

    def discriminator_terms(self, batch, inputs, real_out, fake_out):
        error = CLASS_LOSSES[self.class_loss]
        real, fake = error(batch["label"], real_out), error(inputs["label"], fake_out)
        return {
            **super().discriminator_terms(batch, inputs, real_out, fake_out),
            "discriminator_class_loss": self.real_class_weight * ops.mean(real)
            + self.fake_class_weight * ops.mean(fake),
        }

    def generator_terms(self, batch, inputs, real_out, fake_out):
        fake = CLASS_LOSSES[self.class_loss](inputs["label"], fake_out)
        return {
            **super().generator_terms(batch, inputs, real_out, fake_out),
            "generator_class_loss": self.generator_class_weight * ops.mean(fake),
        }

    def get_config(self):
        return {
            **super().get_config(),
            "real_class_weight": self.real_class_weight,
            "fake_class_weight": self.fake_class_weight,
            "generator_class_weight": self.generator_class_weight,
            "class_loss": self.class_loss,
        }


def cross_entropy(label, output):
    """Returns -log softmax(classes)[label] of each image, float32 `(batch,)`.

    Args:
        label: int32 `(batch,)`, 0 to classes - 1.
        output: what a discriminator says, a dict with `"classes"`, logits `(batch, classes)`.
    """
    return ops.sparse_categorical_crossentropy(label, output["classes"], from_logits=True)


def multi_class_hinge(label, output):
    """Returns max(0, 1 - l_label + max_{k != label} l_k) of each image, float32 `(batch,)`. Arguments as above."""
    logits = output["classes"]
    own = ops.one_hot(label, logits.shape[-1], dtype="bool")
    others = ops.max(ops.where(own, -float("inf"), logits), axis=-1)
    return ops.relu(1.0 + others - ops.sum(ops.where(own, logits, 0.0), axis=-1))


CLASS_LOSSES = {"cross_entropy": cross_entropy, "hinge": multi_class_hinge}


def checked_weight(name, value):
    """Returns a weight as a float; raises ValueError unless it is a number >= 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise ValueError(f"`{name}` must be a number >= 0. Received: {name}={value!r}.")
    return float(value)


def check_head(discriminator, num_classes, conditioning, others=()):
    """Raises ValueError unless a discriminator tells classes.

    Args:
        discriminator: a `keras.Model`.
        num_classes: int, as many logits it must give under `"classes"`, or None if nobody knows.
        conditioning: str, the argument of the package's discriminators that gives such a head.
        others: further outputs that it must have.
    """
    shapes = inspection.input_shapes(discriminator, "discriminator")
    output = inspection.output_of(discriminator, shapes)
    names = sorted(output) if isinstance(output, dict) else ["logits"]
    mend = f"Use DCGANDiscriminator(..., num_classes=..., conditioning={conditioning!r})."
    if missing := [name for name in ("logits", "classes", *others) if name not in names]:
        raise ValueError(f"The discriminator must return a dict with {missing}. Received: the outputs {names}. {mend}")
    shape = tuple(output["classes"].shape[1:])
    if num_classes is None or shape != (num_classes,):
        raise ValueError(
            f"The discriminator must give one logit for each of the GAN's classes. Received: {shape} for "
            f"num_classes={num_classes}."
        )
    if "label" in shapes:
        raise ValueError(
            f"A discriminator that tells classes must not be given them. Received: inputs {sorted(shapes)}. {mend}"
        )
