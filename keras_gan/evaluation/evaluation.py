import importlib.metadata
import json
import platform
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import keras

from keras_gan.evaluation.real_statistics import RealStatistics
from keras_gan.evaluation.rows import row_batches
from keras_gan.media import to_uint8
from keras_gan.metrics.metric import Metric
from keras_gan.metrics.score import Score
from keras_gan.metrics.statistics import Statistics
from keras_gan.version import __version__

QUANTISATION = "floor(127.5 * (x + 1) + 0.5)"
EXTRACTED = {"features", "logits"}

Progress = Callable[[str, int], None]


class Evaluation:
    """Measures images against real ones: one pass through the extractor for all metrics, reals measured once.

    Args:
        real: the real images: a data set of `keras_gan.data.images(..., shuffle=False, drop_remainder=False)`, a uint8
            array `(count, height, width, channels)`, or any iterable of batches that can be gone through twice.
        extractor: a `keras_gan.features.Extractor`, or None when no metric reads features or logits.
        metrics: list of `Metric`.
        held_out: further real images that were not trained on, like `real`, or None. They give every score its
            "real against real" floor, and the memorization check its reference.
        about: dict, told with every score and compared with it: data set, split, size ... Plain JSON values.
        cache: folder for the statistics of the reals, keyed by their content and the extractor, or None.
        progress: function (stage, images done), called after each batch, or None.
        column: str, what the images are called in batches that are dicts, such as `"target"`. Defaults to `"image"`.

    Raises:
        ValueError: if no metric is given, or one needs features and there is no extractor.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> images = np.random.default_rng(0).integers(0, 256, (300, 8, 8, 1), dtype="uint8")
    >>> extractor = kg.metrics.features.ClassifierFeatures("digits")
    >>> evaluation = Evaluation(images[:200], extractor, [kg.metrics.FrechetDistance()], about={"data": "noise"})
    >>> score, = evaluation.scores(images[200:])
    >>> score.name, score.protocol["n_real"], score.protocol["n_fake"]
    ('FCD-digits-v1', 200, 100)
    """

    def __init__(
        self,
        real: Any,
        extractor: Any,
        metrics: list[Metric],
        held_out: Any = None,
        about: dict[str, Any] | None = None,
        cache: Any = None,
        progress: Progress | None = None,
        column: str = "image",
    ) -> None:
        if not metrics:
            raise ValueError("An evaluation needs at least one metric. Received: none.")
        needing = [metric.name for metric in metrics if EXTRACTED & set(metric.columns)]
        if needing and extractor is None:
            raise ValueError(f"{', '.join(needing)} need an `extractor`. Received: extractor=None.")
        self.real, self.held_out, self.extractor, self.metrics = real, held_out, extractor, list(metrics)
        self.about = dict(about or {})
        self.column = column
        self.cache = RealStatistics(cache)
        self.progress = progress or (lambda stage, done: None)
        self._known: dict[str, dict] = {}
        self._real_floors: dict[int, dict] = {}

    def scores(self, fake: Any, seeds: dict[str, Any] | None = None, skip: bool = False) -> list[Score]:
        """Measures images.

        Args:
            fake: uint8 array, or an iterable of batches: uint8 arrays, or dicts with the `column` of images
                (uint8, or float in [-1, 1]) and perhaps `"label"`.
            seeds: {what: seed}, told with the scores.
            skip: bool, whether a metric that cannot be measured (too few images, for example) is a warning as long as
                another one can. Defaults to False.

        Returns:
            One `Score` per result of each metric.

        Raises:
            ValueError, TypeError: if images or features are not as a metric or the extractor needs them.
        """
        kept = self.fake_statistics(fake)
        scores, errors = [], []
        for metric in self.metrics:
            try:
                scores += self._measure(metric, kept, seeds or {})
            except ValueError as error:
                if not skip:
                    raise
                errors.append(error)
        if not scores:
            raise errors[0]
        for error in errors:
            warnings.warn(f"Not measured: {error}", stacklevel=2)
        return scores

    def fake_statistics(self, fake: Any) -> dict[tuple, Statistics]:
        """Goes through the images once; returns what the metrics need of them."""
        return self._filled("samples", fake, self._wanted(self.metrics))

    def batches(self, images: Any) -> Iterator[dict[str, Any]]:
        """Yields batches of images, real or not, as {"image": uint8 array, perhaps "label"}."""
        return batches_of(images, column=self.column)

    def statistics_of(self, which: str) -> dict[tuple, Statistics]:
        """Returns the statistics of the "real" or the "held_out" images, from the cache where they are there."""
        if which not in self._known:
            metrics = [m for m in self.metrics if m.needs_real or which == "held_out"]
            images, wanted = getattr(self, which), self._wanted(metrics)
            wanted = {key: s for key, s in wanted.items() if set(key[1]) <= {*EXTRACTED, "image"}}
            extractor = {} if self.extractor is None else self.extractor.protocol()
            self._known[which] = self.cache.load_or_make(
                lambda: self.batches(images), wanted, extractor, lambda: self._filled(which, images, wanted)
            )
        return self._known[which]

    def _wanted(self, metrics: list[Metric]) -> dict[tuple, Statistics]:
        """Returns empty statistics by (kind, columns); a kind that another one extends is served by that."""
        found = {(type(made := metric.statistics()), tuple(metric.columns)): made for metric in metrics}
        return {
            (kind, columns): made
            for (kind, columns), made in found.items()
            if not any(o is not kind and c == columns and issubclass(o, kind) for o, c in found)
        }

    def _filled(self, stage: str, images: Any, wanted: dict[tuple, Statistics]) -> dict[tuple, Statistics]:
        names, done = {name for _, columns in wanted for name in columns}, 0
        for batch in self.batches(images):
            columns = dict(batch)
            if EXTRACTED & names:
                columns.update(self.extractor(batch["image"]))
            for (_, wanted_columns), statistics in wanted.items():
                if missing := [name for name in wanted_columns if name not in columns]:
                    raise ValueError(
                        f"A metric needs {', '.join(missing)} of the {stage}. Received: {', '.join(sorted(columns))}."
                    )
                statistics.update(*(columns[name] for name in wanted_columns))
            done += len(batch["image"])
            self.progress(stage, done)
        if not done:
            raise ValueError(f"At least one image is needed. Received: none among the {stage}.")
        return wanted

    def _measure(self, metric: Metric, kept: dict[tuple, Statistics], seeds: dict[str, Any]) -> list[Score]:
        fake = pick(kept, metric)
        real = pick(self.statistics_of("real"), metric) if metric.needs_real else None
        held = None
        if self.held_out is not None and "label" not in metric.columns:
            held = pick(self.statistics_of("held_out"), metric)
        further = {"held_out": held} if metric.takes_held_out and held is not None else {}
        estimates = metric.value(real, fake, **further)
        floors = metric.floor(real, fake.count)
        real_floors = {} if held is None or metric.takes_held_out else self._real_floor(metric, real, held)
        protocol = {
            **self.about,
            "metric": metric.name,
            **metric.protocol(),
            **(self.extractor.protocol() if EXTRACTED & set(metric.columns) else {}),
            **({"n_real": real.count} if real is not None else {}),
            "n_fake": fake.count,
            **({"n_held_out": held.count} if held is not None else {}),
            "quantisation": QUANTISATION,
        }
        return [
            Score(
                self._score_name(metric, result),
                estimate.value,
                json.loads(json.dumps(protocol)),  # as it will be read again
                estimate.deviation,
                floors.get(result),
                real_floors[result].value if result in real_floors else None,
                metric.results[result],
                dict(seeds),
                versions(),
            )
            for result, estimate in estimates.items()
        ]

    def _real_floor(self, metric: Metric, real: Statistics | None, held: Statistics) -> dict[str, Any]:
        """Returns the held-out reals' results: measured once, however often fakes are."""
        index = self.metrics.index(metric)
        if index not in self._real_floors:
            self._real_floors[index] = metric.value(real, held)
        return self._real_floors[index]

    def _score_name(self, metric: Metric, result: str) -> str:
        return self.extractor.score_name(result) if EXTRACTED & set(metric.columns) else result


