import math

import keras
from keras import ops

from keras_gan import _backend
from keras_gan.penalties.penalty import Penalty


@keras.saving.register_keras_serializable("keras_gan")
class PathLength(Penalty):
    """Makes equal steps in the latent space equal steps in the picture, whatever their direction.

        E (||J^T y|| - a)^2,   J = d G(z) / d z,   y normal noise of deviation 1 / sqrt(pixels)

    a is a moving average of the lengths ||J^T y||, kept as a weight and saved.

    Args:
        weight: float >= 0 or a schedule. Defaults to 2, the authors' value.
        decay: float in [0, 1), of the moving average. Defaults to 0.99, the paper's.
        share: float in (0, 1], share of the batch it is computed on, to save time and memory. Defaults to 0.5, the
            authors' choice.
        interval: int >= 1, steps from one evaluation to the next. Defaults to 8, the paper's.
        name: str, the term's name in the logs. Defaults to `"path_length"`.

    Raises:
        ValueError: for a number out of range.

    Example:

    >>> PathLength().interval
    8

    Reference:
        Karras et al. 2020, arXiv:1912.04958, equation 4 and appendix B. Deviation: the gradient is with respect to the
        generator's `latent` input.
    """

    player = "generator"
    differentiates_twice = True

    def __init__(self, weight=2.0, decay=0.99, share=0.5, interval=8, name="path_length"):
        super().__init__(weight=weight, interval=interval, name=name)
        if not 0 <= decay < 1:
            raise ValueError(f"`decay` must lie in [0, 1). Received: decay={decay!r}.")
        if not 0 < share <= 1:
            raise ValueError(f"`share` must lie in (0, 1]. Received: share={share!r}.")
        self.decay = decay
        self.share = share
        self.average = self.remember("average")

    def draw(self, play, seed):
        return keras.random.normal(ops.shape(play.fake), seed=seed)

    def evaluate(self, play):
        height, width = play.fake.shape[1:3]
        count = self._count(ops.shape(play.fake)[0])
        inputs = {name: value[:count] for name, value in play.inputs.items()}
        noise = play.noise[:count] / (height * width) ** 0.5

        def projected(latent):
            return ops.sum(play.generate({**inputs, "latent": latent}) * noise)

        gradients = ops.cast(_backend.input_gradients(projected, inputs["latent"]), "float32")
        squares = ops.sum(ops.square(gradients), axis=list(range(1, len(gradients.shape))))
        lengths = ops.sqrt(squares + 1e-12)  # the root's slope at 0 is infinite
        average = self.decay * self.average.value + (1 - self.decay) * ops.stop_gradient(ops.mean(lengths))
        return ops.mean(ops.square(lengths - average)), [average]

    def _count(self, images):
        if isinstance(images, int):  # JAX slices by known numbers only
            return math.ceil(self.share * images)
        return ops.cast(ops.ceil(self.share * ops.cast(images, "float32")), "int32")

    def get_config(self):
        config = super().get_config()
        del config["player"]
        return {**config, "decay": self.decay, "share": self.share}
