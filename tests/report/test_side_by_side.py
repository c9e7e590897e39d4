import dataclasses

import numpy as np
import pytest
from report_pages import generated, label_sets, make_run, masks, page_of, pictures, pixels

from zoo.errors import InputError
from zoo.evaluation import reducers
from zoo.report.image_grids import image_sheet
from zoo.report.side_by_side import side_by_side
from zoo.training.finished_runs import read_run


def runs_of(tmp_path, **arrays):
    """Runs by number, one for each name, with these arrays."""
    return {
        number: read_run(make_run(tmp_path / name, name, arrays=content))
        for number, (name, content) in enumerate(arrays.items(), 1)
    }


def reduction(accuracy=0.75, rows=12):
    points = np.random.default_rng(2).normal(size=(rows, 2)).astype("float32")
    return reducers.Reduction(points, np.arange(rows) % 2, accuracy, 1.5)


def holds(address, images):
    """Whether a picture is the sheet of these images in one row."""
    wanted = image_sheet(images, columns=len(images), tile=84)
    return np.array_equal(pixels(address), pixels(wanted))


@pytest.mark.parametrize(
    "arrays",
    [
        {"vae": pictures() | generated()},
        {"ae": None, "dae": None},
        {"mlp": label_sets(0), "infnet": label_sets(0)},
    ],
)
def test_one_run_and_runs_without_pictures_have_nothing_beside_each_other(tmp_path, arrays):
    assert side_by_side(runs_of(tmp_path, **arrays)) is None


def test_every_model_has_its_plane(tmp_path):
    seen = side_by_side(runs_of(tmp_path, ae=pictures(1), dae=pictures(5), vae=None))
    planes = [(plane["run"], plane["label"], plane["code_size"]) for plane in seen["scatters"]]
    assert planes == [(1, "ae", 1), (2, "dae", 5)]
    assert len({plane["images"]["light"] for plane in seen["scatters"]}) == 2
    # Long names become numbers, which the legend explains.
    legend = [(entry["mark"], entry["name"]) for entry in seen["legend"]]
    assert legend == [("0", "class 0"), ("1", "class 1")]


def test_legend_has_the_classes_of_all_models(tmp_path):
    odd = pictures() | {"labels": np.repeat([1, 4], 6), "class_names": np.array(list("abcde"))}
    even = odd | {"labels": np.repeat([0, 4], 6)}
    seen = side_by_side(runs_of(tmp_path, ae=odd, dae=even))
    assert [entry["mark"] for entry in seen["legend"]] == ["a", "b", "e"]


def test_models_that_saw_the_same_images_share_them(tmp_path):
    one, two = pictures(), pictures()
    two["reconstructions"] = two["reconstructions"] / 2
    [sheet] = side_by_side(runs_of(tmp_path, ae=one, dae=two))["sheets"]
    assert sheet["same_images"]
    assert [row["label"] for row in sheet["rows"]] == [None, "ae", "dae"]
    shown = [one["originals"], one["reconstructions"], two["reconstructions"]]
    assert all(holds(row["image"], x) for row, x in zip(sheet["rows"], shown, strict=True))


def test_models_that_saw_other_images_keep_their_own(tmp_path):
    one, two, three = pictures(), pictures(), pictures()
    two["originals"] = two["originals"] / 2
    three["originals"], three["reconstructions"] = np.ones((2, 1, 8, 8, 3))
    runs = runs_of(tmp_path, ae=one, dae=two, vae=three, se_co=one)
    [sheet] = side_by_side(runs)["sheets"]
    assert not sheet["same_images"]
    labels = [row["label"] for row in sheet["rows"]]
    assert labels == [None, "ae", "se_co", None, "dae", None, "vae"]
    assert holds(sheet["rows"][3]["image"], two["originals"])
    assert holds(sheet["rows"][6]["image"], three["reconstructions"])


