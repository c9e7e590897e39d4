"""zoo/models/value_networks.py: what each generator makes, and the step, by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from label_set_rows import compiled, rows, tiny, values

import zoo
from zoo.losses.oracles import f1_oracle
from zoo.models.value_networks import DeepValueNetwork

X, Y = rows()
GENERATORS = ["ground_truth", "inference", "adversarial", "value_gradient", "stratified"]


def conv_value_network():
    image, mask = keras.Input((6, 6, 3)), keras.Input((6, 6, 1))
    x = keras.layers.Concatenate()([image, mask])
    x = keras.layers.Conv2D(4, 3, activation="relu")(x)
    return keras.Model([image, mask], keras.layers.Dense(1)(keras.layers.Flatten()(x)))


def made(model):
    return np.asarray(model.tuples(model.prepare(X), tf.constant(Y)))


def test_the_value_of_an_energy_is_high_where_it_is_low():
    model = tiny("dvn")
    logits = -np.asarray(model.energy(X, Y))
    np.testing.assert_allclose(model.value(X, Y), 1 / (1 + np.exp(-logits)), rtol=1e-5)


def test_the_truth_and_the_prediction_as_tuples():
    np.testing.assert_array_equal(made(tiny("dvn", generators={"ground_truth": 1.0})), Y)
    model = tiny("dvn")
    np.testing.assert_allclose(made(model), model.infer(X), atol=1e-6)


@pytest.mark.parametrize("name", ["adversarial", "value_gradient"])
def test_ascending_generators_take_one_step_from_the_truth_of_some_rows(name):
    model = tiny("dvn", generators={name: 1.0}, step_size=0.3)
    found = made(model)

    def stepped(start):
        labels = tf.constant(start)
        with tf.GradientTape() as tape:
            tape.watch(labels)
            logits = -model.energy(X, labels)
            goal = tf.sigmoid(logits)
            if name == "adversarial":
                oracle = f1_oracle(Y, labels)
                goal = tf.nn.sigmoid_cross_entropy_with_logits(oracle, logits)
        return np.clip(start + 0.3 * tape.gradient(goal, labels), 0, 1)

    from_truth, from_zeros = stepped(Y), stepped(np.zeros_like(Y))
    near_truth = np.all(np.abs(found - from_truth) < 1e-5, axis=1)
    near_zeros = np.all(np.abs(found - from_zeros) < 1e-5, axis=1)
    assert np.all(near_truth | near_zeros)
    assert 10 < near_truth[Y.any(1)].sum() < 38


def test_a_mixture_draws_by_its_weights():
    model = tiny("dvn", generators={"ground_truth": 3.0, "inference": 1.0, "adversarial": 0.0})
    assert set(model.generators) == {"ground_truth", "inference"}
    predicted = model.infer(X)
    draw = tf.function(lambda: model.tuples(model.prepare(X), tf.constant(Y)), autograph=False)
    truths = 0
    for _ in range(200):
        found = np.asarray(draw())
        truths += np.array_equal(found, Y)
        assert np.array_equal(found, Y) or np.allclose(found, predicted, atol=1e-6)
    assert 120 < truths < 180


def test_one_step_is_the_hand_written_one():
    model, twin = (
        compiled(
            "dvn",
            rate=0.3,
            generators={"ground_truth": 1.0},
            weight_decay=0.01,
            stages=[("all", 1)],
        )
        for _ in range(2)
    )
    twin.set_weights(model.get_weights())
    model.fit(X, Y, batch_size=len(X), verbose=0)
    variables = twin.trainable_variables
    with tf.GradientTape() as tape:
        # A truth without labels is worth nothing.
        oracle = tf.cast(Y.any(1), "float32")
        logits = -twin.energy(X, Y)
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(oracle, logits))
        kernels = [v.value for v in variables if "kernel" in v.name]
        loss += 0.01 * sum(tf.reduce_sum(tf.square(kernel)) for kernel in kernels)
    gradients = tape.gradient(loss, [variable.value for variable in variables])
    for variable, gradient in zip(variables, gradients, strict=True):
        variable.assign_sub(0.3 * gradient)
    for ours, theirs in zip(values(model.weights), values(twin.weights), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_every_row_has_one_labeling_of_each_and_their_losses_are_weighed():
    generators = {"ground_truth": 3.0, "exchanged": 1.0}
    model = compiled("dvn", generators=generators, stages=None, rate=0.0)
    model.mixing = "all"
    found = made(model)
    np.testing.assert_array_equal(found, np.concatenate([Y, np.roll(Y, 1, axis=0)]))
    oracle = [f1_oracle(Y, part) for part in np.split(found, 2)]
    value = [model.value(X, part) for part in np.split(found, 2)]
    losses = [-v * np.log(u) - (1 - v) * np.log1p(-u) for v, u in zip(oracle, value, strict=True)]
    expected = np.mean(0.75 * losses[0] + 0.25 * losses[1])
    history = model.fit(X, Y, batch_size=len(X), shuffle=False, verbose=0).history
    assert history["value_loss"][0] == pytest.approx(expected, rel=1e-4)


def test_the_default_stages_lower_the_learning_rate():
    model = tiny("dvn")
    model.compile(optimizer="sgd")
    rates = []
    callback = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: rates.append(round(float(model.optimizer.learning_rate), 6))
    )
    model.fit(X, Y, epochs=5, verbose=0, callbacks=[callback])
    assert rates == [0.1, 0.1, 0.01, 0.01, 0.001]


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("jit", [False, pytest.param(True, marks=pytest.mark.full)])
def test_every_generator_trains_a_network_of_images_and_masks(name, jit):
    generator = np.random.default_rng(0)
    x = generator.uniform(size=(16, 6, 6, 3)).astype("float32")
    y = (x.mean(-1, keepdims=True) > 0.5).astype("float32")
    model = DeepValueNetwork(conv_value_network(), "iou", generators={name: 1.0})
    assert model.input_shape == (None, 6, 6, 3) and model.label_shape == (6, 6, 1)
    model.compile(optimizer="adam", jit_compile=jit)
    losses = model.fit(x, y, batch_size=8, epochs=2, verbose=0).history["value_loss"]
    assert np.isfinite(losses).all()
    masks = model.predict(x, verbose=0)
    assert masks.shape == y.shape and masks.min() >= 0 and masks.max() <= 1


def test_a_network_of_images_and_masks_is_saved_and_exported(tmp_path):
    x = np.random.default_rng(0).uniform(size=(4, 6, 6, 3)).astype("float32")
    model = DeepValueNetwork(conv_value_network(), "iou", seed=3)
    model.save(tmp_path / "value.keras")
    loaded = keras.models.load_model(tmp_path / "value.keras")
    np.testing.assert_array_equal(model.predict(x, verbose=0), loaded.predict(x, verbose=0))
    model.export(tmp_path / "exported", verbose=False)
    served = tf.saved_model.load(tmp_path / "exported")
    np.testing.assert_allclose(served.serve(x), model.predict(x, verbose=0), atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"oracle": "accuracy"}, "Unknown oracle"),
        ({"empty_value": 0.5}, "empty_value"),
        ({"generators": {}}, "weights by name"),
        ({"generators": {"truth": 1.0}}, "Unknown generator"),
        ({"generators": {"inference": -1.0}}, "generators"),
        ({"generators": {"inference": 0.0}}, "more than 0"),
        ({"generator_steps": 0}, "generator_steps"),
        ({"temperature": 0.0}, "above 0"),
        ({"stages": [("local", 1)]}, "part of a stage"),
    ],
)
def test_bad_arguments_are_refused(settings, message):
    with pytest.raises(zoo.InputError, match=message):
        tiny("dvn", **settings)


def test_networks_that_are_no_value_networks_are_refused():
    with pytest.raises(zoo.InputError, match=r"take \[x, y\]"):
        DeepValueNetwork(tiny("mlp").classifier)
    with pytest.raises(zoo.InputError, match="local energy"):
        DeepValueNetwork(conv_value_network(), "iou", start="local")
