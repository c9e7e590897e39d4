import json

import numpy as np
import pytest
from report_pages import label_sets, masks

from zoo.errors import InputError
from zoo.report.run_folder import merge_seeds, read_run

RESULTS = {
    "recipe": "se_co/digits",
    "model": "se_co",
    "dataset": "digits",
    "train_rows": 1_000,
    "seeds": [0],
    "scores": {"psnr": [20.0]},
    "versions": {},
    "hardware": {},
    "seconds": 30.0,
    "images_per_second": 1_000.0,
}


def write(folder, **contents):
    """A run folder; a string is written as it stands, anything else as JSON."""
    contents = {"results": RESULTS, "recipe": {"name": "x"}, "history": {"loss": [1.0]}} | contents
    for name, content in contents.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name}.json").write_text(text)
    return folder


def save(folder, **arrays):
    np.savez(write(folder) / "figures.npz", **arrays)
    return folder


def test_reads_a_run(tmp_path):
    run = read_run(write(tmp_path, recipe={"target": {"psnr": 19}}))
    assert run.label == "se_co"
    assert run.recipe["target"] == {"psnr": 19}
    assert run.history == {"loss": [1.0]}
    assert run.arrays == {}


def test_label_keeps_a_name_that_does_not_end_in_the_data_set(tmp_path):
    results = RESULTS | {"recipe": "se_co/digits", "dataset": "mnist"}
    assert read_run(write(tmp_path, results=results)).label == "se_co/digits"


@pytest.mark.parametrize("recipe", [{}, {"target": None}, {"target": {}}])
def test_a_recipe_may_have_no_target(tmp_path, recipe):
    assert read_run(write(tmp_path, recipe=recipe)).recipe["target"] == {}


def test_durations_may_be_unknown(tmp_path):
    results = RESULTS | {"seconds": None, "images_per_second": None}
    assert read_run(write(tmp_path, results=results)).results["seconds"] is None


def test_refuses_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        read_run(tmp_path / "nowhere")


def test_refuses_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        read_run(tmp_path / "file")


def test_names_all_that_is_missing(tmp_path):
    write(tmp_path)
    (tmp_path / "results.json").unlink()
    (tmp_path / "history.json").unlink()
    with pytest.raises(InputError, match=r"lacks history\.json, results\.json"):
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
        ("results", RESULTS | {"images_per_second": [1]}, "images_per_second"),
        ("recipe", {"target": [0.9]}, "target"),
        ("recipe", {"target": {"psnr": "0.9"}}, "target"),
        ("history", {"loss": 1.0}, "loss"),
        ("history", {"loss": [1.0, "x"]}, "loss"),
    ],
)
def test_names_the_file_and_the_key_of_a_wrong_value(tmp_path, name, content, key):
    with pytest.raises(InputError) as error:
        read_run(write(tmp_path, **{name: content}))
    assert f"{name}.json" in str(error.value)
    assert repr(key) in str(error.value)


def test_codes_that_are_not_finite_are_left_out(tmp_path):
    codes = np.array([[0.0, 1.0], [np.nan, 1.0], [2.0, np.inf], [3.0, 1.0]])
    arrays = read_run(save(tmp_path, codes=codes, labels=np.arange(4))).arrays
    np.testing.assert_array_equal(arrays["codes"], codes[[0, 3]])
    np.testing.assert_array_equal(arrays["labels"], [0, 3])


def test_codes_of_any_shape_become_rows(tmp_path):
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


def seeded(folder, seed, recipe=(), **results):
    folder.mkdir()
    recipe = {"name": "x", "seed": seed} | dict(recipe)
    return read_run(write(folder, recipe=recipe, results=RESULTS | {"seeds": [seed]} | results))


def test_seeds_of_one_recipe_become_one_run(tmp_path):
    runs = [
        seeded(tmp_path / "a", 3, scores={"psnr": [20.0]}, seconds=10.0, images_per_second=None),
        seeded(tmp_path / "b", 1, scores={"psnr": [22.0], "accuracy": [0.5]}, seconds=40.0),
        seeded(tmp_path / "c", 2, scores={"psnr": [21.0]}, seconds=None),
    ]
    [merged] = merge_seeds(runs)
    assert merged.results["seeds"] == [3, 1, 2]
    assert merged.results["scores"] == {"psnr": [20.0, 22.0, 21.0], "accuracy": [0.5]}
    # Means over what is known: (10 + 40) / 2, and 1,000 twice.
    assert merged.results["seconds"] == 25.0
    assert merged.results["images_per_second"] == 1_000.0
    assert merged.folder == tmp_path / "a" and merged.recipe["seed"] == 3
    # The runs that were given stay as they are.
    assert runs[0].results["seeds"] == [3] and runs[0].results["scores"] == {"psnr": [20.0]}


@pytest.mark.parametrize(
    ("recipe", "results"),
    [
        ({"epochs": 2}, {}),
        ({"target": {"psnr": 20.0}}, {}),
        ({}, {"dataset": "mnist"}),
        ({}, {"train_rows": 500}),
        ({}, {"labelled_rows": 100}),
    ],
)
def test_runs_that_differ_in_more_than_the_seed_stay_apart(tmp_path, recipe, results):
    runs = [seeded(tmp_path / "a", 0), seeded(tmp_path / "b", 1, recipe, **results)]
    assert merge_seeds(runs) == runs


def test_a_seed_given_twice_does_not_count_twice(tmp_path):
    a, b, c = (seeded(tmp_path / name, seed) for name, seed in (("a", 0), ("b", 0), ("c", 1)))
    merged = merge_seeds([a, b, c])
    assert [run.results["seeds"] for run in merged] == [[0, 1], [0]]
    assert [run.folder.name for run in merged] == ["a", "b"]


def test_merged_runs_stand_where_each_recipe_first_occurs(tmp_path):
    names = [("a", 0, "x"), ("b", 0, "y"), ("c", 1, "x"), ("d", 1, "y")]
    runs = [seeded(tmp_path / folder, seed, {"name": name}) for folder, seed, name in names]
    assert [run.folder.name for run in merge_seeds(runs)] == ["a", "b"]
    assert [run.folder.name for run in merge_seeds(runs[::-1])] == ["d", "c"]
    assert merge_seeds([]) == []


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
