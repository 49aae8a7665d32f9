"""What tells that a game has gone wrong: measurements of one moment, and verdicts on them in words."""

from typing import NamedTuple

import numpy as np
from sklearn.metrics import roc_auc_score

from keras_gan.metrics.memorization import Memorization

# Where healthy games end, from those of `scripts/learning/health.py`; each is commented with what they show.
LEAST_DIVERSITY = 0.5  # of the reals' mean distance: from the first epoch on above 0.7
MOST_DUPLICATES = 0.5  # share of fakes nearer to another fake than 1% of the reals are to each other: below 0.2
SURE = 0.98  # AUC: below 0.85 after the first epochs
FOOLED = 0.2  # AUC: above 0.4
LEAST_GRADIENT, MOST_GRADIENT = 1e-7, 30.0  # absolute, and as a multiple of the median so far
MOST_COPIED = 0.5  # share of fakes nearer to a real than 5% of the reals are to each other: below 0.25


class Moment(NamedTuple):
    """One moment of a game.

    Attributes:
        real, fake: arrays `(count, *shape)` as people hold them, of pictures uint8 `(count, height, width, channels)`;
            the fakes of the same inputs each time.
        real_features, fake_features: `(count, width)`, or None.
        logits: {duel: (logits for reals, logits for fakes)}, the judge's, of any shape.
        gradients: {player: norm of its gradient}.
        past: list of such dicts, of the moments before.
        bad: list of names of logged values and weights that are not finite.
        unit: str, what the numbers of a signal are called. Defaults to "pixels".
        translated: bool, whether the fakes are translations of real data. They then should be close to it: nothing is
            said of memorization. Defaults to False.
    """

    real: np.ndarray
    fake: np.ndarray
    real_features: np.ndarray | None
    fake_features: np.ndarray | None
    logits: dict
    gradients: dict
    past: list
    bad: list
    unit: str = "pixels"
    translated: bool = False


class Verdict(NamedTuple):
    """What one check says.

    Attributes:
        check: str, its name.
        bad: bool.
        text: str, one line in words.
        values: {name: float}, for the logs.
    """

    check: str
    bad: bool
    text: str
    values: dict


def verdicts(moment):
    """Returns the `Verdict` of each check: finite, diversity, balance (of each duel), gradients, memorization.

    Args:
        moment: a `Moment`. Where something is not finite, the other checks have nothing to look at.
    """
    first = finite(moment)
    if first.bad:
        return [first]
    copies = [] if moment.translated else [memorization(moment)]
    return [first, diversity(moment), *balance(moment), gradients(moment), *copies]


def finite(moment):
    """Losses and weights must be finite."""
    text = f"not finite: {', '.join(moment.bad[:3])}" if moment.bad else "all losses and weights are finite"
    return Verdict("finite", bool(moment.bad), text, {})


def diversity(moment):
    """Mode collapse: fakes of different inputs lie closer together than reals do, in pixels or in features.

    Translations of different sources are compared so, too: a translator that makes one picture of all has collapsed.
    """
    spaces = {moment.unit: (moment.real, moment.fake)}
    if moment.real_features is not None:
        spaces["features"] = (moment.real_features, moment.fake_features)
    ratios, duplicates = {}, 0.0
    for name, (real, fake) in spaces.items():
        of_reals, of_fakes = distances(real), distances(fake)
        ratios[name] = float(
            of_fakes[np.triu_indices(len(of_fakes), 1)].mean() / of_reals[np.triu_indices(len(of_reals), 1)].mean()
        )
        duplicates = max(duplicates, float(np.mean(of_fakes.min(axis=1) <= np.quantile(of_reals.min(axis=1), 0.01))))
    told = ", ".join(f"{ratio:.2f} in {name}" for name, ratio in ratios.items())
    bad = min(ratios.values()) < LEAST_DIVERSITY or duplicates > MOST_DUPLICATES
    text = f"differences between samples are {told} of those between reals, {duplicates:.0%} are near-duplicates"
    values = {**{f"diversity_{name}": ratio for name, ratio in ratios.items()}, "duplicates": duplicates}
    return Verdict("diversity", bad, f"mode collapse: {text}" if bad else text, values)


def distances(rows):
    """Returns the Euclidean distances between all rows, float64 `(count, count)`, infinite between a row and itself."""
    flat = np.asarray(rows, "float64").reshape(len(rows), -1)
    squares = np.sum(flat**2, axis=1)
    found = np.sqrt(np.maximum(squares[:, None] + squares - 2 * flat @ flat.T, 0.0))
    np.fill_diagonal(found, np.inf)
    return found


def balance(moment):
    """Returns the `Verdict` on each duel: its judge wins when it is sure of every signal, and loses when it ranks fakes
    above reals. Where there are several duels, the names of checks and values end in theirs.
    """
    several = len(moment.logits) > 1
    return [
        _balance(*logits, f"_{duel}" if several else "", f" of {duel!r}" if several else "")
        for duel, logits in moment.logits.items()
    ]


def _balance(real, fake, suffix, whose):
    real, fake = (np.asarray(logits, "float64").reshape(len(logits), -1).mean(axis=1) for logits in (real, fake))
    margin, both = float(real.mean() - fake.mean()), np.concatenate([real, fake])
    auc = float(roc_auc_score(np.repeat([1, 0], [len(real), len(fake)]), both))
    check, judge, values = f"balance{suffix}", f"the discriminator{whose}", {f"auc{suffix}": auc}
    text = f"{judge} tells reals from samples with an AUC of {auc:.3f} and a margin of {margin:.2g}"
    if np.ptp(both) < 1e-6 * max(1.0, np.abs(both).max()):
        return Verdict(check, True, f"{judge} is dead: it gives every image the same logit", values)
    bad = auc > SURE or auc < FOOLED
    who = f"{judge} {'wins' if auc > SURE else 'loses'}: " if bad else ""
    return Verdict(check, bad, who + text, values)


def gradients(moment):
    """Gradients that vanish, or grow beyond what they were."""
    wrong = []
    for player, norm in moment.gradients.items():
        before = [past[player] for past in moment.past if np.isfinite(past.get(player, np.nan))]
        usual = float(np.median(before)) if before else norm
        if not np.isfinite(norm):
            wrong.append(f"that of the {player} is not finite")
        elif norm < LEAST_GRADIENT:
            wrong.append(f"that of the {player} vanishes ({norm:.1e})")
        elif norm > MOST_GRADIENT * max(usual, LEAST_GRADIENT):  # a dead player's median is 0
            wrong.append(f"that of the {player} explodes ({norm:.2g}, its median so far {usual:.2g})")
    told = ", ".join(f"{player} {norm:.2g}" for player, norm in moment.gradients.items())
    values = {f"gradient_{player}": norm for player, norm in moment.gradients.items()}
    return Verdict(
        "gradients", bool(wrong), f"gradients: {'; '.join(wrong)}" if wrong else f"gradient norms: {told}", values
    )


def memorization(moment):
    """Samples that lie closer to training images than training images to each other."""
    metric = Memorization()
    real, fake = metric.statistics(), metric.statistics()
    pairs = (moment.real, moment.fake) if moment.real_features is None else (moment.real_features, moment.fake_features)
    for kept, rows in zip((real, fake), pairs, strict=True):
        kept.update(np.asarray(rows, "float64").reshape(len(rows), -1))
    copied = metric.value(real, fake)["copied_share"].value
    text = f"{copied:.0%} of the samples lie as near to a training image as 5% of the training images to each other"
    bad = copied > MOST_COPIED
    return Verdict("memorization", bad, f"training images are copied: {text}" if bad else text, {"copied": copied})
