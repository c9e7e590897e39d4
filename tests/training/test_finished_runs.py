"""zoo/training/finished_runs.py: what a run folder says; see test_damaged_runs.py too."""

import json

import numpy as np
import pytest
from report_pages import label_sets, masks
from written_runs import MODEL, RESULTS, write

import zoo
import zoo.training.runs
from zoo.datasets import from_arrays
from zoo.errors import InputError
from zoo.recipe import Recipe
from zoo.training import evaluate_run, run
from zoo.training.finished_runs import read_run
from zoo.training.run_results import write_results


def save(folder, **arrays):
    np.savez(write(folder) / "figures.npz", **arrays)
    return folder


def test_reads_a_run(tmp_path):
    old = {key: MODEL[key] for key in ("name", "model", "dataset")} | {"target": {"psnr": 19}}
    run = read_run(write(tmp_path, recipe=old))
    assert run.label == "se_co"
    # A recipe.json of before recipes had a system gets that of the zoo's own of its name.
    assert run.recipe == Recipe(**old, system="SE (co)")
    assert run.results == RESULTS
    assert run.history == {"loss": [1.0] * 3}
    assert run.arrays == {}


def test_label_keeps_a_name_that_does_not_end_in_the_data_set(tmp_path):
    other = {"dataset": "mnist"}
    run = read_run(write(tmp_path, results=RESULTS | other, recipe=MODEL | other))
    assert run.label == "se_co/digits"


def test_a_run_of_the_first_weeks_lacks_shape_and_names_and_an_estimators_has_no_epochs(tmp_path):
    assert read_run(write(tmp_path)).results.keys().isdisjoint({"input_shape", "names"})
    other = {"name": "src/digits", "model": "src"}
    results = RESULTS | {"recipe": "src/digits", "model": "src"}
    del results["epochs"]
    run = read_run(write(tmp_path, recipe=MODEL | other, results=results, history={}))
    assert run.recipe.model == "src"


@pytest.mark.parametrize(
    "told",
    [
        # What a later zoo adds stays; text that is no Unicode; durations that are unknown.
        {"new": 1},
        {"hardware": {"cpu": "caf\udce9", "cores": None, "accelerators": []}},
        {"seconds": None, "images_per_second": None},
    ],
)
def test_results_are_read_as_they_were_written(tmp_path, told):
    assert read_run(write(tmp_path, results=RESULTS | told)).results == RESULTS | told


