import itertools

import numpy as np

from keras_gan.arguments import check_whole
from keras_gan.metrics.metric import Estimate, Metric


class ClassifierScore(Metric):
    """How sure a classifier is of each fake and how varied its answers are: the Inception score, with Inception.

    `exp(mean_i sum_c p(c|x_i) (log p(c|x_i) - log q(c)))`, where p is the softmax of the logits and q its mean over the
    split. From 1, all answers alike, to the number of classes, sure answers evenly over all. The fakes are shuffled and
    cut into `splits` parts, of `count i // splits` to `count (i + 1) // splits`; the result is the mean of the parts'
    scores, with their standard deviation (over `splits`). It sees neither reals nor what a class looks like inside.

    The published scores use Inception's logits without their bias.

    Args:
        splits: number of parts, from 1. Defaults to 10, as published. With 1 there is no deviation.
        seed: seed of the shuffle, of NumPy's `RandomState`, or None for the order as it is (which the first published
            scores used). Defaults to 2020, torch-fidelity's.

    Raises:
        ValueError: if `splits` is below 1; by `value`, if there are fewer fakes than splits.

    Reference:
        Salimans et al. 2016, arXiv:1606.03498, section 4. Barratt and Sharma 2018, arXiv:1801.01973, on its limits.

    Example:

    >>> import numpy as np
    >>> sure_and_varied, undecided = 50.0 * np.eye(3), np.zeros((3, 3))
    >>> metric = ClassifierScore(splits=1)
    >>> round(metric(None, sure_and_varied), 6), round(metric(None, undecided), 6)
    (3.0, 1.0)
    """

    name = "classifier_score"
    columns = ("logits",)
    results = {"classifier_score": True}
    needs_real = False

    def __init__(self, splits=10, seed=2020):
        check_whole("splits", splits)
        self.splits, self.seed = splits, seed

    def get_config(self):
        return {"splits": self.splits, "seed": self.seed}

    def value(self, real, fake):
        logits = fake.column(0)
        if logits.ndim != 2:
            raise ValueError(f"Logits must be an array (count, classes). Received: shape {logits.shape}.")
        count = len(logits)
        if count < self.splits:
            raise ValueError(
                f"`splits={self.splits}` needs at least {self.splits} fakes. Received: {count}. Use splits=1."
            )
        order = np.arange(count)
        if self.seed is not None:
            # The published shuffle is this generator's.
            order = np.random.RandomState(self.seed).permutation(count)
        edges = [part * count // self.splits for part in range(self.splits + 1)]
        scores = [_score(logits[order[start:stop]]) for start, stop in itertools.pairwise(edges)]
        return {
            "classifier_score": Estimate(float(np.mean(scores)), float(np.std(scores)) if self.splits > 1 else None)
        }


def _score(logits):
    logits = logits.astype("float64")
    logits -= logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    p = np.exp(log_p)
    mean = p.mean(axis=0)
    # A class that underflows to 0 for every image adds 0 log 0 = 0.
    log_mean = np.log(mean, out=np.zeros_like(mean), where=mean > 0)
    return np.exp(np.sum(p * (log_p - log_mean), axis=1).mean())
