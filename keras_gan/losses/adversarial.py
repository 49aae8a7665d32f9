from keras_gan.part import Part


class AdversarialLoss(Part):
    """Base of the losses of the two players, defined together so that they cannot be mixed up.

    Both methods take float32 logits (no sigmoid) of any shape, `(batch, 1)` or patches `(batch, height, width, 1)`,
    and return a float32 scalar: the mean over all logits.

    Attributes:
        generator_uses_real: bool, whether `generator` needs the logits of reals. When False, `real` is None there and
            the discriminator does not look at the reals a second time.
    """

    generator_uses_real = False

    def __init__(self):
        super().__init__()

    def discriminator(self, real, fake):
        """Loss of the discriminator from the logits of reals and of fakes."""
        raise TypeError(f"{type(self).__name__} must define `discriminator(real, fake)`.")

    def generator(self, real, fake):
        """Loss of the generator from the logits of fakes (and of reals, if `generator_uses_real`)."""
        raise TypeError(f"{type(self).__name__} must define `generator(real, fake)`.")

    def adapt(self, real, fake):
        """Moves what the loss remembers, once for each update of the discriminator. Most remember nothing."""
