import contextlib
import warnings
from pathlib import Path

import keras
import numpy as np
from keras import ops

from keras_gan import _backend, health
from keras_gan.arguments import check_whole
from keras_gan.callbacks.stop_on_nan import bad_terms
from keras_gan.evaluation.rows import begun, first_rows
from keras_gan.game import drawing, step
from keras_gan.inputs import Given
from keras_gan.media import Images

ACTIONS = ("tell", "stop", "roll_back")


class HealthMonitor(keras.callbacks.Callback):
    """Says in words when the game has gone wrong: collapse, one player winning, gradients, NaN, copied training images.

    After an epoch it looks at the samples of always the same latents, at the judges' logits for them and for reals, and
    at the gradients of the players that move. Five checks give a verdict of one line each, that of the balance one for
    each duel. A check that is bad `patience` times in a row is an alarm: it is printed when it begins, and what
    `on_alarm` says is done. Numbers go into the epoch's logs as `health_...`, all lines into a file if one is named.

    Samples are the first of the game's `pictures` that is made, compared with the reals of its column. Of a game that
    translates they are translations of the first rows of `reals`: diversity is that of the reals they should look like,
    and the check for copied training images is left out, since a good translation of a training source is near one.

    Args:
        reals: what the game is trained on: the data set given to `fit`, batches of it (arrays, tuples or dicts), or a
            uint8 array. The first `count` rows are kept.
        count: int >= 16, reals and samples compared. Defaults to 256.
        extractor: a `keras_gan.features.Extractor`, to compare in its features too, or None for pixels only.
        every: int >= 1, epochs from one look to the next; there is one after the first, too. Defaults to 1.
        warm_up: int >= 0, looks at the start that cannot alarm, save for what is not finite: first samples are all
            alike, and any discriminator tells them. Defaults to 2.
        patience: int >= 1, bad looks in a row that make an alarm. Defaults to 3.
        on_alarm: `"tell"`, `"stop"` (ends training), or `"roll_back"` (loads `checkpoint`, with half of every learning
            rate that is a number, the next time a quarter, then an eighth, and stops after that). Defaults to `"tell"`.
        checkpoint: path of a `.keras` file to roll back to, such as the best that `Checkpoint` keeps.
        path: file to which each look's lines are added, or None.
        seed: int, of the latents. Defaults to 0.

    Attributes:
        verdicts: list of `keras_gan.health.Verdict`, of the last look.
        alarms: list of (epoch from 1, name of the check, text), over the training.

    Raises:
        ValueError: for an argument out of range, or `"roll_back"` without a checkpoint.

    Example:

    >>> import keras_gan as kg
    >>> train = kg.data.images("digits", batch_size=64)
    >>> callback = HealthMonitor(train, extractor=kg.metrics.features.ClassifierFeatures("digits"))
    >>> callback.count
    256
    """

    def __init__(
        self,
        reals,
        count=256,
        extractor=None,
        every=1,
        warm_up=2,
        patience=3,
        on_alarm="tell",
        checkpoint=None,
        path=None,
        seed=0,
    ):
        super().__init__()
        for name, value, least in (
            ("count", count, 16),
            ("every", every, 1),
            ("warm_up", warm_up, 0),
            ("patience", patience, 1),
        ):
            check_whole(name, value, least)
        if on_alarm not in ACTIONS:
            raise ValueError(f"`on_alarm` must be one of {ACTIONS}. Received: on_alarm={on_alarm!r}.")
        if on_alarm == "roll_back" and checkpoint is None:
            raise ValueError("`on_alarm='roll_back'` needs a `checkpoint` to go back to. Received: checkpoint=None.")
        self.rows = first_rows(reals, count, "reals", least=16)
        self.count = len(next(iter(self.rows.values())))
        self.extractor = extractor
        self.every = every
        self.warm_up = warm_up
        self.patience = patience
        self.on_alarm = on_alarm
        self.checkpoint = checkpoint
        self.path = None if path is None else Path(path)
        self.seed = seed
        self.compared = self.real = self.real_features = None
        self._forget()

    def _features(self, images):
        return None if self.extractor is None else np.asarray(self.extractor(images)["features"])

    def on_train_begin(self, logs=None):
        self._forget()
        self._know(self.model)
        if self.path is not None:
            with contextlib.suppress(OSError):  # the first look tells
                self.path.parent.mkdir(parents=True, exist_ok=True)

    def _forget(self):
        self.verdicts, self.alarms, self.past, self.values = [], [], [], {}
        self.looks, self.rolled_back, self.in_a_row, self.alarming = 0, 0, {}, set()

    def on_epoch_end(self, epoch, logs=None):
        if not self.values or (epoch + 1) % self.every == 0:
            self.verdicts = health.verdicts(self.look(logs))
            self.looks += 1
            self._report(epoch)
        if logs is not None and self.values:
            logs.update(self.values)

    def _know(self, game):
        """Finds what is compared with what, and keeps the reals as people hold them."""
        columns = game.columns()
        media = {name: column.medium for name, column in columns.items()}
        made = [(name, column) for name, column in game.pictures.items() if name not in columns]
        if not made:
            raise ValueError(
                f"A game that is watched must show something that it makes. Received: pictures={game.pictures}. Add "
                "what `make` returns, such as {'fake': 'image'}."
            )
        self.compared = made[0]
        self.rows = begun(self.rows, media)
        game.as_batch(self.rows)
        self.medium = media[self.compared[1]]
        self.real = self.medium.finish(self.rows[self.compared[1]])
        self.real_features = self._features(self.real)

    def look(self, logs=None):
        """Takes the measurements of one moment, a `keras_gan.health.Moment`. Nothing in the game moves."""
        game, to_numpy = self.model, ops.convert_to_numpy
        inputs = drawing.fixed(game, self.count, self.seed, self.rows)
        batch = game.as_batch({name: ops.convert_to_tensor(v) for name, v in self.rows.items()})
        with _backend.frozen():
            inputs = {name: ops.convert_to_tensor(v) for name, v in inputs.items()}
            round = step.validation_round(game, batch, inputs, training=True)
        # A logit may be infinite while all weights are finite.
        logits = {
            duel: tuple(np.nan_to_num(to_numpy(side["logits"])) for side in sides)
            for duel, sides in round.outputs.items()
        }
        fake = self.medium.finish(np.nan_to_num(to_numpy(round[self.compared[0]])))
        bad = bad_terms(logs) + [v.path for v in game.trainable_variables if not np.isfinite(to_numpy(v)).all()]
        found = {} if bad else step.gradient_norms(game, batch)
        moment = health.Moment(
            self.real,
            fake,
            self.real_features,
            self._features(fake),
            logits,
            found,
            list(self.past),
            bad,
            "pixels" if isinstance(self.medium, Images) else "values",
            any(isinstance(each, Given) for each in game.generator_called().inputs.values()),
        )
        if found:
            self.past.append(found)
        return moment

    def _report(self, epoch):
        lines, raised, new = [], [], []
        for verdict in self.verdicts:
            row = self.in_a_row[verdict.check] = self.in_a_row.get(verdict.check, 0) + 1 if verdict.bad else 0
            alarm = verdict.bad and (verdict.check == "finite" or (row >= self.patience and self.looks > self.warm_up))
            state = "ALARM" if alarm else "watch" if verdict.bad else "ok"
            lines.append(f"epoch {epoch + 1}, {verdict.check}: {state}, {verdict.text}")
            if alarm:
                raised.append(lines[-1])
                new += [] if verdict.check in self.alarming else [lines[-1]]
                self.alarms.append((epoch + 1, verdict.check, verdict.text))
            self.values.update({f"health_{name}": value for name, value in verdict.values.items()})
        self.values["health_alarms"] = float(len(raised))
        self._write(lines)
        self.alarming = {verdict.check for verdict in self.verdicts if any(f" {verdict.check}:" in r for r in raised)}
        for line in new:
            print(f"\nHealth, {line}.", flush=True)
        if raised:
            self._act()

    def _write(self, lines):
        if self.path is None:
            return
        try:
            with open(self.path, "a") as file:
                file.writelines(f"{line}\n" for line in lines)
        except OSError as error:
            warnings.warn(f"The verdicts were not written: {error}. Training goes on.", stacklevel=2)

    def _act(self):
        if self.on_alarm == "roll_back" and Path(self.checkpoint).exists() and self.rolled_back < 3:
            self.rolled_back += 1
            self.in_a_row, self.alarming = {}, set()
            self.model.load_weights(self.checkpoint)
            for optimizer in self.model.optimizer.optimizers:
                if isinstance(optimizer.get_config()["learning_rate"], float):  # no schedule of Keras's
                    optimizer.learning_rate = float(optimizer.learning_rate.numpy()) / 2**self.rolled_back
            divided = 2**self.rolled_back
            print(f"Health: went back to {self.checkpoint}, with its learning rates over {divided}.", flush=True)
        elif self.on_alarm != "tell":
            self.model.stop_training = True
            print("Health: training stops.", flush=True)