def test_ten_images_are_enough(tmp_path):
    keys = "originals", "reconstructions"
    many = pictures() | {key: np.random.rand(20, 4, 4, 1) for key in keys}
    [sheet] = side_by_side(runs_of(tmp_path, ae=many, dae=many))["sheets"]
    assert holds(sheet["rows"][1]["image"], many["reconstructions"][:10])


def test_corrupted_samples_and_traversals_of_those_that_have_them(tmp_path):
    whole = pictures() | generated(steps=3)
    seen = side_by_side(runs_of(tmp_path, ae=pictures(), vae=whole, aae=whole))
    titles = {sheet["title"]: [row["label"] for row in sheet["rows"]] for sheet in seen["sheets"]}
    assert titles == {
        "Reconstructions": [None, "ae", "vae", "aae"],
        "Reconstructions of corrupted images": [None, "vae", "aae"],
    }
    assert [(each["label"], each["count"]) for each in seen["samples"]] == [("vae", 5), ("aae", 5)]
    walks = [(each["run"], each["rows"], each["steps"]) for each in seen["traversals"]]
    assert walks == [(2, 2, 3), (3, 2, 3)]


def test_a_row_of_classes_for_each_model_that_generates(tmp_path):
    one = pictures() | {"generated": np.random.default_rng(4).random((2, 8, 8, 1))}
    two = one | {"generated": one["generated"] / 2}
    three = one | {"generated": np.random.default_rng(5).random((3, 8, 8, 1))}
    runs = runs_of(tmp_path, cnn=pictures(), ac_co_v1=one, ac_co_v2=two, other=three)
    # Columns are classes, so models of as many classes share a sheet.
    pair, alone = side_by_side(runs)["generated"]
    assert (pair["names"], alone["names"]) == (["class 0", "class 1"], ["class 0", "class 1", "2"])
    assert [(r["run"], r["label"]) for r in pair["rows"]] == [(2, "ac_co_v1"), (3, "ac_co_v2")]
    assert holds(pair["rows"][0]["image"], one["generated"])
    assert holds(pair["rows"][1]["image"], two["generated"])
    assert [row["label"] for row in alone["rows"]] == ["other"]
    assert not side_by_side(runs_of(tmp_path, cnn=pictures(), ae=pictures()))["generated"]


@pytest.mark.parametrize("empty", [{"samples": np.ones((0, 8, 8, 1))}, {"originals": None}])
def test_empty_arrays_are_left_out(tmp_path, empty):
    arrays = pictures() | {"samples": np.ones((2, 8, 8, 1))} | empty
    arrays = {key: value for key, value in arrays.items() if value is not None}
    seen = side_by_side(runs_of(tmp_path, ae=arrays, dae=arrays))
    assert bool(seen["samples"]) == ("originals" not in arrays)
    assert bool(seen["sheets"]) == ("originals" in arrays)


def test_a_line_over_the_steps_for_each_model_that_takes_steps(tmp_path):
    runs = runs_of(tmp_path, mlp=label_sets(steps=0), spen=label_sets(), dvn=label_sets(steps=9))
    seen = side_by_side(runs)
    legend = [(entry["name"], entry["shape"]) for entry in seen["steps"]["legend"]]
    assert legend == [("spen", "●"), ("dvn", "●")]
    assert len({entry["colour"] for entry in seen["steps"]["legend"]}) == 2
    assert seen["steps"]["images"]["light"] != seen["steps"]["images"]["dark"]


def test_losses_of_all_models_in_one_chart_of_held_out_rows_where_there_are_such(tmp_path):
    histories = {"ae": {"loss": [2.0, 1.0]}, "dae": {"loss": [2.0, 1.5], "val_loss": [90.0, 0.1]}}
    runs = {
        number: read_run(make_run(tmp_path / name, name, history=history))
        for number, (name, history) in enumerate(histories.items(), 1)
    }
    losses = side_by_side(runs)["losses"]
    assert [entry["name"] for entry in losses["legend"]] == ["dae"]
    runs[2] = runs[1]._replace(label="other")
    losses = side_by_side(runs)["losses"]
    assert [entry["name"] for entry in losses["legend"]] == ["ae", "other"]
    assert side_by_side({1: runs[1]}) is None


