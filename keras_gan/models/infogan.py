import math

import keras
import numpy as np
from keras import ops

from keras_gan.arguments import checked_number
from keras_gan.game import Player, inspection
from keras_gan.inputs import Code
from keras_gan.models.gan import GAN, serialize

LOG_TWO_PI = math.log(2 * math.pi)


@keras.saving.register_keras_serializable("keras_gan")
class InfoGAN(GAN):
    """A GAN that finds, without labels, what images differ in: a part of its input can be read from what it draws.

    The generator also draws from a code: of each category one value, written as zeros and a one, and continuous numbers
    from -1 to 1. A recognizer Q, trained together with the generator, reads the code c from the fakes; both want it
    found, which maximises a lower bound of the information that images hold about it:

        category_loss:   category_weight * sum over categories of mean -log Q(c | fake)
        continuous_loss: continuous_weight * sum over numbers of mean 0.5 * (c - Q's mean)^2 + 0.5 * log(2 pi)

    the negative log likelihoods under Q, of a softmax and of a normal distribution of variance 1. The code's entropy,
    a constant, is left out of the bound.

    Args:
        generator: `keras.Model` with the inputs `latent` and `code`, as `DCGANGenerator(..., code_dim=12)`.
        discriminator: `keras.Model`, images -> logits.
        recognizer: `keras.Model`, images -> float `(batch, sum(categories) + continuous)`: logits of each category's
            values, then means, as `DCGANRecognizer(..., code_dim=12)`.
        categories: numbers of values, each >= 2, of the categorical codes. Defaults to (10,).
        continuous: int >= 0, how many continuous codes. Defaults to 2.
        category_weight: float >= 0. Defaults to 1, the paper's.
        continuous_weight: float >= 0. Defaults to 0.1; the paper says smaller than 1.
        name: str, name of the model.
        options: further arguments of `GAN`.

    Raises:
        TypeError: if a network is not a `keras.Model`.
        ValueError: as of `GAN`; if the networks' codes have another size than `categories` and `continuous` say.

    Example:

    >>> import keras_gan as kg
    >>> gan = InfoGAN(
    ...     kg.networks.MLPGenerator((8, 8, 1), latent_dim=16, code_dim=5),
    ...     kg.networks.MLPDiscriminator((8, 8, 1)),
    ...     kg.networks.MLPRecognizer((8, 8, 1), code_dim=5),
    ...     categories=(4,),
    ...     continuous=1,
    ... )
    >>> gan.sample(4, seed=0, label=2).shape
    (4, 8, 8, 1)
    >>> gan.sweep(0, rows=3).shape
    (3, 9, 8, 8, 1)

    Reference:
        Chen et al. 2016, arXiv:1606.03657, section 5, equations 5 and 6. Deviations: Q shares no layers with the
        discriminator; its variance is fixed.
    """

    def __init__(
        self,
        generator,
        discriminator,
        recognizer,
        categories=(10,),
        continuous=2,
        category_weight=1.0,
        continuous_weight=0.1,
        name="infogan",
        **options,
    ):
        super().__init__(generator, discriminator, name=name, **options)
        self.categories, self.continuous = _checked_code(categories, continuous)
        _check_code_networks(generator, recognizer, sum(self.categories) + continuous)
        self.recognizer = recognizer
        self.category_weight = checked_number("category_weight", category_weight, least=0)
        self.continuous_weight = checked_number("continuous_weight", continuous_weight, least=0)
        self.code_seed = keras.random.SeedGenerator(None if self.seed is None else self.seed + 2)

    @property
    def term_names(self):
        terms = {"category_loss": self.categories, "continuous_loss": self.continuous}
        return tuple(name for name, codes in terms.items() if codes)

    def inputs(self):
        return {**super().inputs(), "code": Code(self.categories, self.continuous, self.code_seed)}

    def players(self):
        return {**super().players(), "generator": Player([self.generator, self.recognizer])}

    def sweep(self, index, values=None, rows=None, seed=None, label=None):
        """Draws pictures that differ in one continuous code along a row, and in all else from row to row.

        Args:
            index: int, which continuous code.
            values: numbers to give it, from left to right. Defaults to 9 from -2 to 2, as in the paper.
            rows: int, number of rows. Defaults to one for each value of the first category.
            seed: int or None.
            label: int or `rows` of them, values of the first category; None for each in turn.

        Returns:
            numpy uint8 array `(rows, values, height, width, channels)`.

        Raises:
            ValueError: if there is no such code.
        """
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < self.continuous:
            raise ValueError(f"`index` must be one of {self.continuous} continuous codes. Received: index={index!r}.")
        values = np.linspace(-2, 2, 9) if values is None else np.asarray(values)
        rows = rows or (self.categories or (8,))[0]
        inputs = self.fixed_inputs(rows, seed, label)
        inputs = {name: np.repeat(value, len(values), axis=0) for name, value in inputs.items()}
        inputs["code"][:, sum(self.categories) + index] = np.tile(values, rows)
        images = self.sample(inputs=inputs)
        return images.reshape(rows, len(values), *images.shape[1:])

    def recognize(self, images, training=False):
        """Reads codes from images.

        Args:
            images: float32 `(batch, height, width, channels)` in [-1, 1].
            training: bool, whether Q's layers behave as in training.

        Returns:
            list of logits `(batch, values)`, one for each category; means `(batch, continuous)`. Float32.
        """
        code = ops.cast(self.recognizer(images, training=training), "float32")
        return self._divided(code)

    def _divided(self, code):
        """Divides codes, or Q's answers, into those of each category, and the continuous ones."""
        *parts, means = ops.split(code, np.cumsum(self.categories).tolist(), axis=1) if self.categories else [code]
        return parts, means

    def terms(self, player, round):
        """Returns the terms of the information's bound: how badly the codes of the fakes are found."""
        if player != "generator":
            return {}
        logits, means = self.recognize(round["fake"], training=round.training)
        categories, numbers = self._divided(round.inputs["code"])
        terms = {}
        if self.categories:
            found = [
                -ops.mean(ops.sum(drawn * ops.log_softmax(read, axis=-1), axis=-1))
                for drawn, read in zip(categories, logits, strict=True)
            ]
            terms["category_loss"] = self.category_weight * sum(found)
        if self.continuous:
            likelihood = 0.5 * ops.square(numbers - means) + 0.5 * LOG_TWO_PI
            terms["continuous_loss"] = self.continuous_weight * ops.mean(ops.sum(likelihood, axis=-1))
        return terms

    def get_config(self):
        return {
            **super().get_config(),
            "recognizer": serialize(self.recognizer),
            "categories": list(self.categories),
            "continuous": self.continuous,
            "category_weight": self.category_weight,
            "continuous_weight": self.continuous_weight,
        }


