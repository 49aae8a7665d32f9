"""From words, as on the command line, to what an `Evaluation` is made of."""

import os
from pathlib import Path
from typing import Any

from keras_gan import data as kg_data
from keras_gan import features
from keras_gan import metrics as kg_metrics
from keras_gan.data import catalogue
from keras_gan.features import classifier
from keras_gan.storage.caches import cache_folder

METRICS = {
    metric.name: metric
    for metric in (
        kg_metrics.FrechetDistance,
        kg_metrics.KernelDistance,
        kg_metrics.ClassifierScore,
        kg_metrics.PrecisionRecall,
        kg_metrics.DensityCoverage,
        kg_metrics.Memorization,
        kg_metrics.SlicedWasserstein,
        kg_metrics.MongeDistance,
        kg_metrics.LabelAccuracy,
    )
}
DEFAULT = ("frechet_distance", "kernel_distance", "precision_recall", "density_coverage", "memorization")
EXTRACTORS = ("digits", "mnist", "fashion_mnist", "inception", "inception-clean", "random")


def extractor_for(name: str | None, data: Any, weights: str | os.PathLike | None = None) -> features.Extractor:
    """Makes an extractor.

    Args:
        name: one of `EXTRACTORS`, or None: the committed classifier of the data set, where there is one, else
            "inception".
        data: the source of the real images.
        weights: path of Inception's weights, or None to download them.

    Raises:
        ValueError: for an unknown name, or weights that are not to be had.
    """
    if name is None:
        name = data if data in classifier.SIZES else "inception"
    if name in classifier.SIZES:
        return features.ClassifierFeatures(name)
    if name == "random":
        return features.RandomInceptionFeatures(seed=0)
    if name not in EXTRACTORS:
        raise ValueError(f"`extractor` must be one of {', '.join(EXTRACTORS)}. Received: extractor={name!r}.")
    return features.InceptionFeatures(weights, resize="clean" if name.endswith("clean") else "legacy")


def metrics_for(names: list[str] | None) -> list[kg_metrics.Metric]:
    """Makes metrics with their default settings.

    Raises:
        ValueError: for an unknown name.
    """
    if unknown := [name for name in names or () if name not in METRICS]:
        raise ValueError(f"`metric` must be one of {', '.join(METRICS)}. Received: metric={unknown[0]!r}.")
    return [METRICS[name]() for name in names or DEFAULT]


def real_images(source: Any, split: str = "train", shape: tuple[int, ...] | None = None, **options: Any) -> Any:
    """Opens real images, in order, all of them.

    Args:
        source: as for `keras_gan.data.images`.
        split: part of a named data set or of an .npz's keys.
        shape: (height, width, channels) to bring them to, or None for their own.
        options: further arguments of `keras_gan.data.images`.
    """
    named = isinstance(source, str) and (catalogue.is_name(source) or Path(source).suffix == ".npz")
    settings = {"batch_size": 256, "shuffle": False, "drop_remainder": False, **options}
    if named:
        settings["split"] = split
    if shape is not None:
        settings.update(size=tuple(shape[:2]), channels=shape[2])
    return kg_data.images(source, **settings)


def held_out_images(source: Any, split: str | None, train: str, **options: Any) -> Any:
    """Opens the held-out part of a prepared data set: `split`, or "test" where it has one; None where it has none."""
    if split is None and train != "test" and isinstance(source, str) and catalogue.is_name(source):
        split = "test" if "test" in catalogue.splits(source, options.get("data_dir")) else None
    return None if split is None else real_images(source, split, **options)


def cache() -> Path:
    """Returns the folder for statistics of real images."""
    return cache_folder() / "statistics"
