import csv
import importlib.resources
import inspect

import pytest
from report_pages import lines, make_run, measured, page_of

import zoo
from zoo.report.page import read_runs
from zoo.report.published_tables import published_tables, tables_as_text

MEASURES = ("macro_f1", "macro_precision", "macro_recall")


def run_of(label, dataset="mnist", scores=None, target=(), model=None, **arguments):
    return measured(label, scores, dataset, target, model=model, arguments=arguments)


def systems(table):
    return [title for _, title, _ in lines(table)]


def test_table_2_has_each_accuracy_in_its_cell():
    runs = [
        run_of("cnn", "cifar10", {"accuracy": [0.8]}, {"accuracy": 0.8017}),
        run_of("ac_nc_v1", "mnist", {"accuracy": [0.91, 0.92, 0.93]}, {"accuracy": 0.9958}),
        run_of("cnn", "mnist", {"accuracy": [0.9]}, {"accuracy": 0.9951, "macro_f1": 0.995}),
        run_of("se_co", "svhn_cropped", {"separability_accuracy": [0.9]}),
    ]
    table = published_tables(runs)[0]
    assert table.number == 2
    # The slides' order of data sets, not that of the runs; those without an accuracy are not here.
    assert [column.title for column in table.columns] == ["mnist", "cifar10"]
    # Mean 0.92; sample deviation sqrt(0.0002 / 2) = 0.01.
    assert lines(table) == {
        ("", "AC (nc) v1, MSE", "ac_nc_v1"): [("0.9200 ± 0.0100", "0.9958", True), None],
        ("", "Independent CNN", "cnn"): [("0.9000", "0.9951", False), ("0.8000", "0.8017", False)],
    }


def test_table_2_has_the_slides_order_and_the_rest_below():
    labels = ["mine", "cnn", "ac_nc_v2", "ac_co_v1_mae", "ac_co_v2", "ac_co_v1", "another"]
    table = published_tables([run_of(label) for label in labels])[0]
    assert [heading for _, *heading in lines(table)] == [
        ["AC (co) v1, MSE", "ac_co_v1"],
        ["AC (co) v1, MAE", "ac_co_v1_mae"],
        ["AC (co) v2, MSE", "ac_co_v2"],
        ["AC (nc) v2, MSE", "ac_nc_v2"],
        ["Independent CNN", "cnn"],
        ["mine", ""],
        ["another", ""],
    ]


def test_every_system_of_table_2_has_its_line():
    models = {"VAE (M1 + M2)": "m1m2", "Maxout Networks": "maxout", "Ladder Networks": "ladder"}
    rows = importlib.resources.files("zoo.recipes").joinpath("published.csv").read_text()
    named = [row["system"] for row in csv.DictReader(rows.splitlines()) if row["table"] == "2"]
    comparators = dict.fromkeys(system for system in named if not system.startswith(("AC", "In")))
    runs = []
    for system in comparators:
        words = "".join(c if c.isalnum() else " " for c in system.lower()).split()
        model = models.get(system, "kenrr" if "kenrr" in words else "_".join(words))
        kernel = {"kernel": words[1].replace("poly", "polynomial")} if model == "kenrr" else {}
        runs.append(run_of("_".join(words), model=model, **kernel))
    assert systems(published_tables(runs[::-1])[0]) == list(comparators)


def test_a_kernel_that_is_not_named_is_the_default_one():
    default = inspect.signature(zoo.registry.entry_point("kenrr")).parameters["kernel"].default
    for named in ({}, {"kernel": default}):
        [table] = published_tables([run_of("mine", model="kenrr", **named)])
        assert systems(table) == ["KENRR (RBF)"]


def test_data_sets_of_the_slides_come_first_in_their_order():
    met = ["digits", "cifar10", "fashion_mnist", "pneumonia_mnist", "arrays", "mnist"]
    table = published_tables([run_of("cnn", dataset) for dataset in met])[0]
    assert [column.title for column in table.columns] == [
        *("mnist", "pneumonia_mnist", "fashion_mnist", "cifar10"),
        *("digits", "arrays"),
    ]