def _checked_code(categories, continuous):
    """Returns the code's parts as a tuple and an int; raises ValueError if they make no code."""
    whole = [n for n in (*categories, continuous) if isinstance(n, int) and not isinstance(n, bool)]
    if len(whole) <= len(categories) or min((*categories, 2)) < 2 or continuous < 0:
        raise ValueError(
            "`categories` must hold whole numbers >= 2 and `continuous` be one >= 0. "
            f"Received: categories={categories!r}, continuous={continuous!r}."
        )
    if not categories and not continuous:
        raise ValueError("An InfoGAN needs a code. Received: categories=(), continuous=0. Use kg.GAN for none.")
    return tuple(categories), continuous


def _check_code_networks(generator, recognizer, size):
    """Raises ValueError unless the generator takes codes of this size and the recognizer gives them."""
    shapes = inspection.input_shapes(generator, "generator")
    if sorted(shapes) != ["code", "latent"] or tuple(shapes["code"]) != (size,):
        raise ValueError(
            f"The generator of this InfoGAN must have the inputs 'latent' and 'code' {(size,)}. "
            f"Received: {shapes}. Give it `code_dim={size}`."
        )
    given = tuple(inspection.output_of(recognizer, inspection.input_shapes(recognizer, "recognizer")).shape[1:])
    if given != (size,):
        raise ValueError(
            f"The recognizer must give {size} numbers, those of the categories and continuous codes. "
            f"Received: output shape {given}. Give it `code_dim={size}`."
        )
