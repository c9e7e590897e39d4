"""zoo/run_plan.py: which runs there are, what may lie in their folders, what is checked first."""

import dataclasses
import functools
import json

import pytest
import tiny_runs
from tiny_runs import QUICK

import zoo
from zoo.comparison.run_plan import check_runs, plan_runs
from zoo.comparison.selection import place, select_recipes

recipe = functools.partial(tiny_runs.recipe, precision="auto")


def hold(output, held, done=False):
    """A run folder as an interrupted or finished run leaves it, as far as a plan looks."""
    folder = output / "runs" / held.name / f"seed_{held.seed}"
    folder.mkdir(parents=True)
    (folder / "recipe.json").write_text(held.to_json())
    if done:
        (folder / "results.json").write_text("{}")
    return folder


def names(recipes):
    return [each.name for each in recipes]


# Which recipes.


def test_a_pattern_stands_in_the_order_of_the_published_tables():
    # Table 1: SE (co), SE* (co), SE (nc), SE* (nc), AE, DAE, ...; Table 2: AC (co) v1, MSE, ...
    chosen = names(select_recipes("*/mnist"))
    assert set(chosen) == {name for name in zoo.list_recipes() if name.endswith("/mnist")}
    wanted = ["se_co", "se_co_semi", "ae", "dae", "ac_co_v1", "ac_co_v1_mae", "cnn", "vat", "m2"]
    assert [name for name in chosen if name.removesuffix("/mnist") in wanted] == [
        f"{name}/mnist" for name in wanted
    ]


def test_what_is_given_stands_in_its_order_and_once():
    given = ["dae/digits", "[as]e*/digits", "ae/mnist"]
    chosen = names(select_recipes(given))
    assert chosen[0] == "dae/digits" and chosen[-1] == "ae/mnist"
    assert chosen[1] == "se_co/digits" and "ae/digits" in chosen
    assert len(set(chosen)) == len(chosen)


def test_a_pattern_over_data_sets_goes_set_by_set():
    chosen = names(select_recipes("[ad]*e/*mnist"))
    sets = [name.partition("/")[2] for name in chosen]
    assert sets == sorted(sets) and {"mnist", "fashion_mnist"} <= set(sets)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "at least one recipe"),
        (["*/digitz"], r"pattern '\*/digitz': 'digitz'. Did you mean 'digits'"),
        (["ae/digitz"], "Did you mean 'ae/digits'"),
        ([recipe(), recipe(epochs=2)], "two 'ae/digits'"),
    ],
)
def test_recipes_that_are_none_are_refused(given, message):
    with pytest.raises(zoo.InputError, match=message):
        select_recipes(given)


def test_recipes_that_would_share_a_name_or_a_folder_are_refused(tmp_path):
    with pytest.raises(zoo.InputError, match="two that become 'ae/digits' by dataset"):
        select_recipes(["ae/digits", "ae/wine"], {"dataset": "digits"})
    with pytest.raises(zoo.InputError, match="'a:b/digits' and 'a_b/digits' would share a folder"):
        plan_runs([recipe(name="a:b/digits"), recipe(name="a_b/digits")], tmp_path)


# Seeds and folders.


def test_seeds_count_up_from_the_recipes_own_and_every_recipe_comes_before_the_next(tmp_path):
    plan = plan_runs([recipe(seed=5), recipe("dae")], tmp_path, seeds=2)
    runs = tmp_path / "runs"
    wanted = [("ae/digits", 5), ("dae/digits", 0), ("ae/digits", 6), ("dae/digits", 1)]
    assert [(run.recipe.name, run.recipe.seed) for run in plan] == wanted
    assert [run.folder for run in plan] == [runs / name / f"seed_{seed}" for name, seed in wanted]
    assert not any(run.done for run in plan)
    assert not list(tmp_path.iterdir())


def test_settings_go_to_every_recipe_and_a_wrong_one_names_the_recipe(tmp_path):
    plan = plan_runs([recipe(), recipe("dae")], tmp_path, settings={"epochs": "3", "code_size": 5})
    assert [run.recipe.epochs for run in plan] == [3, 3]
    assert [run.recipe.model_arguments["code_size"] for run in plan] == [5, 5]
    with pytest.raises(zoo.InputError, match="^ae/digits: Unknown key of --set 'noise'"):
        plan_runs([recipe("dae"), recipe()], tmp_path, settings={"noise": 0.3})


@pytest.mark.parametrize("seeds", [0, -1, 1.5, "2", True])
def test_seeds_are_counted(seeds, tmp_path):
    with pytest.raises(zoo.InputError, match="`seeds` must be an integer of at least 1"):
        plan_runs([recipe()], tmp_path, seeds=seeds)


def test_the_largest_seed_has_none_after_it(tmp_path):
    with pytest.raises(zoo.InputError, match="ae/digits: `seed` must be .* 4294967295"):
        plan_runs([recipe(seed=2**32 - 1)], tmp_path, seeds=2)


def test_what_is_done_and_what_was_stopped_is_told_apart(tmp_path):
    hold(tmp_path, recipe(), done=True)
    hold(tmp_path, recipe(seed=1))
    plan = plan_runs([recipe()], tmp_path, seeds=3)
    assert [run.done for run in plan] == [True, False, False]


