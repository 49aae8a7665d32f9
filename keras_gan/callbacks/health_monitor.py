import contextlib
import itertools
import warnings
from pathlib import Path

import keras
import numpy as np
from keras import ops

from keras_gan import _backend, health
from keras_gan.callbacks.stop_on_nan import bad_terms
from keras_gan.game.step import gradient_norms
from keras_gan.media import to_uint8

ACTIONS = ("tell", "stop", "roll_back")


class HealthMonitor(keras.callbacks.Callback):
    """Says in words when the game has gone wrong: collapse, one player winning, gradients, NaN, copied training images.

    After an epoch it looks at the samples of always the same latents, at the discriminator's logits for them and for
    reals, and at the gradients of both players. Five checks give a verdict of one line each. A check that is bad
    `patience` times in a row is an alarm: it is printed when it begins, and what `on_alarm` says is done. Numbers go
    into the epoch's logs as `health_...`, all lines into a file if one is named.

    Args:
        reals: what the GAN is trained on: the data set given to `fit`, batches of it (arrays, tuples or dicts), or a
            uint8 array. The first `count` images are kept.
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
    >>> callback.real.shape
    (256, 8, 8, 1)
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
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ValueError(f"`{name}` must be a whole number >= {least}. Received: {name}={value!r}.")
        if on_alarm not in ACTIONS:
            raise ValueError(f"`on_alarm` must be one of {ACTIONS}. Received: on_alarm={on_alarm!r}.")
        if on_alarm == "roll_back" and checkpoint is None:
            raise ValueError("`on_alarm='roll_back'` needs a `checkpoint` to go back to. Received: checkpoint=None.")
        self.batch = first_images(reals, count)
        self.real = to_uint8(self.batch["image"])
        self.count = len(self.real)
        self.extractor = extractor
        self.every = every
        self.warm_up = warm_up
        self.patience = patience
        self.on_alarm = on_alarm
        self.checkpoint = checkpoint
        self.path = None if path is None else Path(path)
        self.seed = seed
        self.real_features = self._features(self.real)
        self._forget()

    def _features(self, images):
        return None if self.extractor is None else np.asarray(self.extractor(images)["features"])

    def on_train_begin(self, logs=None):
        self._forget()
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

    def look(self, logs=None):
        """Takes the measurements of one moment, a `keras_gan.health.Moment`. Nothing in the GAN moves."""
        gan = self.model
        inputs = {name: ops.convert_to_tensor(v) for name, v in gan.fixed_inputs(self.count, self.seed).items()}
        batch = {name: ops.convert_to_tensor(v) for name, v in self.batch.items()}
        with _backend.frozen():
            fake = gan.generate(inputs, training=True)
            judged = [
                gan.discriminate({**context, "image": images})
                for images, context in ((batch["image"], batch), (fake, inputs))
            ]
        # A logit may be infinite while all weights are finite.
        logits = [np.nan_to_num(ops.convert_to_numpy(outputs["logits"])) for outputs in judged]
        images = to_uint8(np.nan_to_num(ops.convert_to_numpy(fake)))
        bad = bad_terms(logs) + [
            v.path for v in gan.trainable_variables if not np.isfinite(ops.convert_to_numpy(v)).all()
        ]
        found = {} if bad else gradient_norms(gan, batch)
        moment = health.Moment(
            self.real, images, self.real_features, self._features(images), *logits, found, list(self.past), bad
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


def first_images(reals, count):
    """Returns the first images (and labels) of a source as one batch, {"image": float32 in [-1, 1], ...}.

    Raises:
        ValueError: if there are fewer than 16.
    """
    if isinstance(reals, np.ndarray):
        reals = [reals[:count]]
    parts, found = [], 0
    length = len(reals) if isinstance(reals, keras.utils.PyDataset) else None
    for part in itertools.islice(reals, length):
        if not isinstance(part, dict):
            part = dict(zip(("image", "label"), part if isinstance(part, tuple) else (part,), strict=False))
        parts.append({name: np.asarray(value) for name, value in part.items()})
        found += len(parts[-1]["image"])
        if found >= count:
            break
    if found < 16:
        raise ValueError(f"`reals` must hold at least 16 images. Received: {found}.")
    batch = {name: np.concatenate([part[name] for part in parts])[:count] for name in parts[0]}
    image = batch["image"]
    return {**batch, "image": (image / 127.5 - 1 if image.dtype == "uint8" else image).astype("float32")}
