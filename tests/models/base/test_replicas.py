"""zoo/models/base/replicas.py: loss scaling where each replica sees only its own gradients."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.models import allowed

ONE = tf.distribute.get_strategy()
IMAGES = {"input_shape": (8, 8, 1), "num_classes": 3, "size": (4, 8), "code_size": 4}
GAME = {**IMAGES, "discriminator_size": (4,), "dropout": 0.0}
TWO_HEADS = {
    "input_shape": (8, 8, 1),
    "num_classes": 3,
    "size": (4, 8),
    "dropout": 0.0,
    "variant": "two_heads",
    "margin": None,
}
CLASSES = {"input_shape": (8, 8, 1), "num_classes": 3, "size": (4, 8)}
LABEL_SETS = {"input_shape": (6,), "num_labels": 4, "units": (5,)}
INFERENCE = {**LABEL_SETS, "stages": (("all", 1),)}
ENERGY = {**LABEL_SETS, "measurements": 3, "inference_steps": 3, "stages": (("all", 1),)}


def rows(model):
    generator = np.random.default_rng(0)
    if "num_labels" in model:
        x = generator.normal(size=(29, 6)).astype("float32")
        return x, (x @ generator.normal(size=(6, 4)) > 0.3).astype("float32")
    labels = np.arange(29) % 3
    noise = generator.uniform(0.0, 0.3, (29, 8, 8, 1))
    return (noise + 0.3 * labels[:, None, None, None]).astype("float32"), labels


def trained(name, arguments, strategy, weights=None, policy="float32", **average):
    keras.config.set_dtype_policy(policy)
    try:
        with strategy.scope():
            model = zoo.create_model(name, **arguments)
            optimizer = keras.optimizers.SGD(0.05, **average)
            model.compile(optimizer=keras.optimizers.LossScaleOptimizer(optimizer))
    finally:
        keras.config.set_dtype_policy("float32")
    if weights is not None:
        model.set_weights(weights)
    start = model.get_weights()
    # The last batch, of 13, does not divide evenly.
    settings = {"batch_size": 16, "epochs": 3, "shuffle": False, "verbose": 0}
    return model, start, model.fit(*rows(arguments), **settings).history["loss"]


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "arguments", "average", "policy"),
    [
        ("se_nc", GAME, {}, "float32"),
        ("spen", ENERGY, {}, "float32"),
        ("se_co", IMAGES, {"use_ema": True, "ema_momentum": 0.5}, "float32"),
        ("ac_nc_v1", TWO_HEADS, {}, "float32"),
        ("ac_nc_v1", TWO_HEADS, {}, "mixed_float16"),
    ],
)
def test_scaled_losses_on_two_replicas_are_those_of_one(
    name, arguments, average, policy, two_replicas
):
    one, start, loss = trained(name, arguments, ONE, policy=policy, **average)
    two, _, shared_loss = trained(name, arguments, two_replicas, start, policy, **average)
    assert any(np.any(old != new) for old, new in zip(start, one.get_weights(), strict=True))
    exact = policy == "float32"
    np.testing.assert_allclose(shared_loss, loss, rtol=1e-5 if exact else 2e-2)
    for ours, theirs in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 if exact else 3e-2)


# A player alone, and one with an adversary whose optimizer scales its loss too.
@pytest.mark.parametrize(
    ("name", "arguments"),
    [pytest.param("mlp", LABEL_SETS, marks=pytest.mark.full), ("infnet", INFERENCE)],
)
def test_a_step_that_overflows_on_one_replica_is_skipped_on_all(
    name, arguments, two_replicas, monkeypatch
):
    # The gate would not let in what overflows by itself.
    everything = functools.partial(allowed.Taken, low=-np.inf, high=np.inf)
    monkeypatch.setattr(allowed, "numbers", everything)
    x, y = rows(arguments)
    x = x[:16].copy()
    x[12] = 3e38  # In the part of the second replica.
    for strategy in (ONE, two_replicas):
        with strategy.scope():
            model = zoo.create_model(name, **arguments)
            optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.05), 2.0**100)
            model.compile(optimizer=optimizer)
        before = model.get_weights()
        model.fit(x, y[:16], batch_size=16, shuffle=False, verbose=0)
        for old, new in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)
        optimizers = [model.optimizer]
        if model.adversary_role is not None:
            optimizers.append(model.adversary_optimizer)
        for optimizer in optimizers:
            assert optimizer.dynamic_scale.numpy() == 2.0**99
            assert optimizer.iterations.numpy() == 0


@pytest.mark.parametrize("clipping", ["clipnorm", "global_clipnorm", "clipvalue"])
@pytest.mark.parametrize(
    ("name", "arguments", "scales"),
    [
        ("mlp", LABEL_SETS, False),
        ("mlp", LABEL_SETS, True),
        pytest.param("se_nc", GAME, False, marks=pytest.mark.full),
    ],
)
def test_replicas_clip_the_gradient_that_they_share(
    name, arguments, scales, clipping, two_replicas
):
    x, y = rows(arguments)
    start, after = None, []
    for strategy in (ONE, two_replicas):
        with strategy.scope():
            model = zoo.create_model(name, **arguments)
            optimizer = keras.optimizers.SGD(1.0, **{clipping: 0.01})
            model.compile(keras.optimizers.LossScaleOptimizer(optimizer) if scales else optimizer)
        start = start or model.get_weights()
        model.set_weights(start)
        model.fit(x[:16], y[:16], batch_size=16, shuffle=False, verbose=0)
        after.append(model.get_weights())
    for one, two in zip(*after, strict=True):
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-7)
    if clipping == "global_clipnorm" and name == "mlp":
        # The rate is 1: what was moved is the clipped gradient.
        moved = [new - old for new, old in zip(after[1], start, strict=True)]
        assert np.sqrt(sum((each**2).sum() for each in moved)) == pytest.approx(0.01, rel=1e-4)


@pytest.mark.parametrize(
    ("asked", "more"),
    [("gradient_accumulation_steps", {}), ("ema_overwrite_frequency", {"use_ema": True})],
)
def test_what_keras_does_within_a_condition_replicas_cannot_share(asked, more, two_replicas):
    optimizer = keras.optimizers.SGD(0.1, **{asked: 2}, **more)
    with two_replicas.scope():
        model = zoo.create_model("se_nc", **GAME)
        for given in ([optimizer], ["sgd", optimizer]):
            with pytest.raises(zoo.InputError, match=f"Received: {asked}=2"):
                model.compile(*given)


@pytest.mark.parametrize("batch_size", [3, 6, 16])
def test_metrics_of_compile_see_one_hot_labels_on_replicas_too(batch_size, two_replicas):
    x, y = rows(CLASSES)
    with two_replicas.scope():
        model = zoo.create_model("cnn", **CLASSES)
        model.compile("sgd", metrics=["acc", "categorical_crossentropy"])
    scores = model.evaluate(x, y, batch_size=batch_size, verbose=0, return_dict=True)
    probabilities = model.predict(x, verbose=0)
    entropy = -np.log(probabilities[np.arange(len(y)), y]).mean()
    assert scores["acc"] == pytest.approx((probabilities.argmax(axis=1) == y).mean())
    assert scores["categorical_crossentropy"] == pytest.approx(entropy, rel=1e-4)
