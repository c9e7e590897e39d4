"""zoo/score_table.py: which columns there are, whose numbers they hold, how they are aligned."""

import pathlib

import zoo
from zoo.comparison.score_table import Compared, score_table
from zoo.comparison.text_table import ScoreTable
from zoo.training.finished_runs import Run


def recipe(name, **target):
    return zoo.Recipe(name, *name.split("/"), target=target)


CO = recipe("se_co/mnist", separability_accuracy=0.9893, reconstruction_error=0.0123)
AE = recipe("ae/mnist", separability_accuracy=0.9262)


def compared(recipe, scores=None, seeds=1, diverged=None, seconds=90.0):
    """A row with a score for each finished seed."""
    run = None
    if scores:
        found = list(range(len(next(iter(scores.values())))))
        results = {"dataset": recipe.dataset, "seeds": found, "scores": scores, "seconds": seconds}
        run = Run(pathlib.Path("run"), "a label", recipe, results, {}, {})
    return Compared(recipe, seeds, run, diverged or {})


def cells(table):
    return [dict(zip(table.header, row, strict=True)) for row in table.rows]


def test_accuracy_is_the_separators_or_else_the_probes():
    table = score_table(
        [
            compared(CO, {"separability_accuracy": [0.99], "probe_accuracy": [0.98]}),
            compared(AE, {"probe_accuracy": [0.93], "reconstruction_error": [0.01234]}),
        ]
    )
    assert table.header == [
        "recipe", "accuracy", "published", "probe", "error", "published", "minutes",
    ]  # fmt: skip
    assert table.rows == [
        ["se_co/mnist", "0.9900", "0.9893", "0.9800", "–", "0.0123", "1.5"],
        ["ae/mnist", "0.9300", "0.9262", "0.9300", "0.0123", "–", "1.5"],
    ]


def test_other_accuracies_and_errors_that_were_measured_have_columns():
    scores = {
        "probe_accuracy": [0.5],
        "logistic_accuracy": [0.25],
        "reconstruction_error": [0.125],
        "corrupted_reconstruction_error": [0.75],
        "psnr": [20.0],
        "seconds_per_image": [3.0],
    }
    (row,) = cells(score_table([compared(AE, scores)]))
    assert row["logistic"] == "0.2500" and row["corrupted error"] == "0.7500"
    assert not {"psnr", "seconds per image", "seeds"} & set(row)


def test_a_recipe_without_a_run_shows_what_is_published():
    (row,) = cells(score_table([compared(AE)]))
    assert row["recipe"] == "ae/mnist" and row["published"] == "0.9262"
    assert row["accuracy"] == row["error"] == row["minutes"] == "–"
    # No time is none.
    (row,) = cells(score_table([compared(AE, {"probe_accuracy": [0.5]}, seconds=None)]))
    assert row["minutes"] == "–"


def test_seeds_are_a_mean_with_its_deviation_and_are_counted():
    # Sample standard deviation of 0.5, 0.6, 0.7: 0.1.
    scores, stopped = {"probe_accuracy": [0.5, 0.6, 0.7]}, {3: "Training stopped."}
    both = [compared(AE, scores, seeds=4, diverged=stopped), compared(CO, seeds=4)]
    rows = cells(score_table(both))
    assert rows[0]["accuracy"] == "0.6000 ± 0.1000"
    assert rows[0]["seeds"] == "3 of 4, 1 diverged" and rows[1]["seeds"] == "0 of 4"
    # As where a newer release scores more than the one before.
    some = {"probe_accuracy": [0.5, 0.6], "reconstruction_error": [0.25]}
    (row,) = cells(score_table([compared(AE, some, seeds=2)]))
    assert row["error"] == "0.2500 (1 of 2 seeds)" and row["seeds"] == "2 of 2"
    (row,) = cells(score_table([compared(CO, diverged={0: "Training stopped."})]))
    assert row["seeds"] == "0 of 1, 1 diverged"


def test_label_sets_and_masks_have_columns_of_their_own():
    spen, fcn = recipe("spen/bibtex", example_f1=0.422), recipe("fcn/horses", mean_iou=0.7856)
    labels = {"example_f1": [0.4], "label_f1": [0.3], "hamming_loss": [0.0125], "threshold": [0.2]}
    masks = compared(fcn, {"mean_iou": [0.75, 0.85]}, seeds=2)
    table = score_table([compared(spen, labels), masks])
    assert table.header == [
        *("recipe", "example f1", "published", "label f1", "hamming loss"),
        *("mean iou", "published", "minutes", "seeds"),
    ]
    # Sample standard deviation of 0.75 and 0.85: 0.05 · sqrt(2).
    assert table.rows == [
        ["spen/bibtex", "0.4000", "0.4220", "0.3000", "0.0125", "–", "–", "1.5", "–"],
        *[["fcn/horses", *4 * ["–"], "0.8000 ± 0.0707", "0.7856", "1.5", "2 of 2"]],
    ]


def test_label_sets_stand_beside_codes():
    sets = compared(recipe("spen/bibtex"), {"example_f1": [0.4]})
    table = score_table([sets, compared(AE, {"probe_accuracy": [0.9]})])
    assert table.header == ["recipe", "accuracy", "published", "probe", "example f1", "minutes"]
    assert table.rows[0] == ["spen/bibtex", "–", "–", "–", "0.4000", "1.5"]
    assert table.rows[1] == ["ae/mnist", "0.9000", "0.9262", "0.9000", "–", "1.5"]
    # A published number never stands without the column of ours.
    table = score_table([sets, compared(CO)])
    assert table.header == [
        *("recipe", "accuracy", "published", "example f1", "error", "published", "minutes")
    ]


def test_columns_are_aligned():
    table = ScoreTable(["recipe", "error"], [["a", "0.5"], ["longer", "0.25 ± 0.1"]])
    assert table.text().splitlines() == [
        "recipe       error",
        "------  ----------",
        "a              0.5",
        "longer  0.25 ± 0.1",
    ]
    assert table.text() == "\n".join([table.head(), table.line(0), table.line(1)])


def test_markdown_has_a_bar_between_cells_only():
    table = ScoreTable(["recipe", "error"], [["a|b\n<i>", "0.5"]])
    row = "| a\\|b\\n&lt;i&gt; | 0.5 |\n"
    assert table.markdown() == "| recipe | error |\n| --- | ---: |\n" + row
    assert table.line(0) == "a|b\\n<i>    0.5"