def test_table_3_has_three_lines_for_each_data_set_and_a_column_for_each_system():
    published = dict(zip(MEASURES, (0.995, 0.9951, 0.9949), strict=True))
    runs = [
        run_of("ac_co_v1", "mnist", dict(zip(MEASURES, ([0.1], [0.2], [0.3]), strict=True))),
        run_of("ac_co_v1_mae", "mnist", dict.fromkeys(MEASURES, [0.99])),
        run_of("mine", "mnist", dict.fromkeys(MEASURES, [0.98])),
        run_of("ac_nc_v2", "cifar10", {"macro_f1": [0.25, 0.75]}),
        run_of("cnn", "mnist", dict(zip(MEASURES, ([0.4], [0.1], [0.3]), strict=True)), published),
    ]
    [table] = published_tables(runs)
    assert table.number == 3
    assert [tuple(column) for column in table.columns] == [
        ("Independent CNN", "cnn"),
        ("AC (co) v1", "ac_co_v1"),
        ("AC (nc) v2", "ac_nc_v2"),
    ]
    # The best of a line, which the absolute error and other models are not part of; 0.3 is twice
    # the best. Sample deviation of 0.25 and 0.75: sqrt(2 · 0.25²) = 0.3536.
    assert lines(table) == {
        ("mnist", "F1 score", ""): [("0.4000", "0.9950", True), ("0.1000", "–", False), None],
        ("mnist", "Precision", ""): [("0.1000", "0.9951", False), ("0.2000", "–", True), None],
        ("mnist", "Recall", ""): [("0.3000", "0.9949", True), ("0.3000", "–", True), None],
        ("cifar10", "F1 score", ""): [None, None, ("0.5000 ± 0.3536", "–", False)],
        ("cifar10", "Precision", ""): [None, None, None],
        ("cifar10", "Recall", ""): [None, None, None],
    }


def test_the_absolute_error_is_told_by_name_or_by_argument():
    scores = {"accuracy": [0.5], "macro_f1": [0.5]}
    runs = [
        run_of("ac_co_v1_mae", scores=scores),
        run_of("ac_co_v2", scores=scores, reconstruction_loss="mae"),
        run_of("ac_nc_v1", scores=scores, reconstruction_loss="mse"),
    ]
    accuracies, means = published_tables(runs)
    assert systems(accuracies) == ["AC (co) v1, MAE", "AC (co) v2, MAE", "AC (nc) v1, MSE"]
    assert [column.label for column in means.columns] == ["ac_nc_v1"]


def test_marks_in_table_3_leave_those_of_the_comparison_alone():
    # `compare` marks the absolute error; the copy in Table 3 is marked again.
    found = {"ac_co_v1": 0.7, "ac_co_v2": 0.8, "ac_co_v2_mae": 0.9}
    runs = [run_of(k, scores={"accuracy": [v], "macro_f1": [v]}) for k, v in found.items()]
    accuracies, means = published_tables(runs)
    assert [cells[0][2] for cells in lines(accuracies).values()] == [False, False, True]
    assert [cell[2] for cell in lines(means)["mnist", "F1 score", ""]] == [False, True]


@pytest.mark.parametrize(
    ("target", "noted"), [({}, False), ({"macro_f1": 0.9}, False), ({"macro_recall": 0.9}, True)]
)
def test_the_swap_is_told_where_a_swapped_number_is_shown(target, noted):
    scores = dict.fromkeys(MEASURES, [0.5])
    [table] = published_tables([run_of("cnn", scores=scores, target=target)])
    assert any("swapped" in note for note in table.notes) == noted


