import warnings

import keras

from keras_gan.evaluation.evaluation import Evaluation
from keras_gan.evaluation.sources import generated


class EvaluateSamples(keras.callbacks.Callback):
    """Measures samples of the averaged generator while it trains, and puts the results into the epoch's logs.

    A result `frechet_distance` appears as `val_frechet_distance`, where a later callback sees it:
    `keras.callbacks.ModelCheckpoint("best.keras", monitor="val_frechet_distance", mode="min", save_best_only=True)`.
    Callbacks see what those before them in the list have written. The same latents are drawn each time.

    Between two evaluations the last values stay in the logs. An evaluation that fails is a warning and leaves the last
    values; training goes on. The first one, after the first epoch, must succeed.

    Args:
        evaluation: `keras_gan.evaluation.Evaluation`, what is measured against what.
        count: int >= 1, samples to draw. Defaults to 2,000: seconds, with a floor above that of 10,000.
        every: int >= 1, epochs from one evaluation to the next. Defaults to 1. The first epoch is always measured.
        seed: int, seed of the latents. Defaults to 0.

    Attributes:
        scores: list of `keras_gan.metrics.Score`, the last ones.

    Raises:
        ValueError: if `count` or `every` is below 1.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> images = np.random.default_rng(0).integers(0, 256, (200, 8, 8, 1), dtype="uint8")
    >>> extractor = kg.metrics.features.ClassifierFeatures("digits")
    >>> evaluation = kg.evaluation.Evaluation(images, extractor, [kg.metrics.FrechetDistance()])
    >>> callback = EvaluateSamples(evaluation, count=100, every=5)
    """

    def __init__(self, evaluation, count=2000, every=1, seed=0):
        super().__init__()
        if not isinstance(evaluation, Evaluation):
            raise TypeError(f"`evaluation` must be a keras_gan.evaluation.Evaluation. Received: {evaluation!r}.")
        for argument, value in (("count", count), ("every", every)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"`{argument}` must be a whole number >= 1. Received: {argument}={value!r}.")
        self.evaluation = evaluation
        self.count = count
        self.every = every
        self.seed = seed
        self.scores = []
        self.results = {}

    def on_epoch_end(self, epoch, logs=None):
        if not self.results or (epoch + 1) % self.every == 0:
            self._measure(epoch)
        if logs is not None:
            logs.update(self.results)

    def _measure(self, epoch):
        try:
            samples = generated(self.model, self.count, self.seed)
            self.scores = self.evaluation.scores(samples, seeds={"latents": self.seed})
        except (OSError, ValueError) as error:
            if not self.results:
                raise
            warnings.warn(f"The samples of epoch {epoch + 1} could not be measured: {error}", stacklevel=2)
            return
        names = [result for metric in self.evaluation.metrics for result in metric.results]
        self.results = {f"val_{name}": score.value for name, score in zip(names, self.scores, strict=True)}
