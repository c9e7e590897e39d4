"""zoo/models/base/stages.py: when a stage begins, what moves in it, and where a fit goes on."""

import keras
import numpy as np
import pytest
from label_set_rows import compiled, moved, rows, tiny, values

import zoo
from zoo.models.base.stages import first_epochs, read_stages

X, Y = rows()
STAGES = (("local", 2, 0.1), ("energy", 1, 0.2), ("all", 1))


def fit(model, epochs, **settings):
    return model.fit(X, Y, **{"batch_size": 24, "epochs": epochs, "verbose": 0, **settings})


def test_shares_become_epochs():
    stages = read_stages([("a", 10), ["b", 10, 0.1], ("c", 30, None)], ("a", "b", "c"))
    assert stages == (("a", 10.0, None), ("b", 10.0, 0.1), ("c", 30.0, None))
    assert first_epochs(stages, 50) == [0, 10, 20]
    assert first_epochs(stages, 5) == [0, 1, 2]
    # Of one epoch the last stage takes all.
    assert first_epochs(stages, 1) == [0, 0, 0]


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ([], "`stages` must be"),
        ("local", "`stages` must be"),
        ([("local",)], r"\(part, share\)"),
        (["local"], r"\(part, share\)"),
        ([("locale", 1)], "Did you mean 'local'"),
        ([("local", 0)], "above 0"),
        ([("local", -1)], "at least 0"),
        ([("local", 1, -0.1)], "learning rate"),
    ],
)
def test_stages_that_cannot_be_read_are_refused(stages, message):
    with pytest.raises(zoo.InputError, match=message):
        read_stages(stages, ("local", "all"))


@pytest.mark.parametrize(
    "name", ["spen", pytest.param("spen_e2e", marks=pytest.mark.full), "infnet"]
)
def test_each_stage_moves_its_part_alone(name):
    model = compiled(name, stages=STAGES)
    network = model.energy_network
    parts = {
        "features": network.features.trainable_variables,
        "local": network.terms[0].trainable_variables,
        "label": network.terms[1].trainable_variables,
    }
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.before = {part: values(variables) for part, variables in parts.items()}

        def on_epoch_end(self, epoch, logs=None):
            changed = {p for p, v in parts.items() if any(moved(self.before[p], v))}
            rate = float(self.model.optimizer.learning_rate)
            seen.append((self.model.stage, changed, round(rate, 6)))

    fit(model, 4, callbacks=[Watch()])
    assert seen == [
        ("local", {"features", "local"}, 0.1),
        ("local", {"features", "local"}, 0.1),
        ("energy", {"local", "label"}, 0.2),
        ("all", {"features", "local", "label"}, 0.2),
    ]


def test_a_part_labels_moves_the_terms_but_the_local_one():
    model = compiled("spen", stages=[("labels", 1)])
    network = model.energy_network
    still = network.variables_of("local")
    before, labels = values(still), values(network.terms[1].trainable_variables)
    fit(model, 1)
    assert not any(moved(before, still))
    assert any(moved(labels, network.terms[1].trainable_variables))


def test_a_stage_starts_its_optimizer_anew():
    model = tiny("spen", stages=[("local", 1, 0.01), ("all", 1, 0.02)])
    model.compile(optimizer=keras.optimizers.Adam(0.5))
    fit(model, 2)
    # Two steps of the second stage alone.
    assert int(model.optimizer.iterations) == 2
    assert float(model.optimizer.learning_rate) == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("name", "stop"),
    [("spen", 1), ("spen", 2), ("infnet", 3)],
)
@pytest.mark.full
def test_a_fit_that_was_stopped_goes_on_as_if_it_never_was(name, stop, tmp_path):
    whole, part = (tiny(name, stages=STAGES) for _ in range(2))
    part.set_weights(whole.get_weights())
    for model in (whole, part):
        model.compile(optimizer=keras.optimizers.Adam(0.05))
    fit(whole, 4, shuffle=False)

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch + 1 == stop

    fit(part, 4, shuffle=False, callbacks=Stop())
    part.save(tmp_path / "part.keras")
    loaded = keras.models.load_model(tmp_path / "part.keras")
    fit(loaded, 4, shuffle=False, initial_epoch=stop)
    for ours, theirs in zip(values(whole.weights), values(loaded.weights), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_validation_follows_the_stage():
    model = compiled("spen", stages=[("local", 1), ("all", 1)])
    history = fit(model, 2, validation_data=(X, Y)).history
    assert history["val_loss"][0] == pytest.approx(history["val_local_loss"][0])
    assert history["val_loss"][1] == pytest.approx(history["val_hinge_loss"][1])
    assert history["val_hinge_loss"][0] == 0.0


def test_keras_positional_callbacks_are_kept():
    model = compiled("spen", stages=[("local", 1), ("all", 1)])
    seen = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: seen.append(model.stage))
    model.fit(X, Y, 24, 2, 0, [callback])
    assert seen == ["local", "all"]


def test_callbacks_that_compare_the_losses_of_stages_are_warned_of(recwarn):
    stop = keras.callbacks.EarlyStopping

    def told(*callbacks, **settings):
        recwarn.clear()
        model = compiled("spen", stages=STAGES)
        fit(model, 4, callbacks=list(callbacks), validation_data=(X, Y), **settings)
        return [str(each.message) for each in recwarn if "of stages" in str(each.message)]

    (said,) = told(stop("val_loss", patience=3), keras.callbacks.History())
    assert "EarlyStopping compares 'val_loss'" in said and "begins at epoch 3" in said
    assert len(told(keras.callbacks.ReduceLROnPlateau("hinge_loss", min_lr=0.01))) == 1
    assert not told(stop("val_loss", start_from_epoch=3))
    assert not told(stop("val_loss"), initial_epoch=3)
    assert not told(stop("val_label_f1", mode="max", patience=3))


def test_a_rate_against_a_schedule_is_refused():
    model = tiny("spen", stages=[("all", 1, 0.1)])
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    model.compile(optimizer=keras.optimizers.SGD(schedule))
    with pytest.raises(zoo.InputError, match="schedule='constant'"):
        fit(model, 1)


def test_a_stage_without_anything_to_learn_is_refused():
    with pytest.raises(zoo.InputError, match="nothing to learn"):
        tiny("spen", measurements=0, stages=[("labels", 1)])
