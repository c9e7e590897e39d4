"""zoo/training/callbacks.py: stopping at a number that is none, and whole checkpoints."""

import contextlib
import dataclasses
import json

import keras
import numpy as np
import pytest
import tiny_runs

import zoo
from zoo.files import sha256_of
from zoo.models.base.divergence import WarnOfGrownLoss
from zoo.networks import decoder, encoder, separator
from zoo.training.callbacks import EpochLines, WarnOfIdleNetworks


class Fits:
    """Fits of a small super-encoder on 64 rows in batches of 16, with the rows in their order."""

    def __init__(self, images):
        self.x, self.y = images
        self.model = super_encoder()

    def __call__(self, *callbacks, **settings):
        given = {"batch_size": 16, "shuffle": False, "verbose": 0, **settings}
        return self.model.fit(self.x, self.y, callbacks=list(callbacks), **given).history


@pytest.fixture
def fit(images):
    return Fits(images)


def super_encoder():
    model = zoo.SuperEncoder(
        encoder((8, 8, 1), 4, (4,)), separator(4, 3, (8,)), decoder((8, 8, 1), 4, (4,))
    )
    model.compile(optimizer="adam")
    return model


class Spoil(keras.callbacks.Callback):
    """Makes a network's first weights no numbers after a step, counted from 0."""

    def __init__(self, step, role="encoder", value=np.nan):
        super().__init__()
        self.step, self.role, self.value = step, role, value

    def on_train_batch_end(self, batch, logs=None):
        if batch == self.step:
            first = self.model.networks[self.role].trainable_variables[0]
            first.assign(np.full(first.shape, self.value))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_the_step_and_the_term_are_named(value, fit):
    named = r"at step 3 of epoch 1: \w+_loss is (nan|inf)"
    with pytest.raises(zoo.NonFiniteLossError, match=named):
        fit(Spoil(1, value=value), zoo.StopOnNonFiniteLoss())


def test_only_the_term_that_failed_is_named(fit):
    with pytest.raises(zoo.NonFiniteLossError, match="step 2 of epoch 1: separability_loss"):
        fit(Spoil(0, "separator"), zoo.StopOnNonFiniteLoss())


def test_weights_that_turn_bad_in_the_last_step_are_noticed(fit):
    with pytest.raises(zoo.NonFiniteLossError, match="at the end of epoch 1"):
        fit(Spoil(3), zoo.StopOnNonFiniteLoss())


def test_the_last_good_checkpoint_stays(fit, tmp_path):
    callbacks = zoo.StopOnNonFiniteLoss(), zoo.Checkpoint(tmp_path)
    fit(*callbacks, epochs=2)
    good = fit.model.get_weights()
    with pytest.raises(zoo.NonFiniteLossError):
        fit(Spoil(0), *callbacks, initial_epoch=2, epochs=3)
    fresh = super_encoder()
    assert zoo.Checkpoint(tmp_path).restore(fresh) == 2
    for ours, theirs in zip(good, fresh.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_checkpoint_holds_optimizer_history_and_time(fit, tmp_path):
    first = zoo.Checkpoint(tmp_path)
    history = fit(first, epochs=3)
    assert len(list(tmp_path.iterdir())) == 2, "older checkpoints are removed"
    fresh, second = super_encoder(), zoo.Checkpoint(tmp_path)
    assert second.restore(fresh) == 3
    assert int(fresh.optimizer.iterations) == int(fit.model.optimizer.iterations) == 12
    assert second.history["loss"] == pytest.approx(history["loss"])
    assert second.seconds == pytest.approx(first.seconds)


def test_half_a_checkpoint_is_never_read(fit, tmp_path):
    fit(zoo.Checkpoint(tmp_path), epochs=2)
    # A kill between the two files of the next epoch, and one while its weights were written.
    (tmp_path / "epoch-0003.json").write_text("{}")
    (tmp_path / ".7-epoch-0003.weights.h5").write_bytes(b"half")
    assert zoo.Checkpoint(tmp_path).restore(super_encoder()) == 2


def test_a_damaged_checkpoint_is_refused_by_name(tmp_path):
    (tmp_path / "epoch-0002.json").write_text('{"epoch": 2, "history": {}, "seconds": 1.0}')
    (tmp_path / "epoch-0002.weights.h5").write_bytes(b"not weights")
    with pytest.raises(zoo.InputError, match="epoch-0002.weights.h5 cannot be read"):
        zoo.Checkpoint(tmp_path).restore(super_encoder())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.update(epoch=100), "of another epoch. Received: 100"),
        (lambda state: state.update(history=[]), "the key 'history'"),
        (lambda state: state.pop("seconds"), "lacks the key 'seconds'"),
        (lambda state: state.update(seconds=-1e9), "'seconds'"),
        (lambda state: state.update(rows={"train": []}), "'rows"),
        (
            lambda state: state.update(history={"loss": [1.0] * 3}),
            "more than 2 epochs.*3 of 'loss'",
        ),
    ],
)
def test_a_checkpoint_changed_by_hand_is_refused(change, message, tmp_path):
    """B6."""
    state = {"epoch": 2, "history": {}, "seconds": 1.0}
    change(state)
    (tmp_path / "epoch-0002.json").write_text(json.dumps(state))
    (tmp_path / "epoch-0002.weights.h5").write_bytes(b"never read")
    with pytest.raises(zoo.InputError, match=message):
        zoo.Checkpoint(tmp_path).restore(super_encoder())