def test_masks_stand_below_the_images_and_the_true_masks(tmp_path):
    one, two, other = masks(10), masks(10), masks(1)
    two["predicted_masks"] = 1 - two["predicted_masks"]
    runs = runs_of(tmp_path, fcn=one, spen=label_sets(), single=other, dvn=two)
    sheet, single = side_by_side(runs)["masks"]
    assert [name for name, _ in sheet["given"]] == ["images", "true masks"]
    assert [(row["run"], row["label"]) for row in sheet["rows"]] == [(1, "fcn"), (4, "dvn")]
    addresses = [image for _, image in sheet["given"]] + [row["image"] for row in sheet["rows"]]
    shown = [one["originals"], one["true_masks"], one["predicted_masks"], two["predicted_masks"]]
    assert all(holds(image, x[:8]) for image, x in zip(addresses, shown, strict=True))
    assert [row["label"] for row in single["rows"]] == ["single"]
    assert holds(single["given"][1][1], other["true_masks"])


def test_page_of_label_sets_and_masks_side_by_side(tmp_path):
    folders = [
        make_run(tmp_path / name, name, dataset, scores, arrays)
        for name, dataset, scores, arrays in (
            ("mlp", "blocks", {"example_f1": [0.5]}, label_sets(0)),
            ("spen", "blocks", {"example_f1": [0.6]}, label_sets()),
            ("fcn", "horses", {"mean_iou": [0.5]}, masks(1, steps=0)),
            ("dvn", "horses", {"mean_iou": [0.6]}, masks(1)),
        )
    ]
    page = page_of(tmp_path, *folders)
    assert page.text["h3"] == [
        "What the metrics say",
        *("F1 over the steps of inference", "Masks"),
        *("Threshold", "Inference and threshold", "Masks as they are refined"),
    ]
    assert ["side by side" in text for text in page.text["caption"][:2]] == [True, True]
    # Old folders have no pictures, and nothing stands side by side.
    bare = [make_run(tmp_path / f"old_{n}", n, "blocks", {"example_f1": [0.5]}) for n in "ab"]
    page = page_of(tmp_path, *bare)
    assert page.find("img") == [] and "beside" not in {e.get("class") for e in page.find("section")}


def test_reducers_stand_beside_the_models_with_a_separator(tmp_path):
    scores = {"separability_accuracy": [0.9, 0.9], "probe_accuracy": [0.8, 0.9]}
    runs = {
        1: read_run(make_run(tmp_path / "ae", "ae", arrays=pictures())),
        2: read_run(make_run(tmp_path / "se", "se_co", scores=scores, arrays=pictures())),
    }
    lost = reduction()
    lost.embedding[:11] = np.nan
    seen = side_by_side(runs, {"tsne": reduction(0.75), "new": reduction(0.5), "pca": lost})
    planes = [(plane["label"], plane["run"], plane["probe"]) for plane in seen["reducers"]]
    # The model's is the mean over its seeds; a reducer of which one finite point is left is not.
    assert planes == [("t-SNE", None, "0.7500"), ("new", None, "0.5000"), ("se_co", 2, "0.8500")]
    # What a plane keeps is said of projections, and the share of the pixels' is the reducer's own.
    assert [bool(plane["variance"]) for plane in seen["reducers"]] == [False, False, True]
    kept = side_by_side(runs, {"pca": dataclasses.replace(reduction(), explained_variance=0.25)})
    assert kept["reducers"][0]["variance"].startswith("25 ")
    assert kept["widths"] is None
    size = runs[2].arrays["codes"].shape[1]
    wider = {"pca": dataclasses.replace(reduction(), wider=((size, 0.625), (size + 1, 0.5)))}
    (row,) = side_by_side(runs, wider)["widths"]["rows"]
    assert (row["run"], row["probe"], row["reducers"]) == (2, "0.8500", ["0.6250"])