@pytest.mark.parametrize(
    ("label", "dataset", "noted"),
    [
        ("ac_nc_v2_mae", "pneumonia_mnist", True),
        ("ac_nc_v2_mae", "mnist", False),
        ("ac_nc_v2", "pneumonia_mnist", False),
    ],
)
def test_the_misprint_is_told_where_it_is_shown(label, dataset, noted):
    other = run_of("cnn", "pneumonia_mnist")
    [table] = published_tables([other, run_of(label, dataset)])
    assert any("1/624" in note for note in table.notes) == noted


def test_runs_of_other_models_have_no_tables():
    runs = [run_of("se_co", scores={"separability_accuracy": [0.9]})]
    assert published_tables(runs) == []
    assert tables_as_text(runs) == ""


def test_text_has_aligned_columns():
    runs = [
        run_of("cnn", "mnist", {"accuracy": [0.9], "macro_f1": [0.5]}, {"accuracy": 0.9951}),
        run_of("ac_co_v1", "数", {"accuracy": [0.8, 0.8]}),
    ]
    assert tables_as_text(runs).splitlines() == [
        "Table 2. Accuracy of classification: ours (published)",
        "Model            mnist            数",
        "AC (co) v1, MSE  –                0.8000 ± 0.0000",
        "Independent CNN  0.9000 (0.9951)  –",
        "",
        "Table 3. F1 score, precision and recall, means over the classes: ours (published)",
        "Data set     Independent CNN",
        "mnist",
        "  F1 score   0.5000",
        "  Precision  –",
        "  Recall     –",
    ]


def test_text_tells_runs_of_one_system_apart():
    runs = [run_of(f"ac_co_v1 ({name})", model="ac_co_v1") for name in ("one", "two")]
    rows = tables_as_text(runs).splitlines()[2:]
    assert [row.split("  ")[0] for row in rows] == [
        "AC (co) v1, MSE [ac_co_v1 (one)]",
        "AC (co) v1, MSE [ac_co_v1 (two)]",
    ]


def test_page_shows_both_tables(tmp_path):
    scores = {"accuracy": [0.75], "macro_f1": [0.5]}
    target = {"accuracy": 0.9951, "macro_precision": 0.9951}
    recipe = {"model": "cnn", "target": target}
    folders = [
        make_run(tmp_path / "a", "cnn", "mnist", scores, recipe=recipe),
        make_run(
            *(tmp_path / "b", "cnn", "mnist", {"accuracy": [0.25]}),
            recipe=recipe,
            results={"seeds": [8]},
        ),
        make_run(tmp_path / "c", "<i>", "digits", scores, recipe={"model": "ac_co_v1"}),
    ]
    page = page_of(tmp_path, *folders)
    two, three = page.tables_of("published-table")
    # Mean 0.5 of 0.75 and 0.25, sample deviation 0.3536; 0.5 - 0.9951 = -0.4951.
    assert two == [
        ["Model", "mnist", "digits"],
        ["AC (co) v1, MSE <i>", "–", "0.7500"],
        ["Independent CNN cnn", "0.5000 ± 0.3536 0.9951 −0.4951 ✗", "–"],
    ]
    assert three == [
        ["Data set", "Independent CNN cnn", "AC (co) v1 <i>"],
        ["mnist"],
        ["F1 score", "0.5000 1 of 2 seeds", "–"],
        ["Precision", "– 0.9951", "–"],
        ["Recall", "–", "–"],
        ["digits"],
        ["F1 score", "–", "0.5000"],
        ["Precision", "–", "–"],
        ["Recall", "–", "–"],
    ]
    assert sum("swapped" in text for text in page.text["p"]) == 1
    assert "Tables 2 and 3 of the slides" in page.text["h2"]
    # The same runs in words.
    text = tables_as_text(read_runs(folders))
    assert "0.5000 ± 0.3536 (0.9951)" in text


def test_page_of_other_runs_has_no_tables(tmp_path):
    page = page_of(tmp_path)
    assert [kind for kind, _ in page.tables] == ["comparison"]
    assert len(page.find("section")) == 1
