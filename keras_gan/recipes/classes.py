"""The classes of data that a conditional GAN learns from."""

from pathlib import Path
from typing import Any

import numpy as np

from keras_gan import data as kg_data


def number_of_classes(dataset: Any) -> int:
    """Returns how many classes a data set has; every one must have images.

    Args:
        dataset: batches with "label". The attribute `source`, where there is one, is what it was made of: a name or a
            folder knows its classes; of everything else the labels are counted.

    Raises:
        ValueError: if there are no labels, or a class has no image.
    """
    source = getattr(dataset, "source", None)
    if "label" not in dataset.element_spec:
        raise ValueError(
            f"A GAN with labels needs data with classes. Received: {source!r} without. "
            "Use a folder with one sub-folder for each class, or images and labels."
        )
    if isinstance(source, (str, Path)) and not str(source).endswith((".npy", ".npz")):
        return len(kg_data.class_names(source))
    seen = np.bincount(np.concatenate([np.asarray(batch["label"]) for batch in dataset]))
    if missing := np.flatnonzero(seen == 0).tolist():
        raise ValueError(
            f"Every class must have images. Received: none with the label {', '.join(map(str, missing[:5]))} of 0 to "
            f"{len(seen) - 1}. Number the classes from 0 without gaps."
        )
    return len(seen)