def test_page_of_several_models(tmp_path):
    whole = pictures() | generated() | {"traversal_steps": np.array([-2.5, 0.0, 2.5])}
    scores = {"separability_accuracy": [0.91], "probe_accuracy": [0.9]}
    folders = [
        make_run(tmp_path / "vae", "vae", arrays=whole),
        make_run(tmp_path / "a", scores=scores, arrays=whole),
        make_run(
            tmp_path / "b",
            scores={"separability_accuracy": [0.93], "probe_accuracy": [0.9]},
            arrays=pictures(),
            results={"seeds": [1], "seconds": 30.0},
        ),
        make_run(tmp_path / "alone", "ae", "mnist", arrays=whole),
    ]
    reducers.write_reductions(tmp_path / "reduced.npz", {"umap": reduction()})
    page = page_of(tmp_path, *folders, reductions={"digits": tmp_path / "reduced.npz"})
    # Mean 0.92 and sample deviation sqrt(2 · 0.01²) = 0.0141 of the two seeds.
    assert page.matrices[0][2][:4] == ["se_co", "0.9200 ± 0.0141", "0.9000 ± 0.0000", ""]
    assert page.text["h1"] == ["3 models, up to 2 seeds on digits, mnist"]
    [section] = [each["id"] for each in page.find("section") if each.get("class") == "beside"]
    assert f"#{section}" in {each["href"] for each in page.find("a")}
    facts = list(zip(page.text["dt"], page.text["dd"], strict=True))
    # 90 and 30 seconds.
    assert {("Seeds", "7, 1"), ("Time per seed", "1.0 minutes")} <= set(facts)
    # Folded where models stand side by side; the one alone on its data set is open.
    folds = [each for each in page.find("details") if each["class"] == "run"]
    assert ["open" in each for each in folds] == [False, False, True]
    assert "UMAP" in page.text["figcaption"][2]
    # The walks of the models side by side, and of the one alone.
    captions = page.text["p"] + page.text["figcaption"]
    assert sum("from −2.5 to +2.5 standard deviations" in text for text in captions) == 2


def test_one_run_shows_all_its_pictures(tmp_path):
    page = page_of(tmp_path, name="vae", arrays=pictures() | generated(steps=4))
    assert page.text["h3"][1:] == [
        "The latent space",
        "Reconstructions",
        "Reconstructions of corrupted images",
        "Samples",
        "Latent traversals",
    ]
    # Four steps have no middle.
    assert "in the middle" not in page.text["figcaption"][-1]


@pytest.mark.parametrize(
    ("dataset", "content", "words"),
    [
        # Of no run, and what cannot be read.
        ("mnist", None, "'mnist'.*digits"),
        ("Digits", None, "'Digits'.*digits"),
        *[("digits", content, r"reduced\.npz") for content in (None, b"", b"text")],
    ],
)
def test_wrong_reductions_are_an_error_and_leave_nothing_behind(tmp_path, dataset, content, words):
    if content is not None:
        (tmp_path / "reduced.npz").write_bytes(content)
    with pytest.raises(InputError, match=words):
        page_of(tmp_path, reductions={dataset: tmp_path / "reduced.npz"})
    assert not (tmp_path / "report").exists()


def test_hostile_names_stay_text_side_by_side(tmp_path):
    hostile = '<script>alert("1")</script>{{ 7 * 7 }}'
    scores = {hostile: [1.0], "separability_accuracy": [0.9]}
    arrays = pictures() | generated() | {"class_names": np.array([hostile, "$x$"])}
    folders = [
        make_run(tmp_path / name, hostile + name, hostile, scores, arrays) for name in ("a", "b")
    ]
    reducers.write_reductions(tmp_path / "reduced.npz", {hostile: reduction()})
    page = page_of(tmp_path, *folders, reductions={hostile: tmp_path / "reduced.npz"})
    assert page.runs_no_script_but_its_own()
    assert page.matrices[0][0][2] == hostile.capitalize()
    assert page.matrices[0][1][0] == hostile + "a"
    assert page.text["figcaption"].count(hostile + "b") >= 3
