"""zoo/training/held_out.py: by name and by default, and the scores that models do not report."""

import dataclasses

import numpy as np
import pytest

import zoo
from zoo.datasets import masks_from_arrays, multi_label_from_arrays
from zoo.metrics.structured_scores import THRESHOLDS
from zoo.training.held_out import choose_objective
from zoo.tuning import hypermodel
from zoo.tuning.search_file import as_text


def image_rows():
    x = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), dtype="uint8")
    y = np.arange(40) % 4
    return zoo.datasets.from_arrays((x, y), (x[:8], y[:8]), batch_size=32)


def label_rows():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(60, 5)).astype("float32")
    y = (x @ generator.normal(size=(5, 4)) > 0.3).astype("float32")
    return multi_label_from_arrays((x, y), (x[:8], y[:8]), batch_size=32, validation_fraction=0.5)


def mask_rows():
    x = np.random.default_rng(0).uniform(size=(24, 12, 12, 3)).astype("float32")
    y = (x[..., :1] > 0.4).astype("float32")
    return masks_from_arrays((x, y), (x[:8], y[:8]), batch_size=16, validation_fraction=0.3)


def fitted(name, rows, **arguments):
    recipe = zoo.load_recipe(name).quick()
    recipe = dataclasses.replace(
        recipe, batch_size=32, model_arguments={**recipe.model_arguments, **arguments}
    )
    space = hypermodel(recipe, rows)
    hp = space.space()
    model = space.build(hp)
    return space, model, space.fit(hp, model).history


@pytest.mark.parametrize(
    "name, expected",
    [
        pytest.param("cnn/digits", "val_accuracy:max", marks=pytest.mark.full),
        ("vae/digits", "val_reconstruction_error:min"),
    ],
)
def test_each_kind_of_model_has_an_objective_that_it_reports(name, expected):
    space, _, history = fitted(name, image_rows())
    assert as_text(space.objective) == expected
    assert len(history[space.objective.name]) == 1


def test_label_sets_are_scored_at_the_best_threshold_of_the_held_out_rows():
    rows = label_rows()
    space, model, history = fitted("mlp/blocks", rows)
    assert as_text(space.objective) == "val_example_f1:max"
    x, y = rows.arrays("validation")
    soft = model.predict(x, verbose=0)
    hard = soft > np.reshape(THRESHOLDS, (-1, 1, 1))
    sizes, both = hard.sum(axis=2) + y.sum(axis=1), (hard * y).sum(axis=2)
    best = np.where(sizes > 0, 2 * both / np.maximum(sizes, 1), 0).mean(axis=1).max()
    assert 0 < best < 1
    assert history["val_example_f1"] == [pytest.approx(best)]


@pytest.mark.full
def test_masks_of_a_value_network_are_scored_on_the_crops_in_the_middle():
    rows = mask_rows()
    space, model, history = fitted("dvn/weizmann_horse", rows, crop_size=8)
    assert as_text(space.objective) == "val_mean_iou:max"
    x, y = rows.arrays("validation")
    hard = model.predict(x[:, 2:10, 2:10], verbose=0) > 0.5
    true = y[:, 2:10, 2:10] > 0.5
    shared, together = (hard & true).sum(axis=(1, 2, 3)), (hard | true).sum(axis=(1, 2, 3))
    assert history["val_mean_iou"] == [pytest.approx((shared / together).mean())]


NAMES = ["val_accuracy", "val_adversarial_loss", "val_loss", "val_odd"]


@pytest.mark.parametrize(
    "asked, expected",
    [
        (None, "val_accuracy:max"),
        ("val_loss", "val_loss:min"),
        ("val_accuracy", "val_accuracy:max"),
        ("val_adversarial_loss:max", "val_adversarial_loss:max"),
        ("val_odd:min", "val_odd:min"),
    ],
)
def test_an_objective_has_a_direction(asked, expected):
    assert as_text(choose_objective(asked, NAMES, "model", ("example_f1", "accuracy"))) == expected
    # Without a score the loss is the objective.
    assert as_text(choose_objective(None, ["val_loss", "val_x_loss"], "model")) == "val_loss:min"


@pytest.mark.parametrize(
    "asked, words",
    [
        ("accuracy", "Did you mean 'val_accuracy'.* Allowed: val_accuracy, val_adv.*, val_odd"),
        ("val_accuracy:up", "Unknown direction of the objective 'up'"),
        ("val_accuracy:", "Unknown direction of the objective ''"),
        ("val_odd", "val_odd:min or val_odd:max"),
        ("", "Unknown objective"),
    ],
)
def test_what_is_no_objective_is_refused(asked, words):
    with pytest.raises(zoo.InputError, match=words):
        choose_objective(asked, NAMES, "model")
