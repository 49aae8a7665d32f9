import math
import warnings
from pathlib import Path

import keras

from keras_gan.storage import files
from keras_gan.storage.logs import is_score, number, read_rows


class LossPlot(keras.callbacks.Callback):
    """Plots a log written by `keras.callbacks.CSVLogger` when training ends: losses, probabilities, and scores if any.

    Args:
        log: path of the CSV file.
        path: path of the picture, PNG or SVG.

    Example:

    >>> callbacks = [keras.callbacks.CSVLogger("log.csv", append=True), LossPlot("log.csv", "losses.png")]
    """

    def __init__(self, log, path):
        super().__init__()
        self.log = Path(log)
        self.path = Path(path)

    def on_train_end(self, logs=None):
        if not self.log.exists():
            return
        try:
            plot_log(self.log, self.path)
        except (OSError, ValueError) as error:
            warnings.warn(f"The plot of the losses was not written: {error}.", stacklevel=2)


def plot_log(log, path):
    """Draws the columns of a CSV log over its epochs.

    Args:
        log: CSV file with a column `epoch` and one per logged value.
        path: picture to write.
    """
    from matplotlib.figure import Figure

    rows = read_rows(log)
    if not rows:
        return
    epochs = [int(row["epoch"]) + 1 for row in rows]
    # CSVLogger keeps a column for every validation value, "NA" where there is no validation.
    curves = {name: [number(row[name]) for row in rows] for name in rows[0] if name and name != "epoch"}
    curves = {name: values for name, values in curves.items() if any(math.isfinite(value) for value in values)}
    scored = [name for name in curves if is_score(name, curves)]
    figure = Figure(figsize=(8, 9 if scored else 6), layout="constrained")
    above, below, *scores = axes = figure.subplots(3 if scored else 2, sharex=True)
    for name, values in curves.items():
        axis = scores[0] if name in scored else below if name.endswith("probability") else above
        axis.plot(epochs, values, label=name.replace("_", " "))
    above.set_ylabel("loss")
    below.set_ylabel("mean probability of being real")
    below.set_ylim(0, 1)
    if scored:
        scores[0].set_ylabel("score")
        scores[0].set_yscale("symlog", linthresh=1.0)  # distances beside shares
    axes[-1].set_xlabel("epoch")
    for axis in axes:
        axis.grid(alpha=0.3)
        if axis.lines:
            axis.legend(fontsize="small")
    with files.replacing(path) as written:
        figure.savefig(written, dpi=120)