def pick(kept: dict[tuple, Statistics], metric: Metric) -> Statistics:
    """Returns the statistics that serve a metric."""
    wanted, columns = type(metric.statistics()), tuple(metric.columns)
    return next(made for (kind, names), made in kept.items() if names == columns and issubclass(kind, wanted))


def batches_of(images: Any, size: int = 256, column: str = "image") -> Iterator[dict[str, Any]]:
    """Yields {"image": uint8 array, perhaps "label"} from an array, or from an iterable of batches.

    Args:
        images: as for `Evaluation`.
        size: int, images in each of the batches of an array.
        column: str, what the images are called in batches that are dicts.

    Raises:
        ValueError: if a batch holds no such column, or no images there.
    """
    for rows in row_batches(images, size):
        columns = {(column, "label")[name] if name in (0, 1) else name: values for name, values in rows.items()}
        if column not in columns:
            raise ValueError(
                f"Batches must hold images as {column!r}. Received: {', '.join(map(str, columns))}. "
                "Say what they are called: `Evaluation(..., column=...)`."
            )
        values = columns.pop(column)
        if values.ndim != 4:
            raise ValueError(
                "Only images can be measured, arrays (count, height, width, channels) of uint8, or float in [-1, 1]. "
                f"Received: {column!r} with {values.dtype} {values.shape}."
            )
        yield {**columns, "image": to_uint8(values) if values.dtype.kind == "f" else values}


def versions() -> dict[str, str]:
    """Returns the versions that a score may depend on."""
    packages = {name: importlib.metadata.version(name) for name in ("keras", keras.backend.backend(), "numpy")}
    return {"keras_gan": __version__, **packages, "python": platform.python_version()}
