"""What a run says of itself: its data, what is published of it, what differs from its recipe."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tiny_runs

import zoo
from zoo.comparison.score_table import score_table
from zoo.datasets import from_arrays
from zoo.report.scores import notes_on, overridden_as_text
from zoo.training import evaluate_run, run
from zoo.training.building import recipe_on
from zoo.training.finished_runs import read_run
from zoo.training.row_signatures import (
    check_rows,
    check_trained_rows,
    content_of,
    is_same,
    learned_alike,
    signature_of,
    trained_rows,
)
from zoo.training.run_results import write_results

TINY = {"epochs": 1, "batch_size": 256, "size": (4, 8), "code_size": 4, "precision": "float32"}


def noise(seed=0, **settings):
    x = np.random.default_rng(seed).random((32, 8, 8, 1)).astype("float32")
    return from_arrays((x, np.arange(32) % 3), (x, np.arange(32) % 3), batch_size=16, **settings)


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A7: a run of ae/digits on noise."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    return folder, run(zoo.load_recipe("ae/digits").override(TINY), folder, data=noise(), verbose=0)


def test_a_run_names_the_data_that_it_was_given_and_no_published_number(given):
    folder, results = given
    recipe = json.loads((folder / "recipe.json").read_text())
    assert recipe["name"] == results["recipe"] == "ae/arrays"
    assert recipe["dataset"] == results["dataset"] == "arrays"
    assert recipe["target"] == {} and recipe["source"] == ""
    assert results["train_rows"] == 29 and results["names"] == ["0", "1", "2"]


def test_it_is_never_scored_on_another_set(given):
    folder, results = given
    with pytest.raises(zoo.InputError, match="was given its data set 'arrays' itself"):
        evaluate_run(folder)
    for other in (noise(1), noise(1, name="digits"), zoo.datasets.load("digits")):
        with pytest.raises(zoo.InputError, match="are not those that the run"):
            evaluate_run(folder, data=other)
    assert evaluate_run(folder, data=noise())["scores"] == results["scores"]


def test_rows_to_learn_from_are_known_again_in_any_order_and_cut():
    x = np.random.default_rng(0).random((40, 4, 4, 1)).astype("float32")
    y = np.arange(40) % 4
    order = np.random.default_rng(1).permutation(40)

    def content(x, y, **settings):
        return content_of(from_arrays((x, y), (x[:4], np.arange(4)), **settings))

    ours = content(x, y)
    assert ours[0] == 40
    for seed, fraction in ((0, 0.0), (1, 0.3), (2, 0.3)):
        again = content(x[order], y[order], seed=seed, validation_fraction=fraction)
        assert learned_alike({"content": ours}, {"content": again})
    for other in (
        (x, np.roll(y, 1)),
        (x, np.where(np.arange(40) == 7, 3 - y, y)),
        (np.where(np.arange(40)[:, None, None, None] == 7, x[::-1], x), y),
        (x[:39], y[:39]),
    ):
        assert not learned_alike({"content": ours}, {"content": content(*other)})
    assert learned_alike({}, {"content": ours})


def test_columns_in_another_order_are_other_columns():
    rows = np.random.default_rng(0).random((20, 2)), np.arange(20) % 2
    data = from_arrays(rows, rows, feature_names=["a", "b"])
    results = {"recipe": "mlp_classifier/t", "columns": [{"name": "a"}, {"name": "b"}]}
    check_rows(results, data)
    with pytest.raises(zoo.InputError, match="in their order: a, b. Received: b, a"):
        check_rows(results, from_arrays(rows, rows, feature_names=["b", "a"]))


def test_rows_are_known_again_by_number_values_and_order():
    x = np.random.default_rng(0).random((32, 8, 8, 1)).astype("float32")
    y = np.arange(32) % 3
    train = x, y

    def signature(x, y, **settings):
        return signature_of(from_arrays(train, (x, y), **settings))

    held = signature(x, y)
    assert signature(x, y, batch_size=5) == pytest.approx(held, abs=1e-5)
    for other in ((x[::-1], y), (x, y[::-1]), (x[:31], y[:31]), (1 - x, y)):
        assert not np.allclose(signature(*other), held, rtol=1e-3, atol=1e-3)


def test_a_column_of_large_numbers_does_not_hide_the_others():
    random = np.random.default_rng(0)
    x = np.column_stack([random.normal(5e4, 1e4, 80), random.normal(size=80)]).astype("float32")
    other = np.column_stack([x[:, 0], random.normal(size=80)]).astype("float32")
    held, found = (
        signature_of(from_arrays((x, np.arange(80) % 2), (each, np.arange(80) % 2)))
        for each in (x, other)
    )
    assert np.allclose(held[:3], found[:3], rtol=1e-3) and not is_same(held, found)
    # As an earlier run has it.
    assert is_same(held, held[:3])


def test_rows_of_small_numbers_are_known_again():
    random = np.random.default_rng(0)
    y = np.arange(80) % 2
    one, other = (random.normal(size=(80, 3)).astype("float32") * 1e-6 for _ in range(2))
    first, same, changed = (from_arrays((x, y), (x, y)) for x in (one, one, other))
    for known in (signature_of, content_of):
        assert is_same(known(first), known(same)) and not is_same(known(first), known(changed))
        # As an earlier run has it.
        assert is_same(known(first), known(first)[:3])


def test_names_are_known_again():
    rows = np.random.default_rng(0).random((20, 2)), np.arange(20) % 2
    data, others, columns = (
        from_arrays(rows, rows, class_names=[*classes], feature_names=[*features])
        for classes, features in (("xy", "ab"), ("yx", "ab"), ("xy", "ba"))
    )
    check_rows({"recipe": "mlp_classifier/t", "names": ["x", "y"]}, data)
    with pytest.raises(zoo.InputError, match="in their order: x, y. Received: y, x"):
        check_rows({"recipe": "mlp_classifier/t", "names": ["x", "y"]}, others)
    held = trained_rows(data)
    check_trained_rows(held, held, "file")
    check_trained_rows(held, {"train": held["train"]}, "of before")
    for each in (others, columns):
        with pytest.raises(zoo.InputError, match="'file' is of the same rows with other names"):
            check_trained_rows(trained_rows(each), held, "file")


def test_a_set_that_was_loaded_by_its_name_is_the_recipes_own():
    recipe = zoo.Recipe("ae/digits", "ae", "digits", target={"psnr": 1.0}, source="a table")
    assert recipe_on(recipe, zoo.datasets.load("digits")).target == {"psnr": 1.0}
    of_that_name = recipe_on(recipe, noise(name="digits"))
    assert of_that_name.name == "ae/digits" and of_that_name.target == {}


@pytest.mark.parametrize(
    "settings", [{"dataset": "mnist"}, {"labelled_fraction": 0.5}, {"image_shape": (16, 16, 1)}]
)
def test_what_is_published_is_of_the_recipes_rows_alone(settings):
    recipe = zoo.Recipe("se_co/digits", "se_co", "digits", target={"psnr": 1.0}, source="a table")
    assert recipe.override({"epochs": 3}).target == {"psnr": 1.0}
    changed = recipe.override(settings)
    assert changed.target == {} and changed.source == ""
    if "dataset" in settings:
        assert changed.name == "se_co/mnist"


def test_what_was_overridden_is_told_by_field_and_argument(tmp_path):
    recipe = zoo.load_recipe("ae/digits")
    assert recipe.overridden() == {}
    changed = recipe.override({**TINY, "seed": 7})
    told = {key: list(value) if key == "size" else value for key, value in TINY.items()}
    assert changed.overridden() == {
        key: value for key, value in told.items() if key != "precision"
    } | ({} if recipe.precision == "auto" else {"precision": "float32"})
    assert "epochs=1" in overridden_as_text({"overridden": changed.overridden()})
    assert tiny_runs.recipe(name="mine/digits").overridden() == {}
    # Of one's own file it is told too.
    file = tmp_path / "mine.py"
    file.write_text("import zoo\nR = zoo.Recipe('mine/digits', 'ae', 'digits', epochs=3)\n")
    mine = zoo.load_recipe(f"{file}:mine/digits")
    assert mine.overridden() == {} and mine.override({"epochs": 5}).overridden() == {"epochs": 5}
    for changed in (
        mine.on("mnist").override({"epochs": 5}),
        dataclasses.replace(mine, name="other/digits", epochs=5),
        zoo.Recipe.from_json(mine.override({"dataset": "mnist", "epochs": "5"}).to_json()),
    ):
        assert changed.overridden() == {"epochs": 5}
    assert dataclasses.replace(mine, dataset="mnist").overridden() == {"dataset": "mnist"}


def test_what_was_overridden_is_told_on_other_data_too(given):
    _, results = given
    told = {key: list(value) if key == "size" else value for key, value in TINY.items()}
    # The batches are those of the data given.
    expected = {key: told[key] for key in ("epochs", "size", "code_size")} | {"batch_size": 16}
    assert {key: results["overridden"].get(key) for key in expected} == expected
    assert "dataset" not in results["overridden"]
    recipe = zoo.load_recipe("ae/digits")
    assert recipe.on("blocks").overridden() == {}
    assert recipe.on("a").on("b").override({"epochs": 1}).overridden() == {"epochs": 1}


def test_a_run_names_the_license_of_its_data(given):
    _, results = given
    assert results["data_license"] is None
    assert zoo.datasets.load("digits").license == "CC-BY-4.0"
    assert zoo.datasets.load("blocks").license is None


def test_tables_say_what_was_overridden_and_who_had_more_rows(given, tmp_path):
    folder, _ = given
    one = read_run(folder)
    one = one._replace(results=one.results | {"overridden": {}})
    results = {**one.results, "overridden": {"epochs": 1}, "train_rows": 20}
    other = one._replace(label="vae", results=results)
    changed, note = notes_on([one, other])
    assert changed == "vae on arrays was run with epochs=1, other than its recipe."
    assert note == "On arrays not all learned from as many rows: ae from 29; vae from 20."
    assert notes_on([one, one]) == []
    apart = {**one.results, "test_rows": [32, 0.0, 0.0]}
    (note,) = notes_on([one, one._replace(label="vae", results=apart)])
    assert note == "On arrays vae had other test rows than ae: these numbers do not compare."
    table = score_table(
        [zoo.comparison.Compared(each.recipe, 1, each, {}) for each in (one, other)]
    )
    assert [row[0] for row in table.rows] == ["ae/arrays", "ae/arrays *"]
    write_results(folder, {**results, "labelled_rows": 20})
    page = zoo.report.write_report([folder], tmp_path / "page").read_text()
    assert "was run with epochs=1, other than its recipe" in page


class StopInTheSecondEpoch(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def test_a_run_goes_on_with_the_rows_that_it_was_begun_with_alone(tmp_path):
    recipe = zoo.load_recipe("ae/digits").override({**TINY, "epochs": 2})
    with pytest.raises(KeyboardInterrupt):
        run(recipe, tmp_path, data=noise(), callbacks=[StopInTheSecondEpoch()], verbose=0)
    with pytest.raises(zoo.InputError, match="other train rows.*go on with the data"):
        run(recipe, tmp_path, data=noise(1), resume=True, verbose=0)
    assert run(recipe, tmp_path, data=noise(), resume=True, verbose=0)["epochs"] == 2
