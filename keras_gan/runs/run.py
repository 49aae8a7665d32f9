"""A run folder: everything that one training made, enough to sample, export or go on from."""

import os
import sys
import warnings
from pathlib import Path
from typing import Any

import keras

from keras_gan import callbacks
from keras_gan import data as kg_data
from keras_gan.game import drawing
from keras_gan.game.game import Game
from keras_gan.recipes.precision import computing_in
from keras_gan.recipes.training import Stage, Training
from keras_gan.runs import config as configs
from keras_gan.runs import resuming, untrusted
from keras_gan.storage import files, logs, texts
from keras_gan.storage import models as untrusted_models

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
    def create(
        cls,
        folder: str | os.PathLike,
        recipe: str,
        arguments: dict[str, Any],
        epochs: int,
        deterministic: bool = False,
        precision: str = "float32",
        stages: tuple[Stage, ...] = (),
    ) -> "Run":
        """Makes the folder and writes its `config.json`.

        Args:
            folder: path, new or empty.
            recipe: name of the recipe.
            arguments: of the recipe.
            epochs: the epoch to end at.
            deterministic: whether this process, and each that goes on with the run, computes deterministically.
            precision: what the networks compute in: see `keras_gan.recipes.make`.
            stages: which players move when.

        Raises:
            FileExistsError: if something stands there already.
            OSError: if the folder cannot be written to.
        """
        cls.refuse_existing(folder)
        run = cls(folder)
        run.write_config(configs.new(recipe, arguments, epochs, deterministic, precision, stages))
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
        untrusted.check_own(run.folder, PARTS)
        return run

    def write_config(self, config: dict[str, Any]) -> None:
        configs.write(self.config_path, config)

    def config(self) -> dict[str, Any]:
        """Reads `config.json`.

        Raises:
            ValueError: if it is not what `create` writes, is not plausible, or of a newer format.
        """
        return configs.read(self.config_path)

    def load(self, compile: bool = True, best: bool = False) -> Game:
        """Loads the GAN from the checkpoint.

        Args:
            compile: bool, with optimizers and losses, to train on: it then computes in the precision of the run.
                Defaults to True.
            best: bool, from the best epoch that an evaluation has seen instead of the last. Defaults to False.

        Raises:
            FileNotFoundError: if no checkpoint was written yet.
            ValueError: if the checkpoint is damaged, holds another kind of model, or is refused: see
                `keras_gan.storage.models.load_model`.
        """
        path = self.checkpoint(best)
        precision = self.config().get("precision", "float32") if compile else None
        try:
            with computing_in(precision):
                return untrusted_models.load_model(path, compile, kind=Game)
        except Exception as error:  # Keras, TensorFlow and the networks' own code raise all kinds of errors
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ValueError(f"The checkpoint must be readable. Received: {path}: {reason[:300]}") from error

    def about(self, gan: Game) -> dict[str, Any]:
        """Returns what an export of this run says of itself: `keras_gan.exporting.about`."""
        config = self.config()
        data = str(config["arguments"].get("data", ""))
        about = {"recipe": config["recipe"]} | ({"training_data": Path(data).name or data} if data else {})
        num_classes = gan.generator_called().num_classes
        if data and num_classes is not None:
            try:
                names = kg_data.class_names(data)
            except (OSError, ValueError):  # a file of arrays, or a folder that is not here any more
                names = []
            about |= {"class_names": names} if len(names) == num_classes else {}
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
        with files.locked(self.folder), callbacks.StopOnSignal() as interruption:
            files.sweep(self.folder)
            self._remember(epochs)
            self._fit(training, epochs, tensorboard, evaluate, health, (keep, every_minutes), interruption)
            return interruption.caught is None or resuming.standing(training.gan, training.dataset)[0] >= epochs

    def _remember(self, epochs: int) -> None:
        """Writes the epoch to end at into `config.json`, where it is another; a full disk does not end the training."""
        config = self.config()
        if config["epochs"] == epochs:
            return
        try:
            self.write_config({**config, "epochs": epochs})
        except OSError as error:
            warnings.warn(f"The configuration was not written: {error}. Training goes on.", stacklevel=3)

    def _fit(self, training, epochs, tensorboard, evaluate, health, saving, interruption):
        initial_epoch, _ = resuming.standing(training.gan, training.dataset)
        guard = callbacks.StopOnNaN()
        events = self.folder / "tensorboard"
        logs.forget_epochs_from(self.log, initial_epoch)
        shown = training.dataset if drawing.is_given_data(training.gan) else None
        monitor = self._watching_health(training, epochs) if health else []
        watchers = [
            guard,
            interruption,
            callbacks.TracingMonitor(),
            *([] if evaluate is None else [evaluate]),
            callbacks.Tolerant(keras.callbacks.CSVLogger(self.log, append=True)),
            *monitor,
            callbacks.SampleGrid(self.samples, tensorboard=events if tensorboard else None, reference=shown),
            *([callbacks.Tolerant(keras.callbacks.TensorBoard(events))] if tensorboard else []),
            callbacks.LossPlot(self.log, self.losses),
            # Last: they count once everything else of an epoch is on disk, and raise what they could not write.
            *([] if evaluate is None else [self._keeping_best(evaluate)]),
            callbacks.Checkpoints(self.checkpoints, *saving),
        ]
        verbose = 1 if sys.stdout.isatty() else 2  # a bar on a screen, a line an epoch in a file
        further = {"stages": training.stages, "shuffle": False, "verbose": verbose}
        resuming.resume(training.gan, training.dataset, epochs, watchers, **further)
        if guard.terms:
            raise FloatingPointError(
                f"Losses must stay finite. Received: {', '.join(guard.terms)} at step {guard.step}. "
                "The checkpoint holds the last good epoch; try a lower learning rate."
            )

    def _watching_health(self, training: Training, epochs: int) -> list[keras.callbacks.Callback]:
        return [callbacks.HealthMonitor(training.dataset, every=max(1, epochs // 20), path=self.health)]

    def _keeping_best(self, evaluate: callbacks.EvaluateSamples) -> callbacks.Checkpoint:
        first = evaluate.evaluation.metrics[0]
        name = next(iter(first.results))
        mode = "max" if first.results[name] else "min"
        known = logs.values(self.log, f"val_{name}") if self.best.exists() else []
        best = (max if mode == "max" else min)(known, default=None)
        return callbacks.Checkpoint(self.best, f"val_{name}", mode, best)
