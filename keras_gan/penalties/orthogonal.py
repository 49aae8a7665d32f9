import keras
from keras import ops

from keras_gan.penalties.penalty import Penalty


@keras.saving.register_keras_serializable("keras_gan")
class Orthogonal(Penalty):
    """Keeps the filters of every kernel of a player at right angles, without fixing their length.

        sum over kernels W of ||W^T W * (1 - I)||^2, the squared Frobenius norm

    W is the kernel as a matrix whose columns are the filters (its last axis). Embeddings are left alone.

    Args:
        weight: float >= 0 or a schedule, the paper's beta. Defaults to 1e-4, the paper's.
        player: str, whose kernels. Defaults to `"generator"`, the paper's choice.
        interval: int >= 1, as for every penalty. Defaults to 1.
        name: str, the term's name in the logs. Defaults to `"orthogonal"`.

    Example:

    >>> Orthogonal().player
    'generator'

    Reference: Brock et al. 2019, arXiv:1809.11096, equation 3.
    """

    player = "generator"
    of_weights = True

    def __init__(self, weight=1e-4, player="generator", interval=1, name="orthogonal"):
        super().__init__(weight=weight, interval=interval, player=player, name=name)

    def compute(self, play):
        total = ops.zeros(())
        for variable in (v for network in play.networks for v in network.trainable_variables):
            if len(variable.shape) > 1 and "embedding" not in variable.name:
                total = total + _skew(variable.value)
        return total


def _skew(kernel):
    filters = ops.reshape(ops.cast(kernel, "float32"), (-1, kernel.shape[-1]))
    products = ops.matmul(ops.transpose(filters), filters)
    return ops.sum(ops.square(products)) - ops.sum(ops.square(ops.diagonal(products)))
