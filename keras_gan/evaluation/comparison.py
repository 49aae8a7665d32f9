"""Samples beside real images: some of either, the reals nearest to a few samples, the classes of both."""

from typing import Any, NamedTuple

import numpy as np

from keras_gan import data as kg_data
from keras_gan.evaluation.evaluation import Evaluation, batches_of
from keras_gan.evaluation.reservoir import Reservoir
from keras_gan.metrics.neighbours import check_widths, nearest
from keras_gan.metrics.statistics import Rows

SHOWN = 64  # real images that stand beside as many samples
QUERIES, NEIGHBOURS = 12, 5
MOST_CLASSES = 20  # beyond, a page cannot show samples of each; Inception has 1008
HELD_OUT = 200  # their median distance is known to a few percent


class Classes(NamedTuple):
    """Samples and reals by the class that the extractor's classifier sees in them.

    Attributes:
        names: names of the classes.
        of_samples: int `(samples,)`, the class of each sample.
        of_reals: int `(reals,)`, the class of each of as many reals, drawn at random.
    """

    names: list[str]
    of_samples: np.ndarray
    of_reals: np.ndarray

    def shares(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the share of each class among the samples and among the reals, float64 `(classes,)`."""
        return tuple(np.bincount(of, minlength=len(self.names)) / len(of) for of in (self.of_samples, self.of_reals))

    def missing(self) -> list[str]:
        """Returns the names of the classes that reals have and no sample has."""
        samples, reals = self.shares()
        return [name for name, s, r in zip(self.names, samples, reals, strict=True) if s == 0 < r]


class Comparison(NamedTuple):
    """What a page shows of samples and reals.

    Attributes:
        reals: uint8 `(up to 64, height, width, channels)`, drawn at random.
        neighbours: uint8 `(samples, count, height, width, channels)`, the reals nearest to each of the first samples,
            the nearest first.
        distances: float64 `(samples, count)`, Euclidean between features; without an extractor the root mean square
            difference of pixels, in grey levels.
        held_out_distance: median distance of held-out reals to the nearest real, or None where it is not known.
        classes: `Classes`, or None where the extractor has no classifier or one of more than 20 classes.
    """

    reals: np.ndarray
    neighbours: np.ndarray
    distances: np.ndarray
    held_out_distance: float | None
    classes: Classes | None


def compare(samples: np.ndarray, evaluation: Evaluation) -> Comparison:
    """Goes through the real images once. They must come in the order in which the evaluation measured them.

    Their features are those that the evaluation kept; where it kept none, they are extracted again.

    Args:
        samples: uint8 `(count, height, width, channels)`.
        evaluation: `Evaluation` that measured them.

    Raises:
        ValueError: if there is no real image, or, without an extractor, they are of another shape than the samples.
    """
    extract = evaluation.extractor or _pixels
    outputs = extract(samples[:QUERIES])
    kept, held_out = _kept_features(evaluation, "real"), _kept_features(evaluation, "held_out")
    logits = outputs.get("logits")
    classified = logits is not None and logits.shape[1] <= MOST_CLASSES
    reals = Reservoir(max(SHOWN, len(samples)) if classified else SHOWN)
    found = _Nearest(outputs["features"])
    for batch in evaluation.batches(evaluation.real):
        images, start = batch["image"], reals.seen
        features = extract(images)["features"] if kept is None else kept[start : start + len(images)]
        reals.add(images)
        found.offer(features, images)
        evaluation.progress("page", reals.seen)
    drawn = reals.rows()
    known = kept is not None and held_out is not None
    return Comparison(
        drawn[:SHOWN],
        found.images,
        np.sqrt(found.squares if evaluation.extractor else found.squares / found.queries.shape[1]),
        float(np.median(np.sqrt(nearest(_spread(held_out), kept, 1)[0]))) if known else None,
        _classes(evaluation.extractor, samples, drawn[: len(samples)]) if classified else None,
    )


class _Nearest:
    """Keeps the images nearest to each query while batches pass by."""

    def __init__(self, queries: np.ndarray) -> None:
        self.queries, self.squares, self.images = queries, None, None

    def offer(self, features: np.ndarray, images: np.ndarray) -> None:
        check_widths(features, self.queries)
        squares, indices = nearest(self.queries, features, min(NEIGHBOURS, len(features)))
        images = images[indices]
        if self.images is not None:
            squares = np.concatenate([self.squares, squares], axis=1)
            images = np.concatenate([self.images, images], axis=1)
        order = np.argsort(squares, axis=1, kind="stable")[:, :NEIGHBOURS]
        self.squares = np.take_along_axis(squares, order, axis=1)
        self.images = np.take_along_axis(images, order[:, :, None, None, None], axis=1)


def _pixels(images: np.ndarray) -> dict[str, np.ndarray]:
    return {"features": images.reshape(len(images), -1).astype("float32")}


def _kept_features(evaluation: Evaluation, which: str) -> np.ndarray | None:
    """Returns the features of the "real" or "held_out" images where a metric had them kept."""
    if evaluation.extractor is None or getattr(evaluation, which) is None:
        return None
    for (_, columns), statistics in evaluation.statistics_of(which).items():
        if "features" in columns and isinstance(statistics, Rows):
            return statistics.column(columns.index("features"))
    return None


def _spread(rows: np.ndarray) -> np.ndarray:
    """Returns up to 200 rows, evenly spread."""
    return rows[np.linspace(0, len(rows) - 1, min(HELD_OUT, len(rows))).astype(int)]


def _classes(extractor: Any, samples: np.ndarray, reals: np.ndarray) -> Classes:
    seen = [
        np.concatenate([extractor(batch["image"])["logits"].argmax(axis=1) for batch in batches_of(images)])
        for images in (samples, reals)
    ]
    count = extractor(samples[:1])["logits"].shape[1]
    data_set = getattr(extractor, "data_set", None)
    names = kg_data.class_names(data_set) if data_set else []
    return Classes(names if len(names) == count else [str(index) for index in range(count)], *seen)
