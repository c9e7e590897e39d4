"""What the two sides of a game pay, from the discriminator's logits: pairs by name."""

from collections.abc import Callable
from typing import NamedTuple

import keras

from zoo.errors import check_choice


class AdversarialPair(NamedTuple):
    """The three losses of a game with D = sigmoid(logit), each `(batch, 1)` logits to `(batch,)`.

    `real` and `fake` are the discriminator's on real and on made vectors; `player` is what the
    players pay on those they made. All are in nats and in float32.
    """

    real: Callable
    fake: Callable
    player: Callable


def adversarial_pair(name: str) -> AdversarialPair:
    """The losses of a game by the name of what its players minimize.

    The discriminator's are the same in both: it maximizes E log D(real) + E log(1 - D(fake)), so
    it minimizes

        real(l) = -log D = softplus(-l),    fake(l) = -log(1 - D) = softplus(l).

    The players minimize

    - "minimax": `log(1 - D) = -softplus(l)`, the same value with its sign turned: literally the
      min max game, whose gradient vanishes where the discriminator is sure of the fakes;
    - "non_saturating": `-log D = softplus(-l)`, with the same fixed point and a gradient there.

    Args:
        name: "minimax" or "non_saturating".

    Raises:
        InputError: another name.

    Example:
        A discriminator that cannot tell, D = 1/2, pays log(2) on either side.

        >>> float(adversarial_pair("minimax").player([[0.0]])[0])
        -0.6931471824645996

    Reference: I. Goodfellow et al., Generative adversarial nets, NeurIPS 2014, equation 1 and
    section 3.
    """
    check_choice("adversarial loss", name, _PLAYERS)
    return AdversarialPair(_softplus_of_minus, _softplus, _PLAYERS[name])


def _softplus(logits):
    return keras.ops.softplus(_per_sample(logits))


def _softplus_of_minus(logits):
    return keras.ops.softplus(-_per_sample(logits))


def _minus_softplus(logits):
    return -_softplus(logits)


_PLAYERS = {"minimax": _minus_softplus, "non_saturating": _softplus_of_minus}


def _per_sample(logits):
    return keras.ops.reshape(keras.ops.cast(logits, "float32"), (-1,))
