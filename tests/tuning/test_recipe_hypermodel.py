"""zoo/tuning/recipe_hypermodel.py: a recipe in any Tuner of keras-tuner."""

import dataclasses
import gc
import weakref

import keras
import keras_tuner
import numpy as np
import pytest
from small_search import data, recipe

import zoo
from zoo.datasets import SplitData
from zoo.kinds import task_of
from zoo.tuning import hypermodel


@pytest.mark.full
@pytest.mark.parametrize(
    "tuner, limit",
    [
        ("GridSearch", {"max_trials": 2}),
        ("BayesianOptimization", {"max_trials": 1}),
        ("Hyperband", {"max_epochs": 1}),
    ],
)
def test_any_tuner_explores_it(tuner, limit, tmp_path):
    space = hypermodel(recipe(), data())
    search = getattr(keras_tuner, tuner)(
        space, objective=space.objective, directory=tmp_path, seed=1, **limit
    )
    search.search(verbose=0)
    trials = list(search.oracle.trials.values())
    assert trials and all(trial.status == "COMPLETED" for trial in trials)
    best = space.recipe_of(search.get_best_hyperparameters()[0])
    assert best.name == "ae_tuned/arrays"
    assert 1e-4 <= best.learning_rate <= 1e-2
    assert best.model_arguments["code_size"] in (2, 3, 4)
    assert best.override({"learning_rate": 1e-3, "code_size": 2}).model_arguments["size"] == (4,)


def test_test_rows_are_never_read(monkeypatch):
    read, split = [], SplitData._split
    monkeypatch.setattr(SplitData, "_split", lambda self, s: read.append(s) or split(self, s))
    space, *built = started(recipe(epochs=1))
    space.fit(*built)
    assert "validation" in read and "test" not in read


def started(recipe):
    """A hypermodel of these rows, the values it starts with, and the model of them."""
    space = hypermodel(recipe, data())
    hp = space.space()
    return space, hp, space.build(hp)


def test_a_recipe_that_holds_nothing_out_is_scored_on_a_tenth():
    digits = zoo.load_recipe("se_co/digits").override({"validation_fraction": 0.0})
    rows = hypermodel(digits).data(digits).rows
    assert rows["validation"] == 144 and rows["train"] + rows["validation"] == 1437
    held = zoo.load_recipe("se_co/digits").override({"validation_fraction": 0.3})
    assert hypermodel(held).data(held).rows["validation"] == 431


def test_estimators_and_rows_without_any_held_out_are_refused():
    searched = zoo.Recipe("src/digits", "src", "digits", search={"lambda1": (0.1, 1.0)})
    with pytest.raises(zoo.InputError, match="'src' is no Keras model.*'src/digits'"):
        hypermodel(searched)
    with pytest.raises(zoo.InputError, match="no validation rows"):
        hypermodel(recipe(), data(validation_fraction=0)).data(recipe())


def test_a_searched_batch_size_is_that_of_the_data():
    digits = zoo.load_recipe("ae/digits")
    space = hypermodel(dataclasses.replace(digits, search={"batch_size": (32, 64, 96)}))
    assert space.data(digits.override({"batch_size": 96})).batch_size == 96
    assert space.data(digits) is space.data(digits)
    with pytest.raises(zoo.InputError, match="cannot vary 'batch_size'"):
        hypermodel(recipe(search={"batch_size": (8, 16, 24)}), data())


@pytest.mark.full
def test_the_same_values_train_to_the_same_weights_and_models_are_let_go():
    space = hypermodel(recipe(epochs=1), data())
    hp = space.space()
    weights, models = [], []
    for _ in range(2):
        model = space.build(hp)
        space.fit(hp, model)
        weights.append(model.get_weights())
        models.append(weakref.ref(model))
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    del model
    # As keras-tuner does before each trial.
    keras.backend.clear_session()
    gc.collect()
    assert [model() for model in models] == [None, None]


def test_a_trial_without_progress_ends_early():
    still = recipe(epochs=20, learning_rate=0.0, search={"code_size": (2, 3, 4)})
    space, *built = started(still)
    # The first epoch, and a fifth of all without a better one.
    assert len(space.fit(*built).history["loss"]) == 1 + 4


def test_a_model_in_stages_comes_to_its_last_one():
    spen = zoo.load_recipe("spen/bibtex")
    space = hypermodel(spen)
    space.objective = keras_tuner.Objective("val_example_f1", "max")

    class Model:
        stages = (("local", 4.0, None), ("energy", 1.0, None), ("all", 1.0, None))

    stopping = space._early_stopping(Model(), 60)
    assert stopping.start_from_epoch == 50 and stopping.patience == 12


def test_averaged_weights_are_what_is_scored():
    space, hp, model = started(recipe(epochs=3, ema_momentum=0.9, learning_rate=1e-2))
    history = space.fit(hp, model).history
    # After `fit` the model has the averages.
    scores = model.evaluate(data().validation, verbose=0, return_dict=True)
    assert history["val_loss"][-1] == pytest.approx(scores["loss"], rel=1e-5)
    assert history["val_loss"][-1] != pytest.approx(history["loss"][-1], rel=1e-5)


def test_averaged_weights_are_what_label_sets_are_scored_by():
    """By F1, which the model does not report itself."""
    random = np.random.default_rng(0)
    x = random.normal(size=(96, 6)).astype("float32")
    y = (x @ random.normal(size=(6, 4)) > 0.3).astype("float32")
    train, test = (x[:64], y[:64]), (x[64:], y[64:])
    sets = zoo.datasets.multi_label_from_arrays(
        train, test, batch_size=16, validation_fraction=0.25
    )
    ours = zoo.Recipe(
        *("mlp/own", "mlp", "own"),
        **{"epochs": 2, "batch_size": 16, "learning_rate": 0.1, "precision": "float32"},
        ema_momentum=0.98,
        model_arguments={"units": (8,)},
        search={"learning_rate": (0.05, 0.2)},
    )
    space = hypermodel(ours, sets)
    hp = space.space()
    model = space.build(hp)
    history = space.fit(hp, model).history
    x, y = sets.arrays("validation")
    averages = task_of(model, sets).held_out(y, model.predict(x, verbose=0))
    assert history["val_example_f1"][-1] == pytest.approx(averages, abs=1e-6)


def test_steps_in_one_call_fit_an_epoch_of_fewer_rows():
    space, hp, model = started(recipe(steps_per_execution=4))
    # 48 rows in batches of 24.
    assert model.steps_per_execution == 2
    # Data is the recipe's own.
    with pytest.raises(zoo.InputError, match="takes no data"):
        space.fit(hp, model, np.zeros((4, 8, 8, 1)))
