from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Duel(NamedTuple):
    """One judgement: which network judges, what it takes for real, what it is shown as fake, and what it sees besides.

    Names are those of a round: columns of the batch, inputs, and what the game's `make` returns.

    Attributes:
        judge: str, name of the game's attribute that holds the judging network.
        real: what is real: a name, or {input of the judge: name} for a judge that sees several things that differ.
        fake: the same of what is fake.
        context: names of what the judge sees besides, the same for real and fake, such as `("source",)`. They are also
            the names of its inputs.
        against: str, the player that wants the fakes to be taken for real.
        history: function of the fakes, which returns what the judge is shown in their place in its own updates: such as
            a `keras_gan.layers.ImagePool`, which mixes fakes of earlier steps among them. Defaults to None, the fakes
            themselves.
        exchanged: bool, whether that player makes what is real, too, as the encoder of a BiGAN does. It then minimises
            the judge's own loss with reals and fakes exchanged. Defaults to False.
    """

    judge: str
    real: str | Mapping[str, str]
    fake: str | Mapping[str, str]
    context: tuple = ()
    against: str = "generator"
    history: Callable[[Any], Any] | None = None
    exchanged: bool = False

    @property
    def shown(self) -> tuple[dict[str, str], dict[str, str]]:
        """{input of the judge: name} of the reals and of the fakes, without the context."""
        if isinstance(self.real, str):
            return {self.real: self.real}, {self.real: self.fake}
        return dict(self.real), dict(self.fake)

    def seen(self, round: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Returns {input of the judge: tensor} of the reals and of the fakes of a round, without the context."""
        real, fake = self.shown
        return {key: round.real(name) for key, name in real.items()}, {key: round[name] for key, name in fake.items()}

    def contexts(self, round: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Returns {input of the judge: tensor} of the context of the reals and of the fakes."""
        return {name: round.real(name) for name in self.context}, {name: round[name] for name in self.context}
