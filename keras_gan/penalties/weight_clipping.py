import keras
from keras import ops

from keras_gan.penalties.penalty import Penalty


@keras.saving.register_keras_serializable("keras_gan")
class WeightClipping(Penalty):
    """Clips the discriminator's kernels to [-limit, limit] after each of its steps: the first WGAN's Lipschitz bound.

    It adds no term to the loss. Kernels are the trainable variables of two axes and more: biases, and the scales and
    statistics of normalization layers, are left alone.

    Args:
        limit: float > 0, the paper's c. Defaults to 0.01, the paper's.
        name: str, name of the object. Defaults to `"weight_clipping"`.

    Raises:
        ValueError: if `limit` is not above 0.

    Example:

    >>> WeightClipping(0.05).limit
    0.05

    Reference:
        Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1. Deviation: the paper clips all of the critic's parameters.
    """

    logged = False
    of_weights = True

    def __init__(self, limit=0.01, name="weight_clipping"):
        super().__init__(name=name)
        if not limit > 0:
            raise ValueError(f"`limit` must be a number > 0. Received: limit={limit!r}.")
        self.limit = limit

    def restrict(self, variables):
        for variable in variables:
            if len(variable.shape) > 1:
                variable.assign(ops.clip(variable.value, -self.limit, self.limit))

    def get_config(self):
        return {"limit": self.limit, "name": self.name}