def test_another_run_in_the_folder_is_refused_by_its_differing_fields(tmp_path):
    held = recipe(epochs=9, model_arguments={**QUICK, "code_size": 5, "flip": True})
    hold(tmp_path, held, done=True)
    with pytest.raises(zoo.InputError, match=r"another model_arguments \(code_size, flip\), ep"):
        plan_runs([recipe("dae"), recipe()], tmp_path)
    none = {**held.model_arguments, "label_loss": None}
    other = dataclasses.replace(held, model_arguments=none)
    with pytest.raises(zoo.InputError, match=r"another model_arguments \(label_loss\);"):
        plan_runs([other], tmp_path)
    assert plan_runs([held], tmp_path)[0].done


def test_automatic_precision_is_that_of_the_runs_there(tmp_path):
    hold(tmp_path, recipe(seed=1, precision="mixed_bfloat16"))
    plan = plan_runs([recipe(), recipe("dae")], tmp_path, seeds=2)
    assert [run.recipe.precision for run in plan] == ["mixed_bfloat16", "auto"] * 2
    with pytest.raises(zoo.InputError, match="another precision"):
        plan_runs([recipe(precision="float32")], tmp_path, seeds=2)


def test_a_file_half_written_at_a_kill_is_no_obstacle(tmp_path):
    folder = tmp_path / "runs" / "ae" / "digits" / "seed_0"
    folder.mkdir(parents=True)
    (folder / ".1234-recipe.json").write_text("{")
    assert not plan_runs([recipe()], tmp_path)[0].done
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(zoo.InputError, match="seed_0 is not empty and holds no run"):
        plan_runs([recipe()], tmp_path)


def test_an_output_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(zoo.InputError, match="not empty and holds no comparison"):
        plan_runs([recipe()], tmp_path)
    with pytest.raises(zoo.InputError, match="notes.txt is a file; give a folder"):
        plan_runs([recipe()], tmp_path / "notes.txt")
    (tmp_path / "runs" / "ae" / "digits").mkdir(parents=True)
    assert len(plan_runs([recipe()], tmp_path)) == 1
    (tmp_path / "runs" / "ae" / "digits" / "seed_0").write_text("")
    with pytest.raises(zoo.InputError, match="seed_0 is a file"):
        plan_runs([recipe()], tmp_path)


def test_a_name_does_not_lead_out_of_the_folder(tmp_path):
    for name in ("../ae", "ae/../..", "ae//etc", ".", "a/../../../b"):
        with pytest.raises(zoo.InputError, match="must be MODEL/DATASET"):
            place(tmp_path / "runs", name)
    inside = "se_co/folder:some/pictures"
    # Valid on every system; what an older zoo has begun is gone on with.
    assert place(tmp_path, inside) == tmp_path / "se_co" / "folder_some" / "pictures"
    (tmp_path / inside).mkdir(parents=True)
    assert place(tmp_path, inside) == tmp_path / inside


# What is checked before anything is trained.


def test_rows_are_those_that_training_reads(tmp_path):
    held_out = recipe("dae", validation_fraction=0.1)
    told = []
    plan = plan_runs([recipe(), held_out], tmp_path, seeds=2)
    assert check_runs(plan, "one", told.append) == {"ae/digits": 1437, "dae/digits": 1437 - 144}
    assert told == ["ae/digits", "dae/digits"]
    assert check_runs([]) == {}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"dataset": "digitz"}, "'digitz'"),
        ({"model_arguments": {"code_size": 0}}, "code_size=0"),
        ({"labelled_fraction": 0.2}, "learns from no labels"),
        ({"model": "aee"}, "Did you mean 'ae'"),
        ({"model": "src", "model_arguments": {}}, "leave `batch_size` as it is"),
    ],
)
def test_a_mistake_in_the_last_recipe_names_it(fields, message, tmp_path):
    wrong = dataclasses.replace(recipe(name="wrong/digits"), **fields)
    with pytest.raises(zoo.InputError, match=f"wrong/digits: .*{message}"):
        check_runs(plan_runs([recipe(), wrong], tmp_path))
    assert not list(tmp_path.iterdir())


def test_estimators_are_checked_and_compared_with_what_is_held(tmp_path):
    good, bad = (
        zoo.Recipe(f"{kernel}/digits", "kenrr", "digits", {"kernel": kernel})
        for kernel in ("rbf", "rfb")
    )
    assert check_runs(plan_runs([good], tmp_path)) == {"rbf/digits": 1437}
    with pytest.raises(zoo.InputError, match="rfb/digits: Unknown kernel 'rfb'"):
        check_runs(plan_runs([good, bad], tmp_path))
    hold(tmp_path, good, done=True)
    assert plan_runs([good], tmp_path)[0].done
    with pytest.raises(zoo.InputError, match="another run: rbf/digits with another model, "):
        plan_runs([recipe(name="rbf/digits")], tmp_path)


def test_data_that_is_missing_is_named_as_such(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_MANUAL_DIR", str(tmp_path / "manual"))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "sets"))
    plan = plan_runs([recipe(name="ae/mnist", dataset="mnist")], tmp_path / "out")
    with pytest.raises(zoo.datasets.MissingDataError, match="ae/mnist: Data set 'mnist' is not"):
        check_runs(plan)


def test_the_recipe_of_a_run_compares_equal_to_itself(tmp_path):
    folder = hold(tmp_path, zoo.load_recipe("se_co/fashion_mnist"), done=True)
    assert json.loads((folder / "recipe.json").read_text())["target"]
    assert plan_runs("se_co/fashion_mnist", tmp_path)[0].done
