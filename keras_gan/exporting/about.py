"""What an export says of itself, besides how to call it: where it comes from, and what it may be used for."""

import json
from collections.abc import Mapping
from typing import Any

TEXTS = ("training_data", "recipe", "license", "intended_use")
KEYS = (*TEXTS, "class_names", "metrics")


def checked(about: Mapping[str, Any] | None, num_classes: int | None) -> dict[str, Any]:
    """Returns what a user says about an export, checked.

    Args:
        about: None, or a dict with any of: `training_data`, `recipe`, `license`, `intended_use` (str each),
            `class_names` (list of str, one a class), `metrics` (list of dicts with `name`, `value` and the protocol, as
            `keras_gan.metrics.Score.to_json` writes them).
        num_classes: number of classes of the GAN, or None.

    Raises:
        ValueError: for another key, a value of another type, or names for another number of classes.
    """
    about = dict(about or {})
    if unknown := sorted(set(about) - set(KEYS)):
        raise ValueError(f"`about` may hold {', '.join(KEYS)}. Received: {', '.join(map(str, unknown))}.")
    for key in TEXTS:
        if not isinstance(about.get(key, ""), str):
            raise ValueError(f"`about[{key!r}]` must be a str. Received: {about[key]!r}.")
    names = about.get("class_names")
    if names is not None and (
        not isinstance(names, (list, tuple))
        or not all(isinstance(name, str) for name in names)
        or len(names) != (num_classes or 0)
    ):
        raise ValueError(
            f"`about['class_names']` must be {num_classes or 0} names, one for each class of the GAN. "
            f"Received: {names!r}."
        )
    metrics = about.get("metrics", [])
    if not isinstance(metrics, (list, tuple)) or not all(isinstance(m, Mapping) and "name" in m for m in metrics):
        raise ValueError(f"`about['metrics']` must be a list of dicts with a `name`. Received: {metrics!r}.")
    return about


def as_metadata(about: Mapping[str, Any]) -> dict[str, str]:
    """Returns it as strings: texts as they are, the rest as JSON."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in about.items()}
