"""The model card that lies beside exports: where a generator comes from, how good it is, how it is called."""

import datetime
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_gan.exporting import about as descriptions
from keras_gan.exporting.formats import FORMATS
from keras_gan.media import pictures
from keras_gan.models.gan import GAN
from keras_gan.storage import files
from keras_gan.version import __version__

NOT_STATED = "Not stated."
SAMPLES = 64
SETTINGS = ("extractor", "data", "split", "n_real", "n_fake")  # of a protocol; the whole of it is in the JSON


def model_card(
    gan: GAN, folder: str | os.PathLike, exports: Mapping[str, Path], about: Mapping[str, Any] | None = None
) -> Path:
    """Writes `MODEL_CARD.md`, `model_card.json` and `samples.png` (64 samples, not selected) beside exports.

    Args:
        gan: the `keras_gan.GAN` that was exported.
        folder: where the files go; what stands there is replaced.
        exports: {format: path written}, formats as in `keras_gan.exporting.FORMATS`.
        about: dict as of `to_onnx`, or None.

    Returns:
        The path of the Markdown file.

    Raises:
        ValueError: if `about` is not as described, or a format is unknown.
    """
    about, folder = descriptions.checked(about, gan.num_classes), Path(folder)
    if unknown := sorted(set(exports) - set(FORMATS)):
        raise ValueError(f"`exports` must be of the formats {', '.join(FORMATS)}. Received: {', '.join(unknown)}.")
    exports = {name: os.path.relpath(path, folder) for name, path in exports.items()}
    facts = {
        "name": about.get("recipe", gan.name),
        "images": list(gan.image_shape),
        "latent": {"shape": list(gan.latent_shape), "distribution": gan.latent},
        "num_classes": gan.num_classes,
        "weights": gan.ema_generator.count_params(),
        "images_seen": int(gan.images_seen.numpy()),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "keras_gan_version": __version__,
        "license": None,
        "intended_use": None,
        **about,
        "exports": exports,
    }
    columns = None if gan.num_classes is None else min(gan.num_classes, 10)
    count = SAMPLES if columns is None else 8 * columns
    pictures.save_image(folder / "samples.png", pictures.grid(gan.sample(count, seed=0), columns))
    with files.replacing(folder / "model_card.json") as written:
        written.write_text(json.dumps(facts, indent=2) + "\n")
    with files.replacing(folder / "MODEL_CARD.md") as written:
        written.write_text(_markdown(facts))
    return folder / "MODEL_CARD.md"


def _markdown(facts):
    height, width, channels = facts["images"]
    latent = facts["latent"]
    rows = {
        "Learned from": facts.get("training_data", NOT_STATED),
        "Recipe": facts.get("recipe", NOT_STATED),
        "Images seen in training": f"{facts['images_seen']:,}",
        "Draws": f"images of {height}x{width} pixels, {_channels(channels)}",
        "From": f"{latent['distribution']} latents of shape {tuple(latent['shape'])}",
        **({"Classes": _classes(facts)} if facts["num_classes"] else {}),
        "Weights": f"{facts['weights']:,}",
        "Made": f"{facts['created']}, keras_gan {facts['keras_gan_version']}",
        "Licence": facts["license"] or NOT_STATED,
        "Intended use": facts["intended_use"] or NOT_STATED,
    }
    parts = [
        f"# {facts['name']}: a generator of images",
        "![samples, not selected](samples.png)",
        "| | |\n|---|---|\n" + "\n".join(f"| {name} | {_cell(value)} |" for name, value in rows.items()),
        "It draws what looks like its training images, with whatever these show too often, too seldom or wrongly.",
        "## Scores",
        _scores(facts.get("metrics", [])),
        "## How to call it",
        *(f"{FORMATS[name].usage.format(path=path, **_words(facts))}" for name, path in facts["exports"].items()),
    ]
    return "\n\n".join(parts) + "\n"


def _scores(metrics):
    if not metrics:
        return "Not measured yet: `keras-gan evaluate RUN`, then export again."
    lines = []
    for score in metrics:
        protocol = score.get("protocol", {})
        told = ", ".join(f"{key} {protocol[key]}" for key in SETTINGS if key in protocol)
        floor = score.get("real_floor")
        lines.append(
            f"| {_cell(score['name'])} | {score.get('value', float('nan')):.4g} | "
            f"{'' if floor is None else f'{floor:.4g}'} | {_cell(told)} |"
        )
    return (
        "| score | value | other real images get | measured with |\n|---|---|---|---|\n"
        + "\n".join(lines)
        + "\n\nThe whole protocol of each is in `model_card.json`."
    )


def _words(facts):
    """Returns what the usage of a format is filled with."""
    labelled = bool(facts["num_classes"])
    return {
        "shape": ", ".join(map(str, (4, *facts["latent"]["shape"]))),
        "label": ", label=tf.constant([0, 0, 0, 0])" * labelled,
        "array_label": ', label=np.zeros(4, "int32")' * labelled,
    }


def _channels(channels):
    return {1: "grey", 3: "in colour", 4: "in colour with transparency"}.get(channels, f"{channels} channels")


def _classes(facts):
    names = facts.get("class_names")
    return f"{facts['num_classes']}: {', '.join(names)}" if names else str(facts["num_classes"])


def _cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")
