"""What a network's weights cost."""

import keras
from keras import ops

from zoo.errors import check_number


@keras.saving.register_keras_serializable(package="zoo")
class WeightDecay(keras.regularizers.L2):
    """λ Σ w², as `keras.regularizers.L2` has it, with the sum written as a product with ones.

    XLA adds up a long row number by number on a CPU, but multiplies many at a time: of 1,836 x 150
    weights 0.41 ms against 0.16, of 1.75 for a DVN's step.
    """

    def __call__(self, x):
        squares = ops.reshape(ops.square(x), (-1, x.shape[-1]))
        return self.l2 * ops.sum(ops.matmul(squares, ops.ones((x.shape[-1],), x.dtype)))


def decay(weight_decay: float) -> WeightDecay | None:
    """The regularizer of a network's kernels; None where λ is 0."""
    check_number("weight_decay", weight_decay)
    return WeightDecay(weight_decay) if weight_decay else None
