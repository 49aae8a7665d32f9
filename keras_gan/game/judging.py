from keras import ops

from keras_gan import _backend
from keras_gan.game import drawing
from keras_gan.penalties.penalty import Play


class Judging:
    """One duel in one update: what its judge is shown, through the augmenter, and what the judge says.

    The random parameters of the augmenter are drawn here, once, so that the functions may be called in a frozen block
    and show several times alike.

    Args:
        game: the `Game`.
        name: str, name of the duel.
        round: the `Round`.
        judging: bool, whether this is the update of the judge, not of a player that is judged.
    """

    def __init__(self, game, name, round, judging):
        self.game, self.name, self.round = game, name, round
        self.duel = game.duels()[name]
        self.real, self.fake = self.duel.seen(round)
        if judging and self.duel.history is not None:
            self.fake = {name: self.duel.history(value) for name, value in self.fake.items()}
        self.real_context, self.fake_context = self.duel.contexts(round)
        augmenter = game.rules.augmenters[name]
        self.view, self.view_of_fake = view(augmenter, self.real), view(augmenter, self.fake)

    def of_real(self):
        """Returns the judge's outputs for the reals."""
        return self._judged(self.view({**self.real, **self.real_context}))

    def of_fake(self):
        """Returns the judge's outputs for the fakes."""
        return self._judged(self.view_of_fake({**self.fake, **self.fake_context}))

    def frozen(self, with_real):
        """Returns both outputs for a player who is judged: being judged moves nothing in the judge."""
        with _backend.frozen():
            fake = self.of_fake()
            return (self.of_real() if with_real else None), fake

    def critic(self, shown):
        """Returns the logits for something else in the place of the reals: what penalties differentiate."""
        shown = shown if isinstance(shown, dict) else {next(iter(self.real)): shown}
        return self._judged(self.view({**shown, **self.real_context}))["logits"]

    def _judged(self, shown):
        return self.game.discriminate(shown, self.duel.judge)

    def play(self, player):
        """Returns the `keras_gan.penalties.Play` that a player's penalties look at."""
        real_out, fake_out = self.round.outputs[self.name]
        return Play(
            critic=self.critic,
            generate=self._generate,
            networks=self.game.players()[player].networks,
            inputs=self.round.inputs,
            real=_single(self.real),
            fake=_single(self.fake),
            real_logits=real_out and real_out["logits"],
            fake_logits=fake_out["logits"],
            duel=self.name,
            round=self.round,
        )

    def _generate(self, inputs):
        """Makes the fakes of this duel from other inputs."""
        made = drawing.made(self.game, self.round.batch, {**self.round.inputs, **inputs})
        _, fake = self.duel.shown
        return _single({key: made.get(name, inputs.get(name)) for key, name in fake.items()})


def view(augmenter, shown):
    """Returns a function that shows a dict of tensors to a judge: its pictures through the augmenter, all alike.

    Args:
        augmenter: `keras_gan.augmenters.Augmenter` or None.
        shown: dict of tensors, for as many pictures as which parameters are drawn.
    """
    pictures = [value for value in shown.values() if len(value.shape) == 4]
    if augmenter is None or not pictures:
        return lambda shown: shown
    drawn = augmenter.draw(pictures[0])
    return lambda shown: {
        name: augmenter.apply(value, drawn) if len(value.shape) == 4 else value for name, value in shown.items()
    }


def _single(shown):
    """Returns the only value of a dict, or the dict where there are several."""
    return next(iter(shown.values())) if len(shown) == 1 else shown


def probabilities(outputs):
    """Returns the mean probabilities of being real that logits mean: of reals, of fakes."""
    return [ops.mean(ops.sigmoid(output["logits"])) for output in outputs]
