"""zoo/report/protocols.py: what was learned from stands in a column of its own."""

from report_pages import lines, measured

from zoo.report.published_tables import published_tables


def run_of(label, accuracy, labelled=60_000, dataset="mnist", target=None, **parts):
    rows = 2_000 if dataset == "mnist_2k2k" else 60_000
    parts |= {"train_rows": rows, "labelled_rows": min(labelled, rows)}
    target = {"accuracy": target} if target else {}
    return measured(label, {"accuracy": [accuracy]}, dataset, target, **parts)


RUNS = [
    run_of("vat_100", 0.95, 100, target=0.9864, model="vat"),
    run_of("src", 0.92, dataset="mnist_2k2k", target=0.8595),
    run_of("vat", 0.993, target=0.9936),
    run_of("ac_co_v2_1000", 0.97, 1000, model="ac_co_v2"),
    run_of("ladder_gamma_100", 0.96, 100, model="ladder"),
    run_of("ladder_100", 0.97, 100, model="ladder"),
]


def test_each_run_stands_in_the_column_of_what_it_learned_from():
    table_2, table = published_tables(RUNS)
    assert [title for _, title, _ in lines(table_2)] == ["VAT"]
    assert [c.title for c in table.columns] == [
        "all labels", "1,000 labels", "100 labels", "2,000 / 2,000 images"
    ]  # fmt: skip
    assert lines(table) == {
        ("mnist", "AC (co) v2, MSE", "ac_co_v2"): [None, ("0.9700", "–", False), None, None],
        ("mnist", "VAT", "vat"): [
            ("0.9930", "0.9936", False), None, ("0.9500", "0.9864", False), None
        ],
        ("mnist", "Ladder Networks", "ladder_gamma"): [None, None, ("0.9600", "–", False), None],
        ("mnist", "Ladder Networks", "ladder"): [None, None, ("0.9700", "–", True), None],
        ("mnist", "SRC", "src"): [None, None, None, ("0.9200", "0.8595", False)],
    }  # fmt: skip
    assert "SRC: 2,000 / 2,000 images" in table.notes[0] and "CatGAN" not in table.notes[0]


def test_runs_of_all_labels_need_no_such_table():
    assert [table.number for table in published_tables([RUNS[2]])] == [2]