def test_refuses_what_is_no_folder_and_names_all_that_is_missing(tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("nowhere", "file"):
        with pytest.raises(InputError, match=name):
            read_run(tmp_path / name)
    write(tmp_path)
    (tmp_path / "results.json").unlink()
    (tmp_path / "history.json").unlink()
    with pytest.raises(InputError, match=r"it has no history\.json, results\.json"):
        read_run(tmp_path)


@pytest.mark.parametrize("key", sorted(RESULTS))
def test_names_the_key_that_results_lack(tmp_path, key):
    results = {name: value for name, value in RESULTS.items() if name != key}
    with pytest.raises(InputError, match=rf"results\.json' lacks the key '{key}'"):
        read_run(write(tmp_path, results=results))


@pytest.mark.parametrize("name", ["results", "recipe", "history"])
@pytest.mark.parametrize("content", ["{", "", "[1]", "null", '"text"'])
def test_names_the_file_that_holds_no_json_object(tmp_path, name, content):
    with pytest.raises(InputError, match=rf"{name}\.json"):
        read_run(write(tmp_path, **{name: content}))


def test_refuses_bytes_that_are_no_text(tmp_path):
    (write(tmp_path) / "results.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"results\.json' is not JSON"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("results", RESULTS | {"scores": [1.0]}, "scores"),
        ("results", RESULTS | {"scores": {"psnr": 1.0}}, "scores.psnr"),
        ("results", RESULTS | {"scores": {"psnr": []}}, "scores.psnr"),
        ("results", RESULTS | {"scores": {"psnr": ["high"]}}, "scores.psnr"),
        ("results", RESULTS | {"scores": {"psnr": [None]}}, "scores.psnr"),
        ("results", RESULTS | {"train_rows": "all"}, "train_rows"),
        ("results", RESULTS | {"recipe": 3}, "recipe"),
        ("results", RESULTS | {"seeds": 0}, "seeds"),
        ("results", RESULTS | {"seconds": "long"}, "seconds"),
        ("results", RESULTS | {"seconds": -1.0}, "seconds"),
        ("results", RESULTS | {"seconds": float("nan")}, "seconds"),
        ("results", RESULTS | {"images_per_second": float("inf")}, "images_per_second"),
        ("results", RESULTS | {"images_per_second": [1]}, "images_per_second"),
        ("results", RESULTS | {"labelled_rows": None}, "labelled_rows"),
        ("results", RESULTS | {"train_rows": True}, "train_rows"),
        ("results", RESULTS | {"seeds": []}, "seeds"),
        ("results", RESULTS | {"epochs": "3"}, "epochs"),
        ("results", RESULTS | {"precision": 32}, "precision"),
        ("results", RESULTS | {"names": "abc"}, "names"),
        ("results", RESULTS | {"columns": [{"a": 1}]}, "columns.name"),
        ("results", RESULTS | {"versions": {"keras": 3}}, "versions.keras"),
        ("results", RESULTS | {"hardware": {"cpu": "x", "cores": 1}}, "hardware.accelerators"),
        ("recipe", MODEL | {"target": None}, "target"),
        ("recipe", MODEL | {"target": [0.9]}, "target"),
        ("recipe", MODEL | {"target": {"psnr": "0.9"}}, "target.psnr"),
        ("history", {"loss": 1.0}, "loss"),
        ("history", {"loss": [1.0, "x"]}, "loss"),
    ],
)
def test_names_the_file_and_the_key_of_a_wrong_value(tmp_path, name, content, key):
    with pytest.raises(InputError) as error:
        read_run(write(tmp_path, **{name: content}))
    assert f"{name}.json" in str(error.value)
    assert repr(key) in str(error.value)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("results", RESULTS | {"recipe": "ae/digits"}),
        ("results", RESULTS | {"model": "cnn"}),
        ("results", RESULTS | {"dataset": "mnist"}),
        ("results", RESULTS | {"seeds": [1]}),
        ("results", RESULTS | {"scores": {"psnr": [20.0, 21.0]}}),
        ("results", RESULTS | {"scores": {"accuracy": [5.0]}}),
        ("results", RESULTS | {"scores": {"macro_f1": [float("nan")]}}),
        # More than its recipe has.
        ("results", RESULTS | {"epochs": 1_000}),
        ("history", {"loss": [1.0] * 4}),
        ("history", {"loss": [1.0] * 2}),
    ],
)
def test_files_of_two_runs_are_told_apart(tmp_path, name, told):
    with pytest.raises(InputError, match=f"{name}.json' does not go with the other files.*seed 0"):
        read_run(write(tmp_path, **{name: told}))


def test_figures_of_another_run_are_told_apart(tmp_path):
    write(tmp_path, results=RESULTS | {"names": ["a", "b"]})
    np.savez(tmp_path / "figures.npz", class_names=["a", "b"])
    assert read_run(tmp_path).arrays["class_names"].tolist() == ["a", "b"]
    np.savez(tmp_path / "figures.npz", class_names=["a", "b", "c"])
    with pytest.raises(InputError, match=r"figures.npz' does not go with the other files"):
        read_run(tmp_path)


def test_a_model_of_another_run_is_refused(tmp_path):
    tiny = Recipe("ae/digits", "ae", "digits", {"size": (4,), "code_size": 2}, epochs=1)
    folders = [tmp_path / "a", tmp_path / "b"]
    pair = np.random.default_rng(0).random((24, 8, 8, 1)).astype("float32"), np.arange(24) % 2
    for seed, folder in enumerate(folders):
        run(tiny.override({"seed": seed}), folder, data=from_arrays(pair, pair), verbose=0)
    (folders[0] / "model.keras").write_bytes((folders[1] / "model.keras").read_bytes())
    with pytest.raises(InputError, match="model.keras' is not the file that the run of ae/arrays"):
        zoo.load_run(folders[0])
    zoo.load_run(folders[1])


EDITS = {
    "recipe.json": [
        {"learning_rate": 0.5},
        {"target": {"accuracy": 0.9}},
        {"labelled_fraction": 0.1},
    ],
    "history.json": [{"loss": [0.5]}, {}],
    "results.json": [{"overridden": {"epochs": 9}}, {"versions": {}}, {"seconds": 1.0}],
}


