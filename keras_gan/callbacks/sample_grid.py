import warnings
from pathlib import Path

import keras
import numpy as np

from keras_gan.arguments import check_whole
from keras_gan.callbacks import sheets
from keras_gan.evaluation.rows import begun, first_rows
from keras_gan.game import drawing
from keras_gan.inputs import Given
from keras_gan.media import pictures
from keras_gan.storage import files
from keras_gan.storage.arrays import read_arrays


class SampleGrid(keras.callbacks.Callback):
    """Shows the same samples after every epoch, so that the pictures show learning and not luck.

    What is shown is what the game's `pictures` names: of a `GAN` the samples of always the same latents; of a game that
    translates always the same sources, each in a row with what is made of it and what it should be.

    Writes into `folder`: `latents.npz` (the inputs, drawn once and used again when a run is resumed), `reference.npz`
    (the same for rows of real data, if the game needs them), `epoch_0001.png` and so on, and at the end of training
    `timeline.gif`, all of them in a row. Of signals that are not pictures, such as sounds, the first eight of the last
    sheet are also there as files, `fake_01.wav` and so on. What cannot be written is a warning; training goes on.

    Args:
        folder: path, made if missing.
        count: int >= 1, signals on the sheet, at most: of a game that shows three things beside each other, a third as
            many rows. Defaults to 64.
        seed: int, seed of the latents. Defaults to 0.
        every: int >= 1, epochs from one grid to the next. Defaults to 1.
        columns: int, signals per row. Defaults to the square root of `count`, rounded up; of a GAN that draws labels to
            the number of its classes, up to 16: each column is a class; of a game that translates to the number of
            things that it shows.
        timeline: bool, write the animation. Defaults to True.
        tensorboard: path or None, folder for TensorBoard's "Images" page (needs the package tensorboardX).
        reference: real data for games that translate, such as validation data: a data set, batches of columns, or a
            dict of arrays. Its first rows are shown. A `GAN` needs none; a resumed run shows those that it has kept.

    Raises:
        ValueError: if `count` or `every` is below 1, the game translates and there is no `reference`, its medium
            cannot be drawn, or what was saved does not fit the model.
        OSError: at the start of training, if `folder` cannot be written to.
        ImportError: if `tensorboard` is given and tensorboardX is missing.

    Example:

    >>> callback = SampleGrid("runs/digits/samples", count=36, every=5)
    """

    def __init__(
        self, folder, count=64, seed=0, every=1, columns=None, timeline=True, tensorboard=None, reference=None
    ):
        super().__init__()
        for argument, value in (("count", count), ("every", every)):
            check_whole(argument, value)
        self.folder = Path(folder)
        self.count = count
        self.seed = seed
        self.every = every
        self.columns = columns
        self.timeline = timeline
        self.tensorboard = tensorboard
        # Read here, before training begins to count the passes over the data.
        self.given = None if reference is None else first_rows(reference, count, "reference")
        self.reference = {}
        self.inputs = None
        self.writer = None

    def on_train_begin(self, logs=None):
        sheets.media_of(self.model)
        self.folder.mkdir(parents=True, exist_ok=True)
        if drawing.is_given_data(self.model):
            self.reference = self._reference()
        self.inputs = self._inputs()
        if self.tensorboard is not None:
            try:
                from tensorboardX import SummaryWriter
            except ImportError as error:
                raise ImportError(
                    "`tensorboard` needs the package tensorboardX. Run: pip install 'keras-gan[tensorboard]'"
                ) from error
            self.writer = SummaryWriter(str(self.tensorboard))

    def _reference(self):
        """Returns the rows of real data that are shown: those that the folder keeps, or the first that were given."""
        path, columns = self.folder / "reference.npz", self.model.columns()
        media = {name: column.medium for name, column in columns.items()}
        if not path.exists():
            if self.given is None:
                raise ValueError(
                    f"This game translates: its pictures need rows of {list(columns)}. Received: reference=None. "
                    "Pass a data set or a dict of arrays: `SampleGrid(folder, reference=...)`."
                )
            rows = {k: v[: max(1, self.count // len(self.model.pictures))] for k, v in self.given.items()}
            rows = begun(rows, media)
            self.model.as_batch(rows)
            with files.replacing(path) as written:
                np.savez(written, **{name: media[name].finish(values) for name, values in rows.items()})
            self.given = None
        rows = _saved(path, "reference")
        try:
            rows = {name: media[name].begin(values) for name, values in rows.items() if name in media}
            self.model.as_batch(rows)
            if 0 in (lengths := {len(values) for values in rows.values()}) or len(lengths) > 1:
                raise ValueError(f"its columns have {sorted(lengths)} rows.")
        except ValueError as error:
            raise ValueError(
                f"The saved reference must fit the model. Received: {path}: {error} Choose another folder."
            ) from error
        return rows

    def _inputs(self):
        count = len(next(iter(self.reference.values()))) if self.reference else self.count
        inputs, path = drawing.fixed(self.model, count, self.seed, self.reference), self.folder / "latents.npz"
        kinds = drawing.inputs_of(self.model)
        wanted = {name: value for name, value in inputs.items() if not isinstance(kinds[name], Given)}
        if not wanted:
            return inputs
        if not path.exists():
            with files.replacing(path) as written:
                np.savez(written, **wanted)
            return inputs
        saved = _saved(path, "latents")
        own = 1 if not self.reference else 0  # beside a reference there must be as many
        if {k: v.shape[own:] for k, v in saved.items()} != {k: v.shape[own:] for k, v in wanted.items()}:
            raise ValueError(
                f"The saved latents must fit the model. Received: {path} with "
                f"{ {k: v.shape for k, v in saved.items()} }, the model takes "
                f"{ {k: ('count', *v.shape[1:]) for k, v in wanted.items()} }. Choose another folder."
            )
        return {**inputs, **saved}

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every:
            return
        shown = self.model.shown(self.inputs, self.reference)
        sheet = sheets.sheet_of(self.model, shown, self.columns)
        try:
            pictures.save_image(self.folder / f"epoch_{epoch + 1:04d}.png", sheet, parents=False)
            sheets.write_files(self.folder, self.model, shown)
            if self.writer is not None:
                self.writer.add_image("samples", sheet, epoch + 1, dataformats="HWC")
        except OSError as error:
            warnings.warn(
                f"The samples of epoch {epoch + 1} were not written: {error}. Training goes on.", stacklevel=2
            )

    def on_train_end(self, logs=None):
        if self.writer is not None:
            self.writer.close()
        frames = sorted(self.folder.glob("epoch_*.png"))
        if not self.timeline or not frames:
            return
        try:
            write_timeline(frames, self.folder / "timeline.gif")
        except (OSError, ValueError, SyntaxError) as error:  # the latter are Pillow's, of a damaged picture
            warnings.warn(f"The timeline was not written: {error}.", stacklevel=2)


def _saved(path, what):
    try:
        return read_arrays(path)
    except ValueError as error:
        raise ValueError(f"The saved {what} must be readable. Received: {path}: {error}.") from error


def write_timeline(frames, path, most=100, seconds=8.0):
    """Writes an animated GIF of image files; the last one stays for two seconds.

    Args:
        frames: list of paths, in order.
        path: where to write.
        most: int, frames at most; of more, evenly spaced ones are taken, first and last included.
        seconds: float, length of the animation, at most 0.5 s a frame.
    """
    from PIL import Image

    chosen = [frames[i] for i in np.unique(np.linspace(0, len(frames) - 1, most).round().astype(int))]
    pictures_ = [Image.open(frame).convert("RGB").quantize(128) for frame in chosen]
    duration = int(1000 * min(0.5, seconds / len(chosen)))
    with files.replacing(path) as written:
        pictures_[0].save(
            written,
            save_all=True,
            append_images=pictures_[1:],
            duration=[duration] * (len(chosen) - 1) + [2000],
            loop=0,
        )
