import keras
import numpy as np
from keras import ops

from keras_gan import _backend
from keras_gan.arguments import checked_number
from keras_gan.models import classes
from keras_gan.models.gan import GAN


@keras.saving.register_keras_serializable("keras_gan")
class SemiSupervisedGAN(GAN):
    """A classifier that learns from a few labels and many images without: the discriminator of a GAN.

    The discriminator gives a logit l_k for each of K classes; the class "fake" has the logit 0. An image is real with
    the probability sigmoid(log sum_k exp l_k), which is the logit that the adversarial loss gets: with `NonSaturating`
    the discriminator minimises

        discriminator_loss: mean softplus(-L(real)) + mean softplus(L(fake)),   L = log sum_k exp l_k
        class_loss:         class_weight * mean over labelled images of -log softmax(l)[label]

    and the generator, with feature matching, for features f of the discriminator

        generator_loss:     |mean f(real) - mean f(fake)|^2

    Labels are int32, -1 where there is none. A batch without labelled images has a class loss of 0; `accuracy` in the
    logs is that on the labelled images seen. The moving average of the discriminator classifies.

    Args:
        generator: `keras.Model`, latents -> images.
        discriminator: `keras.Model`, images -> {"logits": `(batch, 1)`, "classes": `(batch, num_classes)`, "features":
            `(batch, ...)`}, as of `MLPDiscriminator(..., conditioning="semi_supervised")`.
        class_weight: float >= 0. Defaults to 1, the paper's.
        feature_matching: bool; False trains the generator by the adversarial loss. Defaults to True, which the paper
            found to classify better (its pictures are worse).
        name: str, name of the model.
        options: further arguments of `GAN`; the average is of both networks.

    Raises:
        ValueError: as of `GAN`; if the discriminator has not these outputs, or takes labels; for a negative weight.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> gan = SemiSupervisedGAN(
    ...     kg.networks.MLPGenerator((8, 8, 1), latent_dim=16),
    ...     kg.networks.MLPDiscriminator((8, 8, 1), num_classes=3, conditioning="semi_supervised"),
    ... )
    >>> gan.classify(np.zeros((4, 8, 8, 1), "float32")).shape
    (4, 3)

    Reference:
        Salimans et al. 2016, arXiv:1606.03498, sections 3.1 and 5. Deviation: labelled images count as reals too.
    """

    term_names = ("class_loss",)
    measured_names = ("accuracy",)
    lowest_label = -1

    def __init__(
        self,
        generator,
        discriminator,
        class_weight=1.0,
        feature_matching=True,
        name="semi_supervised_gan",
        **options,
    ):
        super().__init__(generator, discriminator, name=name, **options)
        further = ("features",) if feature_matching else ()
        classes.check_head(discriminator, self.num_classes, "semi_supervised", further)
        self.class_weight = checked_number("class_weight", class_weight, least=0)
        self.feature_matching = bool(feature_matching)
        self.average_discriminator = self.copied_for_average(discriminator)

    @property
    def ema_discriminator(self):
        """The network that classifies: the moving average, or the trained one itself when there is no average."""
        return self.discriminator if self.average_discriminator is None else self.average_discriminator

    def averaged(self):
        pairs = [(self.average_discriminator, self.discriminator)] if self.average_discriminator is not None else []
        return [*super().averaged(), *pairs]

    def inputs(self):
        return {"latent": super().inputs()["latent"]}  # the generator knows no labels

    def uses_real(self, duel):
        return self.feature_matching or super().uses_real(duel)

    def adversarial_terms(self, player, round):
        if player == "discriminator" or not self.feature_matching:
            return super().adversarial_terms(player, round)
        real, fake = round.outputs["image"]
        difference = ops.mean(real["features"], axis=0) - ops.mean(fake["features"], axis=0)
        return {"generator_loss": ops.sum(ops.square(_backend.replica_mean(difference)))}

    def terms(self, player, round):
        if player != "discriminator":
            return {}
        label, (real, _) = round.batch["label"], round.outputs["image"]
        known = ops.cast(label >= 0, "float32")
        entropy = classes.cross_entropy(ops.maximum(label, 0), real)
        count = self._count(label, real["classes"])
        return {"class_loss": self.class_weight * ops.sum(known * entropy) / count}

    def _count(self, label, classes):
        """Adds the labelled images of a batch to the accuracy of the epoch.

        Returns:
            float32 scalar, their number (at least one), of which each of several devices may have another: the mean.
        """
        known = ops.cast(label >= 0, "float32")
        right = ops.cast(ops.argmax(classes, axis=-1) == ops.cast(label, "int32"), "float32")
        sums = _backend.replica_mean(ops.stack([ops.sum(known), ops.sum(known * right)]))
        count = ops.maximum(sums[0], 1.0 / _backend.replicas())
        self.trackers["accuracy"].update_state(sums[1] / count, sample_weight=sums[0])
        return count

    def validate(self, data):
        """Plays one batch without learning; `accuracy` is that of `classify` on the labelled images."""
        logs, batch = super().validate(data), self.as_batch(data)
        with _backend.frozen():
            classes = self.ema_discriminator(batch["image"], training=False)["classes"]
        self._count(batch["label"], classes)
        return {**logs, "accuracy": self.trackers["accuracy"].result()}

    def classify(self, images, batch_size=500):
        """Returns the probabilities of the classes, given that images are real.

        Args:
            images: array `(count, height, width, channels)`, uint8, or float in [-1, 1].
            batch_size: int, images per call of the network. Defaults to 500.

        Returns:
            numpy float32 array `(count, num_classes)`, rows of sum 1.

        Raises:
            ValueError: for images of another shape or dtype.
        """
        images = np.asarray(images)
        if images.shape[1:] != self.image_shape or not (images.dtype == "uint8" or images.dtype.kind == "f"):
            raise ValueError(
                f"Images must be an array of (count, *{self.image_shape}), uint8 or float in [-1, 1]. "
                f"Received: shape {images.shape}, dtype {images.dtype}."
            )
        if images.dtype == "uint8":
            images = self.medium.begin(images)
        parts = (images[i : i + batch_size].astype("float32") for i in range(0, len(images), batch_size))
        logits = [_backend.infer(self.ema_discriminator, part)["classes"] for part in parts]
        logits = np.concatenate(logits).astype("float64") if logits else np.zeros((0, self.num_classes))
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (chances / chances.sum(axis=1, keepdims=True)).astype("float32")

    def get_config(self):
        return {
            **super().get_config(),
            "class_weight": self.class_weight,
            "feature_matching": self.feature_matching,
        }
