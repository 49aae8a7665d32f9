"""Scores and progress on a screen."""

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from keras_gan.metrics.score import Score

TOLD = ("metric", "data", "split", "size", "n_real", "n_fake", "n_held_out", "extractor", "weights_sha256")


@contextlib.contextmanager
def progress() -> Iterator:
    """Gives the function that an `Evaluation` reports its progress to; draws bars on a terminal only."""
    columns = TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {}

        def advance(stage: str, done: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage.replace("_", " "), total=None)
            bars.update(tasks[stage], completed=done)

        yield advance


def print_scores(scores: list[Score]) -> None:
    """Prints a table of the scores, and below it the protocol that they share."""
    table = Table(box=None, pad_edge=False)
    for name, side in (("score", "left"), ("value", "right"), ("+-", "right"), ("expected floor", "right"),
                       ("real/real", "right"), ("better", "left")):  # fmt: skip
        table.add_column(name, justify=side)
    for score in scores:
        better = {True: "higher", False: "lower", None: ""}[score.higher_is_better]
        numbers = (score.value, score.deviation, score.expected_floor, score.real_floor)
        table.add_row(score.name, *("" if n is None else f"{n:.5g}" for n in numbers), better)
    console = Console(soft_wrap=True)
    console.print(table)
    shared = {k: v for score in scores for k, v in score.protocol.items() if k in TOLD and k != "metric"}
    console.print(", ".join(f"{name} {value}" for name, value in shared.items()), style="dim", highlight=False)
