"""How labels and codes enter networks, and what discriminators say about labels."""

import keras
from keras import layers, ops

from keras_gan.arguments import check_whole

CONDITIONING = ("projection", "concatenation", "classifier", "semi_supervised")
WIDEST = 128  # numbers of a label's embedding; as many as classes up to there, which keeps all of them apart


def check_numbers(**numbers):
    """Raises ValueError unless each is None or a whole number >= 1."""
    for name, number in numbers.items():
        if number is not None:
            check_whole(name, number)


def check_conditioning(num_classes, conditioning):
    """Raises ValueError for a number of classes or a way of using them that does not exist."""
    check_numbers(num_classes=num_classes)
    if conditioning not in CONDITIONING:
        raise ValueError(f"`conditioning` must be one of {CONDITIONING}. Received: conditioning={conditioning!r}.")


def label_input():
    """Returns the symbolic input `label`, int32 `(batch,)`."""
    return keras.Input((), dtype="int32", name="label")


def takes_label(num_classes, conditioning):
    """Tells whether a discriminator has the input `label`."""
    return num_classes is not None and conditioning in ("projection", "concatenation")


def embedded(label, num_classes, width=None, deviation=1.0):
    """Returns learned vectors of labels, `(batch, width)`, drawn from a normal distribution at the start."""
    return layers.Embedding(
        num_classes,
        min(num_classes, WIDEST) if width is None else width,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=deviation),
        name="label_embedding",
    )(label)


def generator_inputs(latent_dim, num_classes=None, code_dim=None):
    """Makes a generator's inputs.

    Args:
        latent_dim: int, numbers per latent.
        num_classes: int, for an input `label`, or None.
        code_dim: int, numbers of an input `code`, or None.

    Returns:
        The input `latent`, or a dict of the inputs by name; and all of them side by side, float `(batch, width)`.
    """
    check_numbers(num_classes=num_classes, code_dim=code_dim)
    inputs = {"latent": keras.Input((latent_dim,), name="latent")}
    if code_dim is not None:
        inputs["code"] = keras.Input((code_dim,), name="code")
    if num_classes is not None:
        inputs["label"] = label_input()
    if len(inputs) == 1:
        return inputs["latent"], inputs["latent"]
    parts = [embedded(x, num_classes) if name == "label" else x for name, x in inputs.items()]
    return inputs, layers.Concatenate()(parts)


def discriminator_outputs(features, num_classes=None, conditioning="projection", label=None, weights=None):
    """Makes a discriminator's outputs from its last features.

    Args:
        features: symbolic `(batch, width)`.
        num_classes: int or None, for the logit alone.
        conditioning: one of `CONDITIONING`.
        label: the symbolic input, for a projection.
        weights: function without arguments that makes an initializer. Defaults to Glorot's uniform.

    Returns:
        The logits, float32 `(batch, 1)`, or a dict of them and of the outputs of other heads.
    """
    weights = weights or keras.initializers.GlorotUniform

    def dense(units, name):
        return layers.Dense(units, dtype="float32", kernel_initializer=weights(), name=name)(features)

    if num_classes is None or conditioning == "concatenation":
        return dense(1, "logits")
    if conditioning == "classifier":
        return {"logits": dense(1, "logits"), "classes": dense(num_classes, "classes")}
    if conditioning == "semi_supervised":
        classes = dense(num_classes, "classes")
        return {"logits": ops.logsumexp(classes, axis=-1, keepdims=True), "classes": classes, "features": features}
    vectors = layers.Embedding(
        num_classes, features.shape[-1], embeddings_initializer=weights(), dtype="float32", name="label_embedding"
    )(label)
    fit = layers.Dot(axes=-1, dtype="float32", name="projection")([vectors, features])
    return layers.Add(dtype="float32", name="logits")([dense(1, "any_class"), fit])
