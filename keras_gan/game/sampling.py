from keras_gan.game import drawing


class Sampling:
    """The half of a `Game` that is used without training: its generators, called by name."""

    def generator_called(self, name=None):
        """Returns a generator of the game by its name, or the first.

        Raises:
            ValueError: for an unknown name.
        """
        generators = self.generators()
        if name is not None and name not in generators:
            raise ValueError(f"`generator` must be one of {list(generators)}. Received: generator={name!r}.")
        return generators[name or next(iter(generators))]

    def fixed_inputs(self, count, seed=None, label=None, generator=None, **chosen):
        """Draws inputs outside of training: `Generator.fixed_inputs` of one of the game's generators."""
        return self.generator_called(generator).fixed_inputs(count, seed, label=label, **chosen)

    def sample(
        self, count=16, seed=None, label=None, truncation=None, inputs=None, batch_size=64, generator=None, **chosen
    ):
        """Makes pictures, or other signals, with an averaged generator.

        Args:
            count: int >= 1, how many. Ignored when `inputs` is given.
            seed: int or None; the same seed gives the same latents on every machine and backend.
            label: int or `count` of them, the classes to draw; None for each in turn. For GANs with labels.
            truncation: float > 0, latents are as if drawn from their distribution cut off there: less variety, more
                quality (`keras_gan.latents.truncated`). None for none.
            inputs: dict as from `fixed_inputs`, to use instead of drawing.
            batch_size: int, signals per call of the network. Defaults to 64.
            generator: str, which of the game's generators. Defaults to the first.
            chosen: further options of `Generator.sample`, such as `reference`.

        Returns:
            numpy array `(count, *shape)` as people hold it: of pictures uint8.

        Raises:
            ValueError: for a count below 1, or an option that the generator does not have.
        """
        made = self.generator_called(generator)
        return made.sample(count, seed, truncation, inputs, batch_size=batch_size, label=label, **chosen)

    def translate(self, held, generator=None, **options):
        """Translates pictures, or other signals: `Generator.translate` of one of the game's generators."""
        return self.generator_called(generator).translate(held, **options)

    def shown(self, inputs, reference=None, batch_size=64):
        """Makes what `pictures` names, with the averaged generators: what grids show.

        Args:
            inputs: dict of arrays `(count, *shape)`, for the inputs of all generators.
            reference: dict of arrays `(count, *shape)`, as many rows of the columns as networks see them, for games
                that translate, or that show data. None for no column.
            batch_size: int, rows per call of the networks. Defaults to 64.

        Returns:
            {name of `pictures`: NumPy array `(count, *shape)` as people hold it}.

        Raises:
            ValueError: if the game has no `pictures`, or one is not there.
        """
        return drawing.shown(self, inputs, reference or {}, batch_size)
