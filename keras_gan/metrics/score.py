import dataclasses
import json
from typing import Any

from keras_gan.storage.texts import parse_json


@dataclasses.dataclass(frozen=True)
class Score:
    """A number with everything that decides it.

    Two scores compare (`<`, `-`) only when their protocols agree; otherwise that is an error which names the
    difference. `seeds` and `versions` are told, but may differ.

    Args:
        name: what it is called: "FID" for the Fréchet distance in the published Inception features only,
            "FCD-mnist-v1" for that in a committed classifier's, and so on.
        value: the number.
        protocol: {setting: value}: metric and its settings, extractor, hash of its weights, resize, quantisation,
            data, split, number of reals and fakes. Plain JSON values.
        deviation: standard deviation over the parts of one measurement (subsets, splits), or None.
        expected_floor: what a perfect generator is expected to get with as many samples, in closed form, or None.
        real_floor: the same measurement with other real images, `n_held_out` of them, in place of the fakes, or None.
        higher_is_better: bool, or None when neither direction is better.
        seeds: {what: seed}.
        versions: {package: version}.

    Example:

    >>> first = Score("FCD-mnist-v1", 4.75, {"n_real": 10000, "n_fake": 10000}, higher_is_better=False)
    >>> second = Score("FCD-mnist-v1", 5.25, {"n_real": 10000, "n_fake": 5000}, higher_is_better=False)
    >>> first - second
    Traceback (most recent call last):
        ...
    ValueError: Scores compare only under one protocol. Received: n_fake 10000 and 5000.
    """

    name: str
    value: float
    protocol: dict[str, Any]
    deviation: float | None = None
    expected_floor: float | None = None
    real_floor: float | None = None
    higher_is_better: bool | None = None
    seeds: dict[str, Any] = dataclasses.field(default_factory=dict)
    versions: dict[str, str] = dataclasses.field(default_factory=dict)

    def differences(self, other: "Score") -> dict[str, tuple]:
        """Returns {setting: (own, other's)} of all that keeps two scores from being compared."""
        own, others = ({"name": score.name, **score.protocol} for score in (self, other))
        return {key: (own.get(key), others.get(key)) for key in {**own, **others} if own.get(key) != others.get(key)}

    def _check_comparable(self, other: "Score") -> None:
        if different := self.differences(other):
            listed = ", ".join(f"{key} {a} and {b}" for key, (a, b) in different.items())
            raise ValueError(f"Scores compare only under one protocol. Received: {listed}.")

    def __sub__(self, other: "Score") -> float:
        self._check_comparable(other)
        return self.value - other.value

    def __lt__(self, other: "Score") -> bool:
        return self - other < 0

    def __gt__(self, other: "Score") -> bool:
        return self - other > 0

    def better_than(self, other: "Score") -> bool:
        """Tells whether this score is the better one.

        Raises:
            ValueError: if the protocols differ, or neither direction is better.
        """
        if self.higher_is_better is None:
            raise ValueError(f"{self.name} has no better direction. Compare the values.")
        return self > other if self.higher_is_better else self < other

    def to_json(self) -> str:
        """Returns everything as JSON text."""
        return json.dumps(dataclasses.asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Score":
        """Makes a score from `to_json`'s text.

        Raises:
            ValueError: if the text is not that of a score.
        """
        try:
            return cls(**parse_json(text))
        except (TypeError, ValueError) as error:
            raise ValueError(f"A score's JSON was expected. Received: {error}.") from error

    def __str__(self) -> str:
        lines = [f"{self.name} = {self.value:.6g}" + ("" if self.deviation is None else f" +- {self.deviation:.3g}")]
        floors = {"expected floor": self.expected_floor, "real against real": self.real_floor}
        lines += [f"  {name}: {value:.6g}" for name, value in floors.items() if value is not None]
        told = {**self.protocol, **{f"seed of {k}": v for k, v in self.seeds.items()}, **self.versions}
        return "\n".join(lines + [f"  {name}: {value}" for name, value in told.items()])
