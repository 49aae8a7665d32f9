class Round:
    """All that one update shows: what penalties, extra terms and validation look at.

    Attributes:
        batch: dict of tensors, the columns of the data.
        inputs: dict of tensors, what the generators were fed.
        made: dict of tensors, what the game's `make` returned.
        outputs: {duel: (outputs for reals, outputs for fakes)}, dicts with `"logits"` and the judge's other heads. The
            first is None in a drawing player's update whose loss does not ask for it.
        training: bool, False in validation.
    """

    def __init__(self, batch, inputs, made, training=True):
        self.batch = batch
        self.inputs = inputs
        self.made = made
        self.training = training
        self.outputs = {}

    def __getitem__(self, name):
        """Returns what a name stands for: something made, an input or a column of the batch, in this order."""
        return self._found(name, (self.made, self.inputs, self.batch))

    def real(self, name):
        """Returns what a name stands for where it is taken for real: a column of the batch goes first."""
        return self._found(name, (self.batch, self.inputs, self.made))

    def _found(self, name, places):
        for place in places:
            if name in place:
                return place[name]
        known = sorted({name for place in places for name in place})
        raise ValueError(f"A round must hold what a duel or a term names, one of {known}. Received: {name!r}.")