def test_what_a_checkpoint_says_is_known_again(fit, tmp_path):
    fit(zoo.Checkpoint(tmp_path), epochs=2)
    file = tmp_path / "epoch-0002.json"
    state = json.loads(file.read_text())
    for edited in (
        {**state, "history": {}},
        {**state, "seconds": state["seconds"] + 1},
        {key: each for key, each in state.items() if key != "rows"},
    ):
        file.write_text(json.dumps(edited))
        with pytest.raises(zoo.InputError, match="epoch-0002.json' is not as it was written"):
            zoo.Checkpoint(tmp_path).restore(super_encoder())
    file.write_text(json.dumps(state, indent=4, sort_keys=True))
    assert zoo.Checkpoint(tmp_path).restore(super_encoder()) == 2


def test_a_checkpoint_of_another_recipe_or_without_what_belongs_to_it_is_refused(fit, tmp_path):
    recipe = tiny_runs.recipe("se_co")
    first = zoo.Checkpoint(tmp_path, recipe=recipe)
    best = tmp_path / "best.weights.h5"
    best.write_bytes(b"weights")
    first.beside = {best.name: sha256_of(best)}
    fit(first)
    for same in (recipe, dataclasses.replace(recipe, search={"epochs": [1, 2]}), None):
        assert zoo.Checkpoint(tmp_path, recipe=same).restore(super_encoder()) == 1
    for other in ({"seed": 4}, {"learning_rate": 0.5}, {"model_arguments": {"code_size": 9}}):
        edited = dataclasses.replace(recipe, **other)
        with pytest.raises(zoo.InputError, match=f"with another {next(iter(other))}"):
            zoo.Checkpoint(tmp_path, recipe=edited).restore(super_encoder())
    for spoil in (lambda: best.write_bytes(b"other"), best.unlink):
        spoil()
        with pytest.raises(zoo.InputError, match="best.weights.h5' is not there as it was"):
            zoo.Checkpoint(tmp_path).restore(super_encoder())


def test_a_checkpoint_of_other_rows_is_refused(fit, tmp_path):
    rows = {"train": [20.0, 0.5, 0.25], "validation": [4.0]}
    fit(zoo.Checkpoint(tmp_path, rows))
    # A split whose rows nobody knew then, or knows now, is not compared.
    for same in (rows, None, {"train": [20.0, 0.5002, 0.25]}, {"test": [3.0]}):
        assert zoo.Checkpoint(tmp_path, same).restore(super_encoder()) == 1
    for other, message in (
        (
            {"train": [19.0, 0.5, 0.25]},
            "20 other train rows. Received: 19 that are not those; go on with the data",
        ),
        ({"train": [20.0, 0.6, 0.25]}, "other train rows"),
        ({"validation": [5.0]}, "4 other validation rows. Received: 5"),
    ):
        with pytest.raises(zoo.InputError, match=message):
            zoo.Checkpoint(tmp_path, other).restore(super_encoder())


