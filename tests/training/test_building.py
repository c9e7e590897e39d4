"""zoo/training/building.py: class weights and averaged weights of a recipe, by hand; its rows."""

import json

import keras
import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

import zoo
from zoo.datasets import from_arrays
from zoo.optimizers import FusedAdam
from zoo.recipe import Recipe
from zoo.training.building import build, build_estimator, recipe_on
from zoo.training.callbacks import Checkpoint
from zoo.training.runs import run

TINY = {"kind": "dense", "size": (4,)}
# Rows of each class: 30, 8, 2.
LABELS = np.repeat([0, 1, 2], [30, 8, 2])


def data(labels=LABELS, **options):
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 0.4, (len(labels), 4, 4, 1)) + 0.3 * labels[:, None, None, None]
    pair = x.astype("float32"), labels
    names = [str(number) for number in range(3)]
    options = {"validation_fraction": 0, "batch_size": 40, "class_names": names, **options}
    validation = pair if options.pop("own_validation", False) else None
    return from_arrays(pair, pair, validation=validation, **options)


def recipe(model="cnn", **fields):
    arguments = {**TINY, **({"discriminator_size": (4,)} if model == "ac_nc_v2" else {})}
    if model == "ae":
        arguments["code_size"] = 2
    settings = {
        "name": f"{model}/arrays",
        "model": model,
        "dataset": "arrays",
        "model_arguments": arguments,
        "batch_size": 40,
        "epochs": 2,
        "precision": "float32",
        "schedule": "constant",
        "optimizer": "sgd",
        "learning_rate": 0.1,
    }
    return Recipe(**{**settings, **fields})


def trained(recipe, folder, **settings):
    """The model that a run on these rows leaves in its folder."""
    run(recipe, folder, verbose=0, **settings)
    return keras.models.load_model(folder / "model.keras")


def test_class_weights_by_hand():
    weights = data().class_weights()
    assert weights == pytest.approx({0: 40 / 90, 1: 40 / 24, 2: 40 / 6})
    assert sum(weights[label] for label in LABELS) == pytest.approx(40)
    scikit = compute_class_weight("balanced", classes=np.arange(3), y=LABELS)
    np.testing.assert_allclose([weights[number] for number in range(3)], scikit)
    # They are of the training rows.
    held_out = data(validation_fraction=0.5)
    assert held_out.rows["train"] == 20
    assert held_out.class_weights() == pytest.approx({0: 20 / 45, 1: 20 / 12, 2: 20 / 3})


@pytest.mark.parametrize(
    "model",
    [*(pytest.param(name, marks=pytest.mark.full) for name in ("cnn", "ac_co_v2")), "ac_nc_v1"],
)
def test_balanced_class_weights_reach_the_first_step(model, tmp_path):
    """One batch an epoch, and a rate of nearly 0: the loss shown is that of the first weights."""
    balanced = recipe(model, class_weights="balanced", learning_rate=1e-30, epochs=1)
    model = trained(balanced, tmp_path / "run", data=data())
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    x, y = data().sample("train", 40)
    chance = np.asarray(model.classify(x), "float64")[np.arange(40), y]
    weight = np.array([40 / 90, 40 / 24, 40 / 6])[y]
    by_hand = np.sum(weight * -np.log(chance)) / np.sum(weight)
    assert history["classification_loss"] == [pytest.approx(by_hand, rel=1e-4)]
    assert by_hand != pytest.approx(-np.log(chance).mean(), rel=1e-2)


def test_balanced_class_weights_help_the_rare_class(tmp_path):
    """With networks that see no image, probabilities go to the classes' shares of the weight."""
    blind = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Rescaling(0.0), keras.layers.Flatten()]
    )
    blind.add(keras.layers.Dense(3))
    for weights, shares in (("balanced", [1 / 3, 1 / 3, 1 / 3]), (None, [0.75, 0.2, 0.05])):
        model = zoo.Classifier(keras.models.clone_model(blind))
        model.compile(keras.optimizers.SGD(2.0))
        held = data()
        model.fit(
            held.stream(0, 100),
            epochs=100,
            steps_per_epoch=1,
            class_weight=held.class_weights() if weights else None,
            verbose=0,
        )
        found = model.classify(held.sample("train", 1)[0])[0]
        np.testing.assert_allclose(found, shares, atol=0.01)


