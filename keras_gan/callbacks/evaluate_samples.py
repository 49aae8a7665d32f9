import warnings

import keras

from keras_gan.arguments import check_whole
from keras_gan.evaluation.evaluation import Evaluation
from keras_gan.evaluation.sources import generated
from keras_gan.inputs import Given
from keras_gan.media import Images


class EvaluateSamples(keras.callbacks.Callback):
    """Measures samples of an averaged generator while it trains, and puts the results into the epoch's logs.

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
        reference: real data for a generator that translates, as for `keras_gan.evaluation.generated`; its rows are gone
            through at each evaluation. Open it apart from what is trained on, whose order it would change.
        generator: str, which of the game's generators. Defaults to the first.

    Attributes:
        scores: list of `keras_gan.metrics.Score`, the last ones.

    Raises:
        ValueError: if `count` or `every` is below 1; as training begins, if the generator makes no pictures of the name
            that the evaluation's `column` says, or translates and there is no `reference`.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> images = np.random.default_rng(0).integers(0, 256, (200, 8, 8, 1), dtype="uint8")
    >>> extractor = kg.metrics.features.ClassifierFeatures("digits")
    >>> evaluation = kg.evaluation.Evaluation(images, extractor, [kg.metrics.FrechetDistance()])
    >>> callback = EvaluateSamples(evaluation, count=100, every=5)
    """

    def __init__(self, evaluation, count=2000, every=1, seed=0, reference=None, generator=None):
        super().__init__()
        if not isinstance(evaluation, Evaluation):
            raise TypeError(f"`evaluation` must be a keras_gan.evaluation.Evaluation. Received: {evaluation!r}.")
        for argument, value in (("count", count), ("every", every)):
            check_whole(argument, value)
        self.evaluation = evaluation
        self.count = count
        self.every = every
        self.seed = seed
        self.reference = reference
        self.generator = generator
        self.scores = []
        self.results = {}

    def on_train_begin(self, logs=None):
        generator, column = self.model.generator_called(self.generator), self.evaluation.column
        if not isinstance(generator.outputs.get(column), Images):
            measurable = [name for name, medium in generator.outputs.items() if isinstance(medium, Images)]
            mend = f"Use `Evaluation(..., column={measurable[0]!r})`." if measurable else "Only Images can be measured."
            raise ValueError(
                f"The generator must make the images that are measured, {column!r}. Received: {generator.name!r}, "
                f"which makes {generator.outputs}. {mend}"
            )
        if self.reference is None and any(isinstance(each, Given) for each in generator.inputs.values()):
            raise ValueError(
                f"The generator {generator.name!r} translates: it needs real data. Received: reference=None. Pass a "
                "data set or a dict of arrays: `EvaluateSamples(evaluation, reference=...)`."
            )

    def on_epoch_end(self, epoch, logs=None):
        if not self.results or (epoch + 1) % self.every == 0:
            self._measure(epoch)
        if logs is not None:
            logs.update(self.results)

    def _measure(self, epoch):
        try:
            samples = generated(self.model, self.count, self.seed, reference=self.reference, generator=self.generator)
            self.scores = self.evaluation.scores(samples, seeds={"latents": self.seed})
        except (OSError, ValueError) as error:
            if not self.results:
                raise
            warnings.warn(f"The samples of epoch {epoch + 1} could not be measured: {error}", stacklevel=2)
            return
        names = [result for metric in self.evaluation.metrics for result in metric.results]
        self.results = {f"val_{name}": score.value for name, score in zip(names, self.scores, strict=True)}
