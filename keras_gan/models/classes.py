"""Discriminators that also name classes: how far off they are, and whether a network is one."""

from keras import ops

from keras_gan.game import inspection


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


LOSSES = {"cross_entropy": cross_entropy, "hinge": multi_class_hinge}


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
