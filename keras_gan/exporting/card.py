"""The model card that lies beside exports: where a generator comes from, how good it is, how it is called."""

import datetime
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from keras_gan.exporting import about as descriptions
from keras_gan.exporting import interface
from keras_gan.exporting.formats import FORMATS
from keras_gan.exporting.generator import chosen_generator
from keras_gan.exporting.usage import words
from keras_gan.game import Game
from keras_gan.inputs import Label, Latent, NetworkGenerator
from keras_gan.media import Images, Medium, pictures
from keras_gan.storage import files
from keras_gan.version import __version__

NOT_STATED = "Not stated."
SAMPLES = 64
SHEET = "samples.png"
SETTINGS = ("extractor", "data", "split", "n_real", "n_fake")  # of a protocol; the whole of it is in the JSON


def model_card(
    gan: Game | NetworkGenerator,
    folder: str | os.PathLike,
    exports: Mapping[str, Path],
    about: Mapping[str, Any] | None = None,
    generator: str | None = None,
    reference: Mapping[str, np.ndarray] | None = None,
) -> Path:
    """Writes `MODEL_CARD.md`, `model_card.json` and `samples.png` (64 samples, not selected) beside exports.

    There is no `samples.png` of media without sheets, nor of a generator that translates without a `reference`.

    Args:
        gan: the game that was exported, such as a `keras_gan.GAN`, or the `keras_gan.inputs.NetworkGenerator`.
        folder: where the files go; what stands there is replaced.
        exports: {format: path written}, formats as in `keras_gan.exporting.FORMATS`.
        about: dict as of `to_onnx`, or None.
        generator: str, which generator of the game. Defaults to the first.
        reference: dict of arrays, real data as networks see them, whose first rows a generator that translates is
            given for the samples; or None.

    Returns:
        The path of the Markdown file.

    Raises:
        ValueError: if `about` is not as described, or a format is unknown.
    """
    made, folder = chosen_generator(gan, generator), Path(folder)
    labels = next((each for each in made.inputs.values() if isinstance(each, Label)), None)
    about = descriptions.checked(about, labels and labels.num_classes)
    if unknown := sorted(set(exports) - set(FORMATS)):
        raise ValueError(f"`exports` must be of the formats {', '.join(FORMATS)}. Received: {', '.join(unknown)}.")
    sheet = _sheet(made, labels and labels.num_classes, reference)
    facts = {
        "name": about.get("recipe", gan.name),
        **_described(made),
        "num_classes": labels and labels.num_classes,
        "weights": made.used.count_params(),
        "images_seen": int(gan.images_seen.numpy()) if isinstance(gan, Game) else None,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "keras_gan_version": __version__,
        "license": None,
        "intended_use": None,
        **about,
        "exports": {name: os.path.relpath(path, folder) for name, path in exports.items()},
    }
    if sheet is None:
        (folder / SHEET).unlink(missing_ok=True)
    else:
        pictures.save_image(folder / SHEET, sheet)
    with files.replacing(folder / "model_card.json") as written:
        written.write_text(json.dumps(facts, indent=2) + "\n")
    with files.replacing(folder / "MODEL_CARD.md") as written:
        written.write_text(_markdown(facts, made, sheet is not None))
    return folder / "MODEL_CARD.md"


def _described(generator):
    """Returns what the JSON says of inputs and outputs; of the usual ones also in the words of `to_onnx`'s metadata."""
    shapes, latent = generator.output_shapes(), generator.inputs.get("latent")
    told = interface.described(generator.inputs, generator.outputs, shapes)
    found = {name: json.loads(text) for name, text in told.items()}
    if isinstance(generator.medium, Images):
        found["images"] = list(shapes[generator.output])
    if isinstance(latent, Latent):
        found["latent"] = {"shape": list(latent.shape), "distribution": latent.distribution}
    return found


def _sheet(generator, num_classes, reference):
    """Returns a sheet of samples, beside what they were made from where that is alike; None where there can be none."""
    given = [each for each in generator.inputs.values() if hasattr(each, "medium")]
    if type(generator.medium).sheet is Medium.sheet or (given and reference is None):
        return None
    columns = None if num_classes is None else min(num_classes, 10)
    count = SAMPLES if columns is None else 8 * columns
    if not given:
        return generator.medium.sheet(generator.sample(count, seed=0), columns)
    count = min(SAMPLES // 2, *(len(reference[each.column]) for each in given))
    inputs = generator.fixed_inputs(count, 0, reference)
    made, each = generator.sample(inputs=inputs), given[0]
    before = each.medium.finish(np.asarray(reference[each.column][:count], each.dtype))
    if each.medium == generator.medium and before.shape == made.shape:
        made, columns = np.stack([before, made], axis=1).reshape(-1, *made.shape[1:]), 8
    return generator.medium.sheet(made, columns)


def _markdown(facts, generator, sampled):
    shapes, many = generator.output_shapes(), len(generator.outputs) > 1
    makes = [f"{k}: " * many + medium.describe(shapes[k]) for k, medium in generator.outputs.items()]
    sources = [each.describe() for each in generator.inputs.values() if not isinstance(each, Label)]
    seen = facts["images_seen"]
    rows = {
        "Learned from": facts.get("training_data", NOT_STATED),
        "Recipe": facts.get("recipe", NOT_STATED),
        "Images seen in training": NOT_STATED if seen is None else f"{seen:,}",
        "Draws": "; ".join(makes),
        "From": "; ".join(sources),
        **({"Classes": _classes(facts)} if facts["num_classes"] else {}),
        "Weights": f"{facts['weights']:,}",
        "Made": f"{facts['created']}, keras_gan {facts['keras_gan_version']}",
        "Licence": facts["license"] or NOT_STATED,
        "Intended use": facts["intended_use"] or NOT_STATED,
    }
    told = words(generator)
    parts = [
        f"# {facts['name']}: a generator of {told['made']}",
        *[f"![samples, not selected]({SHEET})"] * sampled,
        "| | |\n|---|---|\n" + "\n".join(f"| {name} | {_cell(value)} |" for name, value in rows.items()),
        f"It draws what looks like its training {told['made']}, "
        "with whatever these show too often, too seldom or wrongly.",
        "## Scores",
        _scores(facts.get("metrics", [])),
        "## How to call it",
        *(
            FORMATS[name].usage.format(path=path, **told | {"program": told["program"].format(path=path)})
            for name, path in facts["exports"].items()
        ),
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


def _classes(facts):
    names = facts.get("class_names")
    return f"{facts['num_classes']}: {', '.join(names)}" if names else str(facts["num_classes"])


def _cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")