def test_an_edit_of_any_file_is_noticed_and_another_layout_is_none(tmp_path):
    tiny = Recipe("ae/digits", "ae", "digits", {"size": (4,), "code_size": 2}, epochs=1)
    pair = np.random.default_rng(0).random((24, 8, 8, 1)).astype("float32"), np.arange(24) % 2
    results = run(tiny, tmp_path, data=from_arrays(pair, pair), verbose=0)
    for name, edits in EDITS.items():
        file = tmp_path / name
        held = file.read_text()
        for edit in edits:
            values = json.loads(held)
            file.write_text(json.dumps({**values, **edit} if edit else {}))
            with pytest.raises(InputError, match=f"{name}' was changed since the run of ae/arrays"):
                read_run(tmp_path)
        file.write_text(json.dumps(json.loads(held)))
        assert read_run(tmp_path).results == results
    file.write_text(json.dumps(results | {"scores": {"psnr": [99.0]}}))
    with pytest.raises(InputError, match="other scores than were measured; `zoo evaluate`"):
        read_run(tmp_path)
    evaluate_run(tmp_path, data=from_arrays(pair, pair))
    assert read_run(tmp_path).results == results


def test_scores_of_ones_own_and_of_generation_are_kept(tmp_path):
    """Whatever a task of one's own calls its scores, and whichever is measured anew."""
    tiny = Recipe("ae/digits", "ae", "digits", {"size": (4,), "code_size": 2}, epochs=1)
    pair = np.random.default_rng(0).random((24, 8, 8, 1)).astype("float32"), np.arange(24) % 2
    data = from_arrays(pair, pair)
    results = run(tiny, tmp_path, data=data, verbose=0)
    own = {"fid": [3.0], "recall_of_rare": [float("nan")], "previous_error": [3.0]}
    write_results(tmp_path, results | {"scores": results["scores"] | own})
    assert read_run(tmp_path).results["scores"]["previous_error"] == [3.0]
    assert evaluate_run(tmp_path, data=data)["scores"].keys() == {*results["scores"], *own}
    held = json.loads((tmp_path / "results.json").read_text())
    held["scores"]["fid"] = [0.0]
    (tmp_path / "results.json").write_text(json.dumps(held))
    # What somebody changed is not kept.
    assert "fid" not in evaluate_run(tmp_path, data=data)["scores"]


def test_a_refused_resume_leaves_what_an_unfinished_run_has(tmp_path):
    """Files of another run that were put beside its checkpoint."""
    (tmp_path / "run" / "checkpoint").mkdir(parents=True)
    write(tmp_path / "run", recipe=MODEL)
    (tmp_path / "run" / "checkpoint" / "epoch-0001.json").write_text("{}")
    before = sorted(tmp_path.rglob("*"))
    recipe = Recipe(**MODEL)
    with pytest.raises(InputError, match="no finished run: it has no model.keras"):
        run(recipe, tmp_path / "run", resume=True)
    (tmp_path / "run" / "history.json").unlink()
    with pytest.raises(InputError, match="no finished run: it has no history.json"):
        run(recipe, tmp_path / "run", resume=True)
    assert sorted(tmp_path.rglob("*")) == [each for each in before if each.name != "history.json"]


def test_codes_become_rows_and_those_that_are_not_finite_are_left_out(tmp_path):
    codes = np.array([[0.0, 1.0], [np.nan, 1.0], [2.0, np.inf], [3.0, 1.0]])
    arrays = read_run(save(tmp_path, codes=codes, labels=np.arange(4))).arrays
    np.testing.assert_array_equal(arrays["codes"], codes[[0, 3]])
    np.testing.assert_array_equal(arrays["labels"], [0, 3])
    arrays = read_run(save(tmp_path, codes=np.ones((5, 2, 3)), labels=np.zeros(5, int))).arrays
    assert arrays["codes"].shape == (5, 6)
    assert read_run(save(tmp_path, codes=np.ones((0, 2)), labels=np.zeros(0, int)))


IMAGES = np.zeros((2, 4, 4, 1))


