"""Every model's step over two replicas and compiled by XLA.

By default each shape of step on dense networks; in full every class of model on them, each shape
on convolutions too, which take XLA far longer, and some on vectors.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from model_rows import (
    OF_EACH_CLASS,
    QUIET,
    SHAPES,
    kind,
    parameters,
    rows,
    tiny,
    without_draws,
    without_kinks,
)

from zoo.models.base import random_state

pytestmark = pytest.mark.usefixtures("letting_go")


def dense(name):
    """The argument of dense networks, where a model has the choice."""
    return {"kind": "dense"} if kind(name) == "images" and "kind" in parameters(name) else {}


# With a game, a likelihood and stages; what else standardized features change is no step.
SHAPES_ON_VECTORS = tuple(f"{name}_on_vectors" for name in ("se_nc", "vae", "m1m2"))
ON_CONVOLUTIONS = tuple(filter(dense, SHAPES))
OTHERS = (
    *(each for each in OF_EACH_CLASS if each not in SHAPES),
    *SHAPES_ON_VECTORS,
)

every_step = pytest.mark.parametrize(
    ("name", "networks"),
    [pytest.param(name, dense(name), id=f"dense_{name}") for name in SHAPES]
    + [pytest.param(name, dense(name), marks=pytest.mark.full, id=name) for name in OTHERS]
    + [pytest.param(name, {}, marks=pytest.mark.full, id=name) for name in ON_CONVOLUTIONS],
)


def trained_by(model, *rows):
    # Of batches of any length, whole or not, a step is traced once.
    batches = tf.data.Dataset.from_tensor_slices(rows).batch(16)
    return model.fit(batches, epochs=2, verbose=0).history


@every_step
def test_two_replicas_and_xla_learn_what_one_plain_step_learns(
    name, networks, two_replicas, monkeypatch
):
    without_draws(monkeypatch)
    without_kinks(monkeypatch)
    x, y = rows(name)
    weights = np.linspace(0.0, 2.0, len(x)).astype("float32")

    def compiled(jit_compile=False):
        model = tiny(name, **networks, **QUIET)
        # The terms of a VAE are sums over the pixels, with gradients as much larger.
        rate = 0.01 if hasattr(model, "elbo") else 0.1
        model.compile(optimizer=keras.optimizers.SGD(rate), jit_compile=jit_compile)
        return model

    one, jitted = compiled(), compiled(jit_compile=True)
    with two_replicas.scope():
        two = compiled()
    start = one.get_weights()
    # The last batch of 61, of 13, does not divide evenly; XLA would compile twice for it.
    for other, count, tolerance in ((two, 61, 1e-5), (jitted, 64, 1e-4)):
        one.set_weights(start)
        other.set_weights(start)
        first = trained_by(one, x[:count], y[:count], weights[:count])
        second = trained_by(other, x[:count], y[:count], weights[:count])
        for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)
        for key in first:
            np.testing.assert_allclose(first[key], second[key], rtol=1e-4, atol=1e-5, err_msg=key)


# What draws is the same in convolutional networks, which take XLA far longer.
@pytest.mark.full
@pytest.mark.parametrize("name", OF_EACH_CLASS)
def test_it_draws_and_corrupts_on_two_replicas_and_in_xla(name, two_replicas):
    x, y = rows(name)
    with two_replicas.scope():
        two = tiny(name, **dense(name))
        two.compile(optimizer="adam")
    if not random_state.states(two):
        pytest.skip("draws nothing: its step is that of the test above")
    jitted = tiny(name, **dense(name))
    jitted.compile(optimizer="adam", jit_compile=True)
    for model in (two, jitted):
        history = model.fit(x, y, batch_size=32, epochs=2, verbose=0).history
        assert np.isfinite(history["loss"]).all()
