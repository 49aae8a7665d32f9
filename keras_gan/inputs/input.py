class Input:
    """Base of the inputs: one named part of what a generator is fed.

    In training `draw` makes a batch of it in the step. Outside, `fixed` makes the same values for one seed on every
    machine and backend.

    Attributes:
        shape: tuple of int, the shape of one, without the batch axis.
        dtype: str.
        options: names of the keyword arguments that `fixed` takes besides `count`, `seed` and `reference`: what a
            person may choose, and what the command line and the page offer.
    """

    shape = ()
    dtype = "float32"
    options = ()

    def draw(self, batch, count):
        """Makes a batch of it in a training step.

        Args:
            batch: dict of tensors, the columns of the data.
            count: int or int scalar tensor, number of rows.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `draw(batch, count)`.")

    def fixed(self, count, seed=None, reference=None):
        """Makes it outside of training, with NumPy. Row i does not depend on `count`.

        Args:
            count: int, number of rows.
            seed: int or None.
            reference: dict of arrays, columns of real data, of which the first `count` rows may be used.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `fixed(count, seed, reference)`.")

    def truncated(self, values, truncation):
        """Returns values with less variety, where the input is one that can be truncated; else the same."""
        return values

    def describe(self):
        """Returns in words what it is, for model cards: "normal latents of shape (128,)"."""
        return f"{type(self).__name__.lower()} of shape {tuple(self.shape)}"

    def get_config(self):
        """Returns what describes the input in a file: plain values, for `from_config`."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Makes the input from `get_config`'s dict."""
        return cls(**config)