@pytest.mark.parametrize(
    ("arrays", "key"),
    [
        ({"codes": np.ones((3, 2)), "labels": np.zeros(4, int)}, "labels"),
        ({"codes": np.ones((3, 2)), "labels": np.zeros(3)}, "labels"),
        ({"codes": np.array(["a"]), "labels": np.zeros(1, int)}, "codes"),
        ({"codes": np.array(1.0), "labels": np.array(1)}, "codes"),
        ({"originals": IMAGES, "reconstructions": IMAGES[:1]}, "reconstructions"),
        ({"originals": IMAGES[0], "reconstructions": IMAGES[0]}, "originals"),
        ({"originals": IMAGES.astype(str), "reconstructions": IMAGES}, "originals"),
        ({"corrupted": IMAGES, "corrupted_reconstructions": IMAGES[:1]}, "corrupted_reconstr"),
        ({"samples": IMAGES[0]}, "samples"),
        ({"samples": IMAGES.astype(str)}, "samples"),
        ({"traversals": IMAGES}, "traversals"),
        ({"traversal_steps": np.array(["far"])}, "traversal_steps"),
        ({"generated": IMAGES[0]}, "generated"),
        ({"generated": IMAGES.astype(str)}, "generated"),
        ({"confusion": np.zeros((2, 3), int)}, "confusion"),
        ({"confusion": np.zeros(4, int)}, "confusion"),
        ({"confusion": np.eye(2)}, "confusion"),
        ({"confusion": -np.eye(2, dtype=int)}, "confusion"),
        ({"calibration": np.zeros((15, 2))}, "calibration"),
        ({"calibration": np.zeros(3)}, "calibration"),
        ({"calibration": np.full((15, 3), "high")}, "calibration"),
    ],
)
def test_names_the_array_that_does_not_fit(tmp_path, arrays, key):
    with pytest.raises(InputError, match=rf"figures\.npz': the key '{key}"):
        read_run(save(tmp_path, **arrays))


def test_refuses_a_damaged_archive_and_pickled_objects(tmp_path):
    save(tmp_path, codes=np.ones((50, 2)), labels=np.zeros(50, int))
    whole = (tmp_path / "figures.npz").read_bytes()
    for damaged in (b"", b"text", whole[: len(whole) // 2]):
        (tmp_path / "figures.npz").write_bytes(damaged)
        with pytest.raises(InputError, match=r"figures\.npz"):
            read_run(tmp_path)
    with pytest.raises(InputError, match=r"figures\.npz"):
        read_run(save(tmp_path, class_names=np.array(["a", None], dtype=object)))


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        ("thresholds", np.zeros((3, 1))),
        ("threshold_f1", np.zeros(2)),
        ("step_f1", np.array(["a"] * 4)),
        ("step_energies", np.zeros(5)),
    ],
)
def test_refuses_curves_that_do_not_fit(tmp_path, key, bad):
    save(tmp_path, **label_sets())
    assert read_run(tmp_path).arrays.keys() == label_sets().keys()
    with pytest.raises(InputError, match=key):
        read_run(save(tmp_path, **label_sets() | {key: bad}))


@pytest.mark.parametrize(
    ("key", "bad", "named"),
    [
        ("originals", np.zeros((3, 8, 8)), "originals"),
        ("originals", np.zeros((2, 8, 8, 3)), "true_masks"),
        ("true_masks", np.zeros((3, 8, 8, 3)), "true_masks"),
        ("predicted_masks", np.zeros((3, 6, 8, 1)), "predicted_masks"),
        ("mask_originals", np.zeros((3, 8, 8, 3)), "mask_steps"),
        ("mask_originals", None, "mask_originals"),
        ("mask_steps", np.zeros((3, 6, 6, 1)), "mask_steps"),
        ("mask_steps", np.zeros((2, 3, 6, 6, 1)), "mask_step_numbers"),
        ("mask_step_numbers", np.array([0.0, 2.0, 4.0]), "mask_step_numbers"),
        ("mask_step_numbers", None, "mask_step_numbers"),
    ],
)
def test_refuses_masks_that_do_not_fit(tmp_path, key, bad, named):
    assert read_run(save(tmp_path, **masks())).arrays.keys() == masks().keys()
    arrays = {name: array for name, array in (masks() | {key: bad}).items() if array is not None}
    with pytest.raises(InputError, match=f"key '{named}'"):
        read_run(save(tmp_path, **arrays))