def test_a_flipped_bit_of_the_weights_is_noticed(fit, tmp_path):
    """B6. A checkpoint of an older zoo says nothing of its weights, and is taken as it is."""
    fit(zoo.Checkpoint(tmp_path))
    weights = tmp_path / "epoch-0001.weights.h5"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(zoo.InputError, match="cannot be read: its bytes are not those"):
        zoo.Checkpoint(tmp_path).restore(super_encoder())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    file = tmp_path / "epoch-0001.json"
    state = json.loads(file.read_text())
    del state["sha256"], state["digest"]
    file.write_text(json.dumps(state))
    assert zoo.Checkpoint(tmp_path).restore(super_encoder()) == 1


def test_weights_that_are_gone_are_not_begun_anew(fit, tmp_path):
    fit(zoo.Checkpoint(tmp_path), epochs=2)
    (tmp_path / "epoch-0002.weights.h5").unlink()
    with pytest.raises(zoo.InputError, match="weights of .*epoch-0002.json' are not there"):
        zoo.Checkpoint(tmp_path).restore(super_encoder())
    # As a kill leaves it before the first checkpoint is whole.
    (tmp_path / "epoch-0002.json").rename(tmp_path / "epoch-0001.json")
    assert zoo.Checkpoint(tmp_path).restore(super_encoder()) == 0


def test_nothing_to_restore_is_epoch_zero(tmp_path):
    assert zoo.Checkpoint(tmp_path / "none").restore(super_encoder()) == 0


def test_other_files_in_the_folder_are_left_alone(fit, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    (tmp_path / "older").mkdir()
    (tmp_path / "epoch-best.weights.h5").write_bytes(b"mine too")
    fit(zoo.Checkpoint(tmp_path), epochs=2)
    names = {path.name for path in tmp_path.iterdir()}
    mine = {"thesis.txt", "older", "epoch-best.weights.h5"}
    assert names == mine | {"epoch-0002.json", "epoch-0002.weights.h5"}
    assert zoo.Checkpoint(tmp_path).restore(super_encoder()) == 2


def test_a_learning_rate_that_ends_in_useless_weights_is_warned_of(tmp_path):
    wild = tiny_runs.recipe("cnn", model_arguments={"size": (4,)}, learning_rate=1e10)
    with pytest.warns(UserWarning, match="likely useless. A smaller learning rate"):
        zoo.training.run(wild, tmp_path / "run", verbose=0)


@pytest.mark.parametrize(
    ("first", "last", "warned"),
    [(2.0, 1e4, True), (2.0, 1.9e3, False), (1e-4, 1.0, False), (-5.0, 1e4, True)],
)
def test_orders_above_the_first_step_by_hand(first, last, warned):
    for callback in (WarnOfGrownLoss(), WarnOfGrownLoss(first)):
        callback.on_train_batch_end(0, {"loss": first})
        callback.on_train_batch_end(1, {"loss": last})
        callback.on_epoch_end(0, {"loss": last})
        with pytest.warns(UserWarning) if warned else contextlib.nullcontext():
            callback.on_train_end()


def test_a_log_has_one_line_an_epoch(fit, capsys):
    fit(EpochLines(), epochs=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["epoch", "1/2"], ["epoch", "2/2"]]
    assert all("accuracy" in line and " loss " in line for line in lines)


def test_networks_that_the_loss_does_not_reach_are_named(fit):
    fit.model.cooperation = zoo.losses.WeightedCooperation(reconstruction_weight=0.0)
    with pytest.warns(UserWarning, match="the decoder did not move in epoch 1, 2:"):
        fit(WarnOfIdleNetworks(), epochs=2)
    fit.model.cooperation = zoo.losses.WeightedCooperation()
    fit.model.make_train_function(force=True)
    fit(WarnOfIdleNetworks())