def test_class_weights_are_refused_where_they_cannot_be():
    balanced = {"class_weights": "balanced"}
    with pytest.raises(zoo.InputError, match="'ae' learns from no labels.*class_weights='balanced"):
        build(recipe("ae", **balanced), data())
    half = data(labelled_fraction=0.5)
    with pytest.raises(zoo.InputError, match="hidden labels cannot be had together.*of 40 rows"):
        build(recipe(**balanced), half)
    build(recipe(**balanced), data())
    build(recipe(), half)
    with pytest.raises(zoo.InputError, match="Unknown class_weights 'equal'.*Allowed: balanced"):
        recipe(class_weights="equal")


@pytest.mark.parametrize("momentum", [-0.1, 1.0, float("nan")])
def test_momenta_out_of_range_are_refused(momentum):
    with pytest.raises(zoo.InputError, match="`ema_momentum`.*between 0 and .*Received"):
        recipe(ema_momentum=momentum)


class Weights(keras.callbacks.Callback):
    """The weights after each step, by role."""

    def on_train_begin(self, logs=None):
        self.steps = []

    def on_train_batch_end(self, batch, logs=None):
        networks = self.model.networks.items()
        self.steps.append({role: network.get_weights() for role, network in networks})


def average(steps, momentum):
    """Keras's: the first weights, then momentum · average + (1 - momentum) · weights."""
    found = steps[0]
    for step in steps[1:]:
        found = [momentum * a + (1 - momentum) * w for a, w in zip(found, step, strict=True)]
    return found


@pytest.mark.parametrize(
    "model",
    [*(pytest.param(name, marks=pytest.mark.full) for name in ("ac_co_v1", "ac_nc_v2")), "cnn",
     "ac_nc_v1"],
)  # fmt: skip
@pytest.mark.parametrize("optimizer", ["adam", pytest.param("sgd", marks=pytest.mark.full)])
def test_after_the_last_epoch_the_players_have_their_average(model, optimizer, tmp_path):
    seen = Weights()
    averaged = recipe(model, ema_momentum=0.5, batch_size=20, optimizer=optimizer)
    loaded = trained(averaged, tmp_path / "run", data=data(batch_size=20), callbacks=[seen])
    assert len(seen.steps) == 4
    if optimizer == "adam":
        assert type(loaded.optimizer) is FusedAdam
    for role, network in loaded.networks.items():
        own = [step[role] for step in seen.steps]
        expected = own[-1] if role == loaded.adversary_role else average(own, 0.5)
        for found, wanted in zip(network.get_weights(), expected, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)
        # Strict cooperation may leave the generator alone; all others have moved.
        apart = max(np.abs(a - b).max() for a, b in zip(average(own, 0.5), own[-1], strict=True))
        assert apart > 1e-4 or model == "ac_co_v1"


@pytest.mark.parametrize(
    "name", [name for name in zoo.list_models() if "_nc" in name or "aae" in name]
)
def test_an_adversarys_variables_come_last(name):
    """Keras pairs the averages with the trainable variables one by one, in their order."""
    parts = {"input_shape": (8, 8, 1), "kind": "dense", "size": (4,)}
    classes = {} if "aae" in name else {"num_classes": 3}
    model = zoo.create_model(name, **parts, **classes)
    ordered = model.player_variables + model.adversary_variables
    assert list(map(id, ordered)) == list(map(id, model.trainable_variables))


class Killed(Exception):
    """Stands for the signal that ends a run."""


@pytest.mark.full
def test_a_run_resumed_after_its_last_epoch_gets_the_averages_too(tmp_path, monkeypatch):
    end = Checkpoint.on_epoch_end

    def die(self, epoch, logs=None):
        end(self, epoch, logs)
        if epoch == 1:
            raise Killed

    for model in ("cnn", "ac_nc_v2"):
        averaged, rows = recipe(model, ema_momentum=0.5, batch_size=20), data(batch_size=20)
        killed = tmp_path / model / "killed"
        one = trained(averaged, tmp_path / model / "whole", data=rows)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(Checkpoint, "on_epoch_end", die)
            run(averaged, killed, data=data(batch_size=20), verbose=0)
        assert not (killed / "model.keras").exists()
        other = trained(averaged, killed, data=data(batch_size=20), resume=True)
        for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


def test_adams_decay_is_that_of_both_players():
    model = build(recipe("ac_nc_v2", beta_1=0.5, optimizer="adam"), data())
    assert model.optimizer.beta_1 == model.adversary_optimizer.beta_1 == 0.5
    assert build(recipe("ac_nc_v2", optimizer="adam"), data()).optimizer.beta_1 == 0.9
    with pytest.raises(zoo.InputError, match="number of Adam.*beta_1=0.5 with optimizer='sgd'"):
        build(recipe(beta_1=0.5), data())
    with pytest.raises(zoo.InputError, match="`beta_1`.*between 0 and .*Received"):
        recipe(beta_1=1.0)


