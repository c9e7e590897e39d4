import pytest
from report_pages import lines, make_run, measured, page_of

from zoo.report.published_tables import published_tables, tables_as_text


def run_of(label, dataset="bibtex", f1=(0.5,), published=(), model=None, source="", **scores):
    return measured(
        label, scores or {"example_f1": list(f1)}, dataset, published, source, model=model
    )


def columns(table):
    return [column.title for column in table.columns]


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
    assert columns(table) == ["bibtex", "bookmarks"]
    # Mean 0.38, sample deviation 0.005 · sqrt(2); 0.5 is the best of bibtex.
    assert lines(table) == {
        ("", "MLP", "mlp"): [("0.3800 ± 0.0071", "0.3890", False), None],
        ("", "DVN", "dvn"): [("0.4400", "0.4470", False), ("0.5000", "0.3710", False)],
        ("", "DVN + inference", "dvn_inference"): [("0.5000", "–", True), None],
    }


def test_systems_stand_in_the_order_of_the_papers_and_the_rest_below():
    labels = ["mine", "dvn_stratified", "dvn", "infnet", "dvn_ground_truth", "spen_e2e", "spen"]
    runs = [run_of(label) for label in labels]
    runs += [run_of("spen (2)", model="spen"), run_of("deep", model="infnet")]
    [table] = published_tables(runs)
    assert [heading for _, *heading in lines(table)] == [
        ["SPEN", "spen"],
        ["SPEN", "spen (2)"],
        ["SPEN (end-to-end)", "spen_e2e"],
        ["InfNet", "infnet"],
        ["InfNet", "deep"],
        ["DVN", "dvn"],
        ["DVN + ground truth", "dvn_ground_truth"],
        ["DVN + stratified", "dvn_stratified"],
        ["mine", ""],
    ]


def test_data_sets_of_the_papers_come_first():
    met = ["arff:mine", "bookmarks", "delicious", "bibtex", "blocks"]
    [table] = published_tables([run_of("mlp", dataset) for dataset in met])
    assert columns(table) == ["blocks", "bibtex", "delicious", "bookmarks", "arff:mine"]


def test_masks_have_a_table_of_their_own():
    horses, iou = "weizmann_horse", {"mean_iou": 0.7856}
    runs = [
        run_of("dvn", horses, model="dvn_masks", mean_iou=[0.75]),
        run_of("adversarial_segmenter", horses, mean_iou=[0.8]),
        run_of("fcn", horses, published=iou, mean_iou=[0.7], global_iou=[0.6]),
    ]
    [table] = published_tables(runs)
    assert lines(table) == {
        ("", "FCN", "fcn"): [("0.7000", "0.7856", False)],
        ("", "FCN + discriminator", "adversarial_segmenter"): [("0.8000", "–", True)],
        ("", "DVN", "dvn"): [("0.7500", "–", False)],
    }


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
    page = page_of(
        tmp_path,
        make_run(tmp_path / "a", "cnn", "mnist", {"accuracy": [0.9]}, recipe={"model": "cnn"}),
        make_run(tmp_path / "b", "spen", "bibtex", {"example_f1": [0.4]}, recipe=recipe),
    )
    assert page.text["h2"][:2] == ["Table 2 of the slides", "Beside the papers"]
    sections = [each["id"] for each in page.find("section") if "id" in each]
    assert sections == ["published-tables", "published-numbers"]
    two, f1 = page.tables_of("published-table")
    assert f1 == [["Model", "bibtex"], ["SPEN spen", "0.4000 0.4220 −0.0220 ✗"]]
    assert len(two) == 2
    captions = page.text["caption"]
    assert ["Table" in caption for caption in captions if "F1" in caption] == [False]
