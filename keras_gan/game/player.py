from typing import NamedTuple


class Player(NamedTuple):
    """One who learns: the networks that one optimizer moves.

    Attributes:
        networks: list of `keras.Model`.
        judges: bool, whether these networks judge. Judges learn first, on the draw that the others are judged by.
    """

    networks: list
    judges: bool = False

    @property
    def variables(self):
        """The trainable variables of its networks."""
        return [variable for network in self.networks for variable in network.trainable_variables]
