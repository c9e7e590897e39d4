import pathlib

import pytest
from report_pages import Page, make_run

import zoo
from zoo.report import write_report
from zoo.report.published_tables import published_tables, tables_as_text
from zoo.training.run_folder import Run


def run_of(label, dataset="bibtex", f1=(0.5,), published=None, model=None, source="", **scores):
    target = {} if published is None else dict(published)
    recipe = zoo.Recipe(label, model or label, dataset, target=target, source=source)
    scores = scores or {"example_f1": list(f1)}
    return Run(pathlib.Path(label), label, recipe, {"dataset": dataset, "scores": scores}, {}, {})


def names(table):
    return [tuple(heading) for heading, _ in table.groups[0][1]]


def test_label_sets_have_a_line_for_each_system_and_a_column_for_each_data_set():
    runs = [
        run_of("dvn", "bookmarks", published={"example_f1": 0.371}),
        run_of("mlp", "bibtex", (0.375, 0.385), {"example_f1": 0.389}),
        run_of("dvn", "bibtex", (0.44,), {"example_f1": 0.447}),
        run_of("dvn_inference", "bibtex", model="dvn"),
        run_of("fcn", "weizmann_horse", mean_iou=[0.7]),
        run_of("cnn", "mnist", accuracy=[0.9]),
    ]
    _, table, _ = published_tables(runs)
    assert (table.number, table.name) == (None, table.title)
    assert [column.title for column in table.columns] == ["bibtex", "bookmarks"]
    shown = {
        heading.title: [cell and (cell["ours"], cell["published"], cell["best"]) for cell in cells]
        for heading, cells in table.groups[0][1]
    }
    # Mean 0.38, sample deviation 0.005 · sqrt(2); 0.5 is the best of bibtex.
    assert shown == {
        "MLP": [("0.3800 ± 0.0071", "0.3890", False), None],
        "DVN": [("0.4400", "0.4470", False), ("0.5000", "0.3710", False)],
        "DVN + inference": [("0.5000", "–", True), None],
    }


def test_systems_stand_in_the_order_of_the_papers_and_the_rest_below():
    labels = ["mine", "dvn_stratified", "dvn", "infnet", "dvn_ground_truth", "spen_e2e", "spen"]
    runs = [run_of(label) for label in labels]
    runs += [run_of("spen (2)", model="spen"), run_of("deep", model="infnet")]
    [table] = published_tables(runs)
    assert names(table) == [
        ("SPEN", "spen"),
        ("SPEN", "spen (2)"),
        ("SPEN (end-to-end)", "spen_e2e"),
        ("InfNet", "infnet"),
        ("InfNet", "deep"),
        ("DVN", "dvn"),
        ("DVN + ground truth", "dvn_ground_truth"),
        ("DVN + stratified", "dvn_stratified"),
        ("mine", ""),
    ]


def test_data_sets_of_the_papers_come_first():
    met = ["arff:mine", "bookmarks", "delicious", "bibtex", "blocks"]
    [table] = published_tables([run_of("mlp", dataset) for dataset in met])
    assert [column.title for column in table.columns] == [
        *("blocks", "bibtex", "delicious", "bookmarks", "arff:mine")
    ]


def test_masks_have_a_table_of_their_own():
    runs = [
        run_of("dvn", "weizmann_horse", model="dvn_masks", mean_iou=[0.75]),
        run_of("adversarial_segmenter", "weizmann_horse", mean_iou=[0.8]),
        run_of(
            *("fcn", "weizmann_horse"),
            published={"mean_iou": 0.7856},
            mean_iou=[0.7],
            global_iou=[0.6],
        ),
    ]
    [table] = published_tables(runs)
    assert names(table) == [
        ("FCN", "fcn"),
        ("FCN + discriminator", "adversarial_segmenter"),
        ("DVN", "dvn"),
    ]
    cells = [line[0] for _, line in table.groups[0][1]]
    assert [cell["published"] for cell in cells] == ["0.7856", "–", "–"]
    assert [cell["best"] for cell in cells] == [False, True, False]


@pytest.mark.parametrize(
    ("runs", "notes"),
    [
        ([run_of("mlp", source="A paper")], []),
        (
            [
                run_of("mlp", published={"example_f1": 0.3}, source="One"),
                run_of("spen", published={"example_f1": 0.4}, source="Two"),
                run_of("dvn", published={"example_f1": 0.5}, source="One"),
                run_of("infnet", published={"hamming_loss": 0.1}, source="Three"),
            ],
            ["Published in: One; Two."],
        ),
    ],
)
def test_papers_of_the_numbers_that_are_shown_are_named(runs, notes):
    assert published_tables(runs)[0].notes == notes


def test_text_has_no_number():
    runs = [
        run_of("mlp", published={"example_f1": 0.389}, source="A paper"),
        run_of("spen", "delicious"),
    ]
    head, *rows = tables_as_text(runs).splitlines()
    assert not head.startswith("Table")
    assert rows == [
        "Model  bibtex           delicious",
        "MLP    0.5000 (0.3890)  –",
        "SPEN   –                0.5000",
        "Published in: A paper.",
    ]


def test_page_sets_them_apart_from_the_tables_of_the_slides(tmp_path):
    recipe = {"target": {"example_f1": 0.422}, "model": "spen", "source": "A paper"}
    folders = [
        make_run(tmp_path / "a", "cnn", "mnist", {"accuracy": [0.9]}, recipe={"model": "cnn"}),
        make_run(tmp_path / "b", "spen", "bibtex", {"example_f1": [0.4]}, recipe=recipe),
    ]
    page = Page(write_report(folders, tmp_path / "out"))
    assert page.text["h2"][:2] == ["Table 2 of the slides", "Beside the papers"]
    sections = [each["id"] for each in page.find("section") if "id" in each]
    assert sections == ["published-tables", "published-numbers"]
    two, f1 = (rows for kind, rows in page.tables if kind == "published-table")
    shown = [[" ".join(cell.split()) for cell in row] for row in f1]
    assert shown == [["Model", "bibtex"], ["SPEN spen", "0.4000 0.4220 −0.0220 ✗"]]
    assert len(two) == 2
    captions = page.text["caption"]
    assert ["Table" in caption for caption in captions if "F1" in caption] == [False]
