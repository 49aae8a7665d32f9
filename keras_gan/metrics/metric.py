from typing import NamedTuple

from keras_gan.configurable import Configurable
from keras_gan.metrics.statistics import Rows, check_features


class Estimate(NamedTuple):
    """A value and, where the protocol repeats the measurement, the standard deviation of its parts."""

    value: float
    deviation: float | None = None


class Metric(Configurable):
    """Base of the scores: statistics of the reals and of the fakes in, numbers out.

    A metric knows neither GANs nor images: it reads columns that an extractor made, and does all arithmetic in
    float64. `statistics()` gives an empty object to fill, once for reals and once for fakes; `value(real, fake)` gives
    the results.

    Attributes:
        name: str, snake case of the class, the key in logs and on the command line.
        columns: tuple of str, what it reads, in the order of `update`: "features" `(count, width)`, "logits"
            `(count, classes)`, "image" uint8 `(count, height, width, channels)`, "label" integers `(count,)`.
        results: {name of a result: whether higher is better, or None when neither is}, the first being the main one.
        needs_real: bool, whether `value` looks at the reals.
        takes_held_out: bool, whether `value` also takes `held_out`, statistics of reals that were not trained on.
    """

    name = ""
    columns = ("features",)
    results = {}
    needs_real = True
    takes_held_out = False

    def statistics(self):
        """Returns an empty `Statistics` object of the kind that `value` takes."""
        return Rows()

    def value(self, real, fake):
        """Returns {result: Estimate} from filled statistics; `real` is None unless `needs_real`."""
        raise TypeError(f"{type(self).__name__} must define `value(real, fake)`.")

    def floor(self, real, fake_count):
        """Returns {result: float}, what a perfect generator is expected to get with so few samples, where known."""
        return {}

    def protocol(self):
        """Returns what makes two numbers of this metric comparable, besides the extractor: {setting: value}."""
        return self.get_config()

    def __call__(self, real, fake):
        """Returns the main result for two arrays of what `columns` names, as a float; real=None if not needed."""
        kept = []
        for samples, needed in ((real, self.needs_real), (fake, True)):
            kept.append(self.statistics() if needed else None)
            if needed:
                kept[-1].update(check_features(samples) if self.columns == ("features",) else samples)
        return self.value(*kept)[next(iter(self.results))].value