def test_without_a_momentum_nothing_is_averaged():
    model = build(recipe("ac_nc_v2"), data())
    assert not model.optimizer.use_ema and not model.adversary_optimizer.use_ema
    model = build(recipe("ac_nc_v2", ema_momentum=0.9), data())
    assert model.optimizer.use_ema and model.optimizer.ema_momentum == 0.9
    assert not model.adversary_optimizer.use_ema


# Estimators.


def estimator(**fields):
    settings = {"name": "src/arrays", "model": "src", "dataset": "arrays"}
    return Recipe(**{**settings, **fields})


def test_an_estimator_is_made_for_the_classes_of_the_data():
    made, arguments = build_estimator(estimator(model_arguments={"lambda1": 0.2}), data())
    assert arguments == {"num_classes": 3, "lambda1": 0.2}
    assert (made.num_classes, made.lambda1) == (3, 0.2) and not hasattr(made, "classes_")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"epochs": 5}, "without steps.*leave `epochs`.*epochs=5"),
        ({"class_weights": "balanced"}, "leave `class_weights`.*'balanced'"),
        ({"precision": "float32"}, "leave `precision`.*'float32'"),
        ({"model_arguments": {"lambda1": -0.1}}, "`lambda1` must be.*lambda1=-0.1"),
        ({"model_arguments": {"kernel": "rbf"}}, "argument of 'src' 'kernel'"),
        ({"model": "kenrr", "model_arguments": {"kernel": "cubic"}}, "Unknown kernel 'cubic'"),
        ({"model": "kenrr", "model_arguments": {"lambda2": -1.0}}, "`lambda2` must be"),
        ({"model": "crc", "model_arguments": {"lambda2": -1.0}}, "`lambda2` must be"),
    ],
)
def test_what_an_estimator_has_no_use_for_is_refused(fields, message):
    with pytest.raises(zoo.InputError, match=message):
        build_estimator(estimator(**fields), data())


def test_an_estimator_needs_one_class_a_row():
    blocks = zoo.datasets.load("blocks/40")
    with pytest.raises(zoo.InputError, match="one class each.*'blocks/40'.*label sets"):
        build_estimator(estimator(), blocks)


def test_on_data_of_ones_own_only_the_labels_count():
    few = data(labelled_fraction=0.5, labelled_batch_size=4, batch_size=12)
    assert recipe_on(estimator(), few) == estimator(labelled_fraction=0.5)
    assert recipe_on(recipe(), few).labelled_batch_size == 4


@pytest.mark.parametrize(("own", "share"), [(True, 0.2), (True, 0.0), (False, 0.2)])
def test_rows_held_out_beside_a_validation_split_are_warned_of(own, share, recwarn):
    build(recipe(validation_fraction=share), data(validation_fraction=share, own_validation=own))
    told = [str(each.message) for each in recwarn if "cuts no others" in str(each.message)]
    assert len(told) == (own and share > 0)
    assert all("keeps the 40 validation rows" in each for each in told)


def test_a_run_on_given_data_says_how_many_rows_were_held_out_of_it(tmp_path):
    run(recipe(validation_fraction=0.3, in_memory=True), tmp_path, data=data(), verbose=0)
    held = json.loads((tmp_path / "recipe.json").read_text())
    assert (held["validation_fraction"], held["in_memory"]) == (0.0, None)


def test_rates_that_stages_make_void_are_told_and_a_schedule_over_them_refused(recwarn):
    rows = {"model": "m1m2", "learning_rate": 0.1}
    arguments = {"units": (3,), "size": (4,), "code_size": 2, "feature_size": 2}
    stages = (("codes", 1, 1e-3), ("classes", 1, 2e-3))
    for rate in (1e-3, 0.1):
        own = {**arguments, "stages": stages}
        build(recipe(**rows | {"learning_rate": rate, "model_arguments": own}), data())
    told = [str(each.message) for each in recwarn if "says nothing" in str(each.message)]
    assert len(told) == 1 and "0.001, 0.002: learning_rate=0.1" in told[0]
    with pytest.raises(zoo.InputError, match="2 stages, which count their steps anew"):
        build(recipe(**rows, model_arguments=arguments, schedule="linear_end"), data())
