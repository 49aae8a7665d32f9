"""The page of an evaluation: scores with their protocol, and what they are scores of."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from keras_gan.evaluation.comparison import QUERIES, SHOWN, Classes, Comparison, compare
from keras_gan.evaluation.evaluation import Evaluation
from keras_gan.evaluation.figures import curves, read_log, sheet
from keras_gan.evaluation.page import Element, element, figure, page, picture, table
from keras_gan.metrics.score import Score
from keras_gan.storage import files

COLUMNS = 8
A_CLASS = 10


def write_report(
    path: Path,
    subject: Path | str,
    scores: list[Score],
    evaluation: Evaluation,
    samples: np.ndarray,
    log: Path | None = None,
    config: dict[str, Any] | None = None,
) -> Path:
    """Writes one HTML file with everything in it: it refers to no other file and to no address.

    Goes through the real images of the evaluation once more, to show some of them (see `comparison.compare`).

    Args:
        path: the file to write; what stands there is replaced.
        subject: what was measured, the title.
        scores: what `evaluation` found.
        evaluation: `Evaluation` that found it.
        samples: uint8 `(count, height, width, channels)`, some of the samples. The first 64 are shown; all, if the
            extractor has a classifier, give the shares of the classes.
        log: the log of the training that the samples are from, to be drawn, or None.
        config: the configuration of the run whose log it is: its recipe, epochs and command. Needed with `log`.

    Returns:
        `path`.

    Raises:
        OSError: if the file cannot be written.
        ValueError: see `compare`.
    """
    compared = compare(samples, evaluation)
    written = page(
        f"Evaluation of {subject}",
        _scores(scores),
        _pictures(samples, compared.reals),
        _neighbours(samples, compared, evaluation.extractor, scores),
        None if compared.classes is None else _classes(samples, compared.classes),
        None if log is None else _training(log, config),
    )
    try:
        with files.replacing(path) as temporary:
            # A file's name may hold bytes that are no text; they come as lone surrogates, which UTF-8 does not have.
            temporary.write_text(written, encoding="utf-8", errors="replace")
    except OSError as error:
        raise OSError(f"The page must be writable. Received: {path}: {error}.") from error
    return Path(path)


def _section(title: str, *content: Any) -> Element:
    return element("section", element("h2", title), *content)


def _scores(scores: list[Score]) -> Element:
    better = {True: "higher", False: "lower", None: "-"}
    rows = [
        [s.name, *map(_short, (s.value, s.deviation, s.expected_floor, s.real_floor)), better[s.higher_is_better]]
        for s in scores
    ]
    head = ["Score", "Value", "±", "Expected floor", "Real against real", "Better"]
    told = [_told(score) for score in scores]
    shared = {name: text for name, text in told[0].items() if all(other.get(name) == text for other in told)}
    groups: dict[tuple, list[str]] = {}
    for score, lines in zip(scores, told, strict=True):
        own = tuple((name, text) for name, text in lines.items() if name not in shared)
        groups.setdefault(own, []).append(score.name)
    return _section(
        "Scores",
        table(_measured(scores), head, rows, "numbers"),
        element(
            "p",
            "±: deviation over the parts of one measurement. Expected floor: what a perfect generator would get with "
            "as many samples. Real against real: the same measurement with real images that were held out in the "
            "samples' place. A dash: not known, or not defined for this score.",
        ),
        _details("Protocol, seeds and versions of all scores", shared),
        *(_details(f"Further protocol of {', '.join(names)}", dict(own)) for own, names in groups.items() if own),
    )


def _measured(scores: list[Score]) -> str:
    protocol = {name: value for score in scores for name, value in score.protocol.items()}
    real = f" against {protocol['n_real']:,} real images" if "n_real" in protocol else ""
    source = ", ".join(str(protocol[name]) for name in ("data", "split") if name in protocol)
    return f"{protocol['n_fake']:,} samples{real}{f' ({source})' if source else ''}"


def _told(score: Score) -> dict[str, str]:
    """Returns everything that decided a score, as texts."""
    seeds = {f"seed of {name}": seed for name, seed in score.seeds.items()}
    versions = {f"version of {name}": version for name, version in score.versions.items()}
    told = {**score.protocol, **seeds, **versions}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}


def _details(title: str, told: dict[str, str]) -> Element:
    listed = table(title, ["Setting", "Value"], [[name, element("code", text)] for name, text in told.items()], "told")
    return element("details", element("summary", title), listed)


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.5g}"


def _pictures(samples: np.ndarray, reals: np.ndarray) -> Element:
    samples, reals = samples[:SHOWN], reals[: len(samples[:SHOWN])]
    figures = [
        figure(caption, picture(sheet(images, COLUMNS, 48), f"{caption}, in rows of {min(COLUMNS, len(images))}"))
        for caption, images in (
            (f"{_count(samples, 'sample')}, not selected", samples),
            (f"{_count(reals, 'real image')}, drawn at random", reals),
        )
    ]
    return _section("Samples and real images", element("div", *figures, class_="beside"))


def _count(images: np.ndarray, what: str) -> str:
    return f"{len(images):,} {what}{'' if len(images) == 1 else 's'}"


def _neighbours(samples: np.ndarray, compared: Comparison, extractor: Any, scores: list[Score]) -> Element:
    count = compared.distances.shape[1]
    if extractor is None:
        measure = "root mean square difference of their pixels in grey levels, 0 to 255 (no extractor was used)"
    else:
        measure = f"distance between features of {extractor.name}"
    rows = [
        [
            element("th", picture(sheet(sample[None], 1, 64, 0), f"Sample {number}"), scope="row"),
            *(
                element("td", picture(sheet(real[None], 1, 64, 0), f"Real image {place}"), f"{distance:#.4g}")
                for place, (real, distance) in enumerate(zip(reals, distances, strict=True), 1)
            ),
        ]
        for number, (sample, reals, distances) in enumerate(
            zip(samples[:QUERIES], compared.neighbours, compared.distances, strict=True), 1
        )
    ]
    head = ["Sample", "Nearest", "2nd", "3rd", "4th", "5th"][: count + 1]
    return _section(
        "Nearest real images",
        element(
            "p",
            f"Beside each of the first samples stand the {count} real images nearest to it, with the {measure}. "
            "A generator that has learned the data draws images of the kinds of its neighbours, but none of them "
            "again; one that copies repeats its nearest neighbour, at a distance near 0.",
        ),
        element("p", _yardstick(compared.held_out_distance)) if compared.held_out_distance is not None else None,
        *_memorization(scores),
        table("The real images nearest to samples, and their distances", head, rows, "neighbours"),
    )


def _yardstick(distance: float) -> str:
    return f"For comparison: held-out real images lie {distance:#.4g} (median) from the nearest of these real images."


def _memorization(scores: list[Score]) -> list[Element]:
    measured = [score for score in scores if score.protocol.get("metric") == "memorization"]
    if not measured:
        return []
    numbers = [f"{s.name} {_short(s.value)} (expected without copying: {_short(s.expected_floor)})" for s in measured]
    text = (
        f"Over all samples: {', '.join(numbers)}. A copied_share well above what is expected, or a copying_z "
        "far below 0 (-3, say), tells of copied images."
    )
    return [element("p", text)]


def _classes(samples: np.ndarray, classes: Classes) -> Element:
    shares = classes.shares()
    largest = max(share.max() for share in shares)
    rows = []
    for index, name in enumerate(classes.names):
        those = samples[classes.of_samples == index][:A_CLASS]
        strip = picture(sheet(those, A_CLASS, 28), f"{_count(those, 'sample')} of {name}") if len(those) else "none"
        rows.append([name, strip, *(_bar(share[index], largest) for share in shares)])
    missing = classes.missing()
    return _section(
        "Classes",
        element(
            "p",
            f"What the extractor's classifier sees in {_count(classes.of_samples, 'sample')} and in "
            f"{_count(classes.of_reals, 'real image')} drawn at random. ",
            element("strong", f"Missing among these samples: {', '.join(missing)}.")
            if missing
            else "No class is missing among these samples.",
        ),
        table(
            "Samples by class", ["Class", "Samples, not selected", "Of the samples", "Of the reals"], rows, "classes"
        ),
    )


def _bar(share: float, largest: float) -> Element:
    return element("td", f"{share:.1%}", class_="share", style=f"--share: {share / largest:.1%}")


def _training(log: Path, config: dict[str, Any]) -> Element | None:
    logged = read_log(log) if log.exists() else {}
    if not logged:
        return None
    command = element("code", str(config.get("command", "")))
    last = ", ".join(f"{name} {values[-1]:.4g}" for name, (_, values) in logged.items())
    epoch = max(epochs[-1] for epochs, _ in logged.values())
    return _section(
        "Training",
        element(
            "p",
            f"{config['recipe']}, {epoch} of {config['epochs']} epochs: ",
            command,
        ),
        figure(
            "Losses and scores by epoch",
            picture(curves(logged), f"Curves over {epoch} epochs. Last values: {last}.", class_="smooth"),
        ),
    )
