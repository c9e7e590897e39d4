"""EnergyModel and every model of label sets: prediction, files, replicas, XLA."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from label_set_rows import compiled, rows, tiny, values

import zoo
from zoo.inference.descent import Descent
from zoo.metrics.structured_scores import example_f1

X, Y = rows()
NAMES = ["mlp", "spen", "spen_e2e", "infnet", "dvn"]
every_model = pytest.mark.parametrize("name", NAMES)
every_energy = pytest.mark.parametrize("name", ["spen", "spen_e2e", "dvn"])
one_and_in_full_every_energy = pytest.mark.parametrize(
    "name",
    [
        pytest.param("spen", marks=pytest.mark.full),
        pytest.param("spen_e2e", marks=pytest.mark.full),
        "dvn",
    ],
)


def fitted(model, epochs=3, **settings):
    return model.fit(
        X, Y, **{"batch_size": 16, "epochs": epochs, "shuffle": False, "verbose": 0, **settings}
    )


@every_energy
def test_calling_is_inference_by_hand(name):
    model = tiny(name, inference_steps=2, step_size=0.3, method="projected", start="half")
    y = np.full((len(X), 4), 0.5, "float32")
    for _ in range(2):
        with tf.GradientTape() as tape:
            labels = tf.constant(y)
            tape.watch(labels)
            # A value network climbs v = sigmoid(-E), the others descend E.
            energy = model.energy(X, labels)
            goal = -tf.sigmoid(-energy) if name == "dvn" else energy
        y = np.clip(y - 0.3 * tape.gradient(goal, labels), 0, 1)
    np.testing.assert_allclose(model(X), y, atol=1e-5)
    np.testing.assert_allclose(model.infer(X), y, atol=1e-5)
    np.testing.assert_allclose(model.predict(X, verbose=0), y, atol=1e-5)


@every_energy
def test_inference_lowers_what_it_descends(name):
    model = tiny(name, inference_steps=5, step_size=0.05)
    found = model.trajectory(X)
    assert np.all(found.energies[-1] <= found.energies[0])
    assert np.any(found.energies[-1] < found.energies[0])
    np.testing.assert_allclose(found.labels, model.infer(X), atol=1e-6)


@every_energy
def test_weights_that_are_not_finite_are_one_sentence(name):
    model = tiny(name, inference_steps=2)
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    with pytest.raises(zoo.InputError, match="not finite"):
        model.predict(X, verbose=0)


def test_inference_starts_where_it_is_told():
    model = tiny("spen", inference_steps=1, step_size=1e-6, start="zeros")
    given = np.random.default_rng(1).uniform(size=Y.shape).astype("float32")
    np.testing.assert_allclose(model.infer(X), 0.0, atol=1e-4)
    np.testing.assert_allclose(model.infer(X, start=given), given, atol=1e-4)
    with pytest.raises(zoo.InputError, match=r"every label from 0 to 1"):
        model.infer(X, start=given + 1.0)


@every_model
@pytest.mark.full
def test_it_learns_better_than_chance(name):
    more = {"generators": {"inference": 1.0, "ground_truth": 1.0}, "inference_steps": 10}
    model = tiny(name, **({"weight_decay": 0.0, **more} if name == "dvn" else {}))
    model.compile(optimizer=keras.optimizers.Adam(0.03))
    x, y = rows(256)
    model.fit(x, y, batch_size=32, epochs=40, verbose=0)
    threshold = model.choose_threshold(x, y)
    guess = np.mean(2 * y.sum(1) / (4 + y.sum(1)))
    assert 0 <= threshold <= 0.75
    assert example_f1(y, model.predict_labels(x)) > guess + 0.1


@every_model
@pytest.mark.full
def test_saved_and_loaded_it_goes_on_as_if_never_saved(name, tmp_path):
    model = tiny(name)
    model.compile(optimizer="adam")
    fitted(model)
    model.threshold.assign(0.25)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.get_config().keys() == model.get_config().keys()
    np.testing.assert_array_equal(model.predict_labels(X), loaded.predict_labels(X))
    assert float(loaded.threshold) == 0.25
    fitted(model, epochs=4, initial_epoch=3)
    fitted(loaded, epochs=4, initial_epoch=3)
    for ours, theirs in zip(values(model.variables), values(loaded.variables), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@one_and_in_full_every_energy
def test_nothing_is_predicted_in_training_unless_metrics_ask(name):
    stages = {} if name == "dvn" else {"stages": (("local", 1),)}
    generators = {"generators": {"ground_truth": 1.0}} if name == "dvn" else {}
    model = tiny(name, **stages, **generators)
    calls = []
    inner = model.starting_point
    model.starting_point = lambda prepared: calls.append(1) or inner(prepared)
    model.compile(optimizer="sgd")
    fitted(model, epochs=1)
    assert not calls
    model.compile(optimizer="sgd", metrics=["mae"])
    history = fitted(model, epochs=1).history
    assert calls and np.isfinite(history["mae"]).all()


@every_model
@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X[:, :5], Y, "Expected inputs of shape"),
        (X[:, None], Y, "Expected inputs of shape"),
        ((X * 10).astype(int), Y, "finite floats up to 1e.19. Received: int64"),
        (X, Y[:, :3], "Expected label sets"),
        (X, Y + 0.5, r"Received: 1\.5 in row"),
        (X, np.where(np.arange(48)[:, None] == 7, np.nan, Y), r"Received: nan in row 7"),
        (X, None, "no labels"),
    ],
    ids=["width", "rank", "integers", "labels", "beyond 1", "row without labels", "no labels"],
)
def test_bad_arrays_are_refused(name, x, y, message):
    with pytest.raises(zoo.InputError, match=message):
        compiled(name).fit(x, y, verbose=0)


@every_model
def test_bad_labels_of_a_data_set_are_found_on_its_way(name):
    model = compiled(name)
    dataset = tf.data.Dataset.from_tensors((X, Y + 0.5))
    with pytest.raises(zoo.InputError, match="every label from 0 to 1.* of batch 0"):
        model.fit(dataset, verbose=0)


def test_divergence_in_a_prediction_names_the_step():
    model = tiny("spen", start="half")
    model.energy_network.terms[0].kernel.assign(np.full((5, 4), np.inf))
    with pytest.raises(zoo.InputError, match=r"^Inference diverged.* Step: 1$"):
        model.predict(X, verbose=0)


@every_energy
def test_every_row_has_its_labels(name):
    with pytest.raises(zoo.InputError, match="3 rows and 2"):
        tiny(name).energy(X[:3], Y[:2])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"inference_steps": 0}, "steps=0"),
        ({"step_size": -1.0}, "step_size=-1.0"),
        ({"start": "truth"}, "Unknown start"),
        ({"measurements": -1}, "measurements"),
        ({"num_labels": 0}, "num_labels"),
        ({"input_shape": (0,)}, "input_shape"),
        ({"units": 0}, "units"),
        ({"stages": [("all", 0)]}, "above 0"),
    ],
)
@every_energy
def test_bad_arguments_are_refused(name, settings, message):
    with pytest.raises(zoo.InputError, match=message):
        tiny(name, **settings)


def test_the_descent_must_be_one():
    from zoo.models.energy_networks import StructuredPredictionEnergyNetwork

    network = tiny("spen").energy_network
    with pytest.raises(zoo.InputError, match=r"zoo\.inference\.Descent"):
        StructuredPredictionEnergyNetwork(network, inference={"steps": 3})
    model = StructuredPredictionEnergyNetwork(network, inference=Descent(3))
    assert model.inference.steps == 3
