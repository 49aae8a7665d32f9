"""A run folder: everything that one training made, enough to sample, export or go on from."""

import datetime
import importlib.metadata
import json
import math
import os
import platform
import shlex
import sys
import warnings
from pathlib import Path
from typing import Any

import keras

from keras_gan import callbacks, files, resuming
from keras_gan import data as kg_data
from keras_gan.callbacks.loss_plot import number
from keras_gan.models.game import Game
from keras_gan.recipes.training import Training
from keras_gan.untrusted import logs, texts
from keras_gan.untrusted import models as untrusted_models
from keras_gan.untrusted import runs as untrusted_runs
from keras_gan.version import __version__

FORMAT = 1  # of config.json; raised when an older reader could not understand it
PARTS = ["config.json", "checkpoints", "checkpoint.keras", "best.keras", "log.csv", "losses.png", "health.txt"]
PARTS += ["samples", "export", "evaluation", "tensorboard", ".lock"]  # what is written in a run folder


class Run:
    """A folder with `config.json`, `checkpoints/`, `log.csv`, `losses.png`, `health.txt`, `samples/` and `export/`.

    With evaluation also `best.keras`; `keras-gan evaluate` adds `evaluation/`. Older runs have one
    `checkpoint.keras`, which is read too.

    Args:
        folder: path of the run.
    """

    def __init__(self, folder: str | os.PathLike) -> None:
        self.folder = Path(folder)
        self.config_path = self.folder / "config.json"
        self.checkpoints = self.folder / "checkpoints"
        self.single = self.folder / "checkpoint.keras"
        self.best = self.folder / "best.keras"
        self.log = self.folder / "log.csv"
        self.losses = self.folder / "losses.png"
        self.health = self.folder / "health.txt"
        self.samples = self.folder / "samples"
        self.exports = self.folder / "export"
        self.scores = self.folder / "evaluation" / "scores.json"

    @classmethod
    def refuse_existing(cls, folder: str | os.PathLike) -> None:
        """Raises FileExistsError if something stands at `folder` already (an empty folder may)."""
        path = Path(folder)
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise FileExistsError(
                f"The run folder must be new. Received: {path}, which exists. "
                f"Use --out with another name, or go on with --resume {path}."
            )

    @classmethod
    def create(cls, folder: str | os.PathLike, recipe: str, arguments: dict[str, Any], epochs: int) -> "Run":
        """Makes the folder and writes its `config.json`.

        Raises:
            FileExistsError: if something stands there already.
            OSError: if the folder cannot be written to.
        """
        cls.refuse_existing(folder)
        run = cls(folder)
        run.write_config(
            {
                "format": FORMAT,
                "recipe": recipe,
                "arguments": arguments,
                "epochs": epochs,
                "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
                "created": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                "versions": versions(),
            }
        )
        return run

    @classmethod
    def open(cls, folder: str | os.PathLike) -> "Run":
        """Finds an existing run.

        Raises:
            FileNotFoundError: if there is no run at `folder`.
            ValueError: if something in it is a link, a pipe or a device.
        """
        run = cls(folder)
        if not run.config_path.exists():
            raise FileNotFoundError(
                f"A run folder holds a config.json. Received: {run.folder}, where there is none. "
                "Name a folder that `keras-gan train` has made."
            )
        untrusted_runs.check_own(run.folder, PARTS)
        return run

    def write_config(self, config: dict[str, Any]) -> None:
        with files.replacing(self.config_path) as written:
            written.write_text(json.dumps(config, indent=2) + "\n")

    def config(self) -> dict[str, Any]:
        """Reads `config.json`.

        Raises:
            ValueError: if it is not what `create` writes, is not plausible, or of a newer format.
        """
        try:
            config = texts.parse_json(texts.read(self.config_path, "A configuration"))
            if not isinstance(number := config["format"], int) or number < 1:
                raise ValueError("`format` must be a whole number")
            if number <= FORMAT:
                untrusted_runs.check_config(config)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"The configuration of a run must be readable. Received: {self.config_path}: {error}."
            ) from error
        if number > FORMAT:
            raise ValueError(
                f"The run must be of format {FORMAT} or older. Received: {self.config_path} of format {number}. "
                "Update keras-gan."
            )
        return config

    def load(self, compile: bool = True, best: bool = False) -> Game:
        """Loads the GAN from the checkpoint.

        Args:
            compile: bool, with optimizers and losses, to train on. Defaults to True.
            best: bool, from the best epoch that an evaluation has seen instead of the last. Defaults to False.

        Raises:
            FileNotFoundError: if no checkpoint was written yet.
            ValueError: if the checkpoint is damaged, holds another kind of model, or is refused: see
                `keras_gan.untrusted.models.load_model`.
        """
        path = self.checkpoint(best)
        try:
            return untrusted_models.load_model(path, compile, kind=Game)
        except Exception as error:  # Keras, TensorFlow and the networks' own code raise all kinds of errors
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ValueError(f"The checkpoint must be readable. Received: {path}: {reason[:300]}") from error

    def about(self, gan: Game) -> dict[str, Any]:
        """Returns what an export of this run says of itself: `keras_gan.exporting.about`."""
        config = self.config()
        data = str(config["arguments"]["data"])
        about = {"recipe": config["recipe"], "training_data": Path(data).name or data}
        if gan.num_classes is not None:
            try:
                names = kg_data.class_names(data)
            except (OSError, ValueError):  # a file of arrays, or a folder that is not here any more
                names = []
            about |= {"class_names": names} if len(names) == gan.num_classes else {}
        if self.scores.exists():
            try:
                about["metrics"] = texts.parse_json(texts.read(self.scores, "A file of scores"))
            except ValueError as error:
                raise ValueError(f"Scores must be readable. Received: {self.scores}: {error}.") from error
        return about

    def checkpoint(self, best: bool = False) -> Path:
        """Returns the newest checkpoint that is whole; a warning names those that are not.

        Args:
            best: bool, the one of the best epoch instead.

        Raises:
            FileNotFoundError: if there is none.
            ValueError: if there are, and all of them are damaged.
        """
        files_found = [self.best] if best else [*callbacks.checkpoints.found(self.checkpoints), self.single]
        files_found = [path for path in files_found if path.exists()]
        if not files_found:
            raise FileNotFoundError(
                f"The run must have a checkpoint. Received: {self.folder}, where "
                + (
                    "no best epoch was kept. Train with --evaluate."
                    if best
                    else "training was interrupted before the first one was saved. Train it again."
                )
            )
        faults = []
        for path in files_found:
            if (fault := files.fault(path)) is None:
                return path
            faults.append(fault)
            warnings.warn(f"The checkpoint {path} is damaged and left out: {fault}.", stacklevel=2)
        raise ValueError(
            f"The checkpoint must be readable. Received: {files_found[0]}, which is damaged, as are all others: "
            f"{faults[0]}. Put a copy in its place, or train again."
        )

    def fit(
        self,
        training: Training,
        epochs: int,
        tensorboard: bool = False,
        evaluate: callbacks.EvaluateSamples | None = None,
        health: bool = False,
        keep: int = 3,
        every_minutes: float = 10.0,
    ) -> bool:
        """Trains and fills the folder. Ctrl-C and SIGTERM end it after the running step, with everything saved.

        A GAN that has trained before goes on where it stands (`keras_gan.resume`).

        Args:
            training: what to train.
            epochs: the epoch to end at.
            tensorboard: bool, also write `tensorboard/`.
            evaluate: measures samples as it learns; the best epoch by the first metric is kept in `best.keras`.
            health: bool, watch the game: what is wrong is printed, every verdict goes into `health.txt`.
            keep: int, how many checkpoints are kept.
            every_minutes: float, minutes from one checkpoint to the next, within an epoch too.

        Returns:
            Whether training came to its end (False after a signal).

        Raises:
            FloatingPointError: if a loss became NaN or infinite; the checkpoint holds the last good epoch.
            RuntimeError: if another process trains this run.
        """
        with files.locked(self.folder):
            files.sweep(self.folder)
            return self._fit(training, epochs, tensorboard, evaluate, health, (keep, every_minutes))

    def _fit(self, training, epochs, tensorboard, evaluate, health, saving):
        initial_epoch, _ = resuming.standing(training.gan, training.dataset)
        guard, interruption = callbacks.StopOnNaN(), callbacks.StopOnSignal()
        events = self.folder / "tensorboard"
        self._forget_epochs_from(initial_epoch)
        watchers = [
            guard,
            interruption,
            *self._measuring(evaluate),
            callbacks.Tolerant(keras.callbacks.CSVLogger(self.log, append=True)),
            *(
                [callbacks.HealthMonitor(training.dataset, every=max(1, epochs // 20), path=self.health)]
                if health
                else []
            ),
            callbacks.SampleGrid(self.samples, tensorboard=events if tensorboard else None),
            *([callbacks.Tolerant(keras.callbacks.TensorBoard(events))] if tensorboard else []),
            callbacks.Checkpoints(self.checkpoints, *saving),  # last: it counts once everything else of it is on disk
            callbacks.LossPlot(self.log, self.losses),
        ]
        verbose = 1 if sys.stdout.isatty() else 2  # a bar on a screen, a line an epoch in a file
        try:
            resuming.resume(training.gan, training.dataset, epochs, watchers, shuffle=False, verbose=verbose)
        finally:  # Keras leaves out on_train_end after an error, and the handlers would stay
            interruption.on_train_end()
        if guard.terms:
            raise FloatingPointError(
                f"Losses must stay finite. Received: {', '.join(guard.terms)} at step {guard.step}. "
                "The checkpoint holds the last good epoch; try a lower learning rate."
            )
        return interruption.caught is None

    def _measuring(self, evaluate: callbacks.EvaluateSamples | None) -> list[keras.callbacks.Callback]:
        if evaluate is None:
            return []
        first = evaluate.evaluation.metrics[0]
        name = next(iter(first.results))
        mode = "max" if first.results[name] else "min"
        known = self._logged(f"val_{name}") if self.best.exists() else []
        best = (max if mode == "max" else min)(known, default=None)
        return [evaluate, callbacks.Checkpoint(self.best, f"val_{name}", mode, best)]

    def _logged(self, name: str) -> list[float]:
        """Returns the finite values of one column of the log."""
        if not self.log.exists():
            return []
        values = [number(row.get(name)) for row in logs.read_rows(self.log)]
        return [value for value in values if math.isfinite(value)]

    def _forget_epochs_from(self, epoch: int) -> None:
        """Removes from the log what a killed run had written about epochs that it did not save."""
        if not self.log.exists():
            return
        text = texts.read(self.log, "A log", logs.MOST).decode(errors="replace")
        header, *rows = text.splitlines(keepends=True) or [""]
        with files.replacing(self.log) as written:
            kept = [r for r in rows if logs.EPOCH.fullmatch(r.split(",")[0]) and int(r.split(",")[0]) < epoch]
            written.write_text("".join([header, *kept]))


def versions() -> dict[str, str]:
    """Returns the versions that a result depends on."""
    packages = ("keras", keras.backend.backend(), "numpy")
    found = {name: importlib.metadata.version(name) for name in packages}
    return {"keras_gan": __version__, **found, "python": platform.python_version()}
