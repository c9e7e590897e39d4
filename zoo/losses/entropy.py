"""Entropy, cross-entropy and Kullback-Leibler divergence of distributions, in nats or bits."""

import math

import keras

from zoo.errors import InputError
from zoo.losses.base import SampleLoss
from zoo.losses.checks import check_same_shape


def entropy(p, base: float | None = None):
    """Entropy of a distribution: the mean code length of its own best code.

    Formula: `H(p) = -sum(p * log(p), axis=-1)` with `0 * log(0) = 0`. Nats, or bits for `base=2`.

    Args:
        p: Probabilities of shape `(batch, ..., outcomes)`.
        base: Base of the logarithm, above 0 and not 1; None for nats.

    Returns:
        One value per distribution, of shape `(batch, ...)`. The gradient counts an outcome of
        probability 0 as 0.

    Raises:
        InputError: for any other `base`.

    Example:
        A fair four-sided die: 2 bits.

        >>> float(entropy([0.25, 0.25, 0.25, 0.25], base=2))
        2.0
    """
    p = _as_float(p)
    return keras.ops.sum(-p * _log(p, keep=p > 0), axis=-1) * _nats_to(base)


def cross_entropy(p, q, base: float | None = None):
    """Cross-entropy: the mean code length of outcomes of `p` under the best code for `q`.

    Formula: `H(p, q) = -sum(p * log(q), axis=-1)` with `0 * log(0) = 0`. Nats, or bits for
    `base=2`. An outcome that `p` holds possible and `q` does not makes it infinite: nothing is
    clipped. From logits, use `categorical_crossentropy(..., from_logits=True)`.

    Args:
        p: True probabilities of shape `(batch, ..., outcomes)`.
        q: Predicted probabilities of the same shape, or `(outcomes,)` for all alike.
        base: Base of the logarithm, above 0 and not 1; None for nats.

    Returns:
        One value per pair of distributions, of shape `(batch, ...)`.

    Raises:
        InputError: for any other `base`, or shapes that differ.

    Example:
        A fair four-sided die, coded as if it were loaded: 1/4 + 2/4 + 3/4 + 3/4 = 2.25 bits.

        >>> float(cross_entropy([0.25, 0.25, 0.25, 0.25], [0.5, 0.25, 0.125, 0.125], base=2))
        2.25
    """
    p, q = _pair(p, q)
    log_q = _log(q, keep=keras.ops.logical_or(p > 0, q > 0))
    return keras.ops.sum(-p * log_q, axis=-1) * _nats_to(base)


def kl_divergence(p, q, base: float | None = None):
    """Kullback-Leibler divergence: the code length wasted on `p` by the best code for `q`.

    Formula: `KL(p || q) = sum(p * (log(p) - log(q)), axis=-1) = H(p, q) - H(p)` with
    `0 * log(0) = 0`. Nats, or bits for `base=2`. Infinite where `p` holds an outcome possible and
    `q` does not: nothing is clipped, unlike in `keras.losses.kl_divergence`.

    Args:
        p: True probabilities of shape `(batch, ..., outcomes)`.
        q: Predicted probabilities of the same shape, or `(outcomes,)` for all alike.
        base: Base of the logarithm, above 0 and not 1; None for nats.

    Returns:
        One value per pair of distributions, of shape `(batch, ...)`. The gradient by `p` counts
        `p * log(p)` at probability 0 as 0.

    Raises:
        InputError: for any other `base`, or shapes that differ.

    Example:
        A fair four-sided die, coded as if it were loaded: 2.25 - 2 = 0.25 bits = 0.1733 nats.

        >>> float(kl_divergence([0.25, 0.25, 0.25, 0.25], [0.5, 0.25, 0.125, 0.125], base=2))
        0.25
    """
    p, q = _pair(p, q)
    log_p = _log(p, keep=p > 0)
    log_q = _log(q, keep=keras.ops.logical_or(p > 0, q > 0))
    return keras.ops.sum(p * (log_p - log_q), axis=-1) * _nats_to(base)


@keras.saving.register_keras_serializable(package="zoo")
class CrossEntropy(SampleLoss):
    """`cross_entropy` of the targets and the predicted probabilities, with a reduction.

    Args:
        base: Base of the logarithm; None for nats, 2 for bits.
        reduction, name, dtype: As for any `keras.losses.Loss`.

    Raises:
        InputError: for a `base` that is not above 0, or is 1.
    """

    function = staticmethod(cross_entropy)
    settings = ("base",)

    def __init__(self, base: float | None = None, **kwargs):
        super().__init__(**kwargs)
        _nats_to(base)
        self.base = base


@keras.saving.register_keras_serializable(package="zoo")
class KLDivergence(SampleLoss):
    """`kl_divergence` of the targets and the predicted probabilities, with a reduction.

    Args:
        base: Base of the logarithm; None for nats, 2 for bits.
        reduction, name, dtype: As for any `keras.losses.Loss`.

    Raises:
        InputError: for a `base` that is not above 0, or is 1.
    """

    function = staticmethod(kl_divergence)
    settings = ("base",)

    def __init__(self, base: float | None = None, **kwargs):
        super().__init__(**kwargs)
        _nats_to(base)
        self.base = base


def _as_float(probabilities):
    probabilities = keras.ops.convert_to_tensor(probabilities)
    return keras.ops.cast(probabilities, keras.backend.result_type(probabilities.dtype, float))


def _pair(p, q):
    p, q = _as_float(p), _as_float(q)
    # A q of one axis is one distribution for all of p.
    if len(q.shape) > 1 or p.shape[-1:] != q.shape:
        check_same_shape("p", p, "q", q)
    kind = keras.backend.result_type(p.dtype, q.dtype)
    return keras.ops.cast(p, kind), keras.ops.cast(q, kind)


def _log(probabilities, keep):
    # log(1) = 0 stands in where 0 * log(0) would make the value and its gradient NaN.
    return keras.ops.log(keras.ops.where(keep, probabilities, 1))


def _nats_to(base):
    if base is None:
        return 1.0
    number = isinstance(base, int | float) and not isinstance(base, bool)
    if not number or not math.isfinite(base) or base <= 0 or base == 1:
        raise InputError(
            "`base` must be None (nats) or a finite number above 0 and other than 1, such as 2 "
            f"(bits). Received: base={base!r}."
        )
    return 1.0 / math.log(base)
