import warnings
from pathlib import Path

import keras
import numpy as np

from keras_gan.media import pictures
from keras_gan.storage import files
from keras_gan.storage.arrays import read_arrays


class SampleGrid(keras.callbacks.Callback):
    """Draws the same latents after every epoch, so that the pictures show learning and not luck.

    Writes into `folder`: `latents.npz` (the inputs, drawn once and used again when a run is resumed),
    `epoch_0001.png` and so on, and at the end of training `timeline.gif`, all of them in a row. A picture that cannot
    be written is a warning; training goes on.

    Args:
        folder: path, made if missing.
        count: int >= 1, images in the grid. Defaults to 64.
        seed: int, seed of the latents. Defaults to 0.
        every: int >= 1, epochs from one grid to the next. Defaults to 1.
        columns: int, images per row. Defaults to the square root of `count`, rounded up; of a GAN with labels to the
            number of its classes, up to 16: each column is a class.
        timeline: bool, write the animation. Defaults to True.
        tensorboard: path or None, folder for TensorBoard's "Images" page (needs the package tensorboardX).

    Raises:
        ValueError: if `count` or `every` is below 1, or saved latents do not fit the model.
        OSError: at the start of training, if `folder` cannot be written to.
        ImportError: if `tensorboard` is given and tensorboardX is missing.

    Example:

    >>> callback = SampleGrid("runs/digits/samples", count=36, every=5)
    """

    def __init__(self, folder, count=64, seed=0, every=1, columns=None, timeline=True, tensorboard=None):
        super().__init__()
        for argument, value in (("count", count), ("every", every)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"`{argument}` must be a whole number >= 1. Received: {argument}={value!r}.")
        self.folder = Path(folder)
        self.count = count
        self.seed = seed
        self.every = every
        self.columns = columns
        self.timeline = timeline
        self.tensorboard = tensorboard
        self.inputs = None
        self.writer = None

    def on_train_begin(self, logs=None):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.inputs = self._inputs()
        if self.tensorboard is not None:
            try:
                from tensorboardX import SummaryWriter
            except ImportError as error:
                raise ImportError(
                    "`tensorboard` needs the package tensorboardX. Run: pip install 'keras-gan[tensorboard]'"
                ) from error
            self.writer = SummaryWriter(str(self.tensorboard))

    def _inputs(self):
        wanted, path = self.model.fixed_inputs(self.count, self.seed), self.folder / "latents.npz"
        if not path.exists():
            with files.replacing(path) as written:
                np.savez(written, **wanted)
            return wanted
        try:
            inputs = read_arrays(path)
        except ValueError as error:
            raise ValueError(f"The saved latents must be readable. Received: {path}: {error}.") from error
        if {k: v.shape[1:] for k, v in inputs.items()} != {k: v.shape[1:] for k, v in wanted.items()}:
            raise ValueError(
                f"The saved latents must fit the model. Received: {path} with "
                f"{ {k: v.shape for k, v in inputs.items()} }, the model takes "
                f"{ {k: ('count', *v.shape[1:]) for k, v in wanted.items()} }. Choose another folder."
            )
        return inputs

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every:
            return
        classes = self.model.num_classes or 0
        columns = self.columns or (classes if 1 < classes <= 16 else None)
        sheet = pictures.grid(self.model.sample(inputs=self.inputs), columns)
        try:
            pictures.save_image(self.folder / f"epoch_{epoch + 1:04d}.png", sheet, parents=False)
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
