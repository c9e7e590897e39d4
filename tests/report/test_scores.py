import math

import pytest
from report_pages import measured

from zoo.kinds import Metric, known_metrics
from zoo.report.scores import compare, matrix, metric_of, rows_as


def only_row(scores, target=()):
    [[row]] = compare([measured(scores=scores, target=target)]).values()
    return row


@pytest.mark.parametrize(
    ("metric", "ours", "published", "difference", "verdict"),
    [
        ("separability_accuracy", 0.9317, 0.9257, "+0.0060", "better"),
        ("separability_accuracy", 0.9200, 0.9257, "−0.0057", "worse"),
        ("reconstruction_error", 0.0092, 0.0129, "−0.0037", "better"),
        ("reconstruction_error", 0.0150, 0.0129, "+0.0021", "worse"),
        ("psnr", 20.5, 21.25, "−0.75", "worse"),
        # 0.92573 and 0.9257 print alike, so neither is better.
        ("separability_accuracy", 0.92573, 0.9257, "0.0000", "same"),
        ("reconstruction_error", 0.01286, 0.0129, "0.0000", "same"),
        # A metric whose direction is not known is not judged.
        ("sharpness", 0.5, 0.25, "+0.2500", ""),
    ],
)
def test_difference_and_verdict(metric, ours, published, difference, verdict):
    row = only_row({metric: [ours]}, {metric: published})
    assert (row["difference"], row["verdict"]) == (difference, verdict)


def test_several_seeds_give_mean_and_sample_deviation():
    # Mean 0.92; sample deviation of (-0.01, 0, 0.01) is sqrt(0.0002 / 2) = 0.01.
    row = only_row({"accuracy": [0.91, 0.92, 0.93]}, {"accuracy": 0.9})
    assert row["ours"] == "0.9200 ± 0.0100"
    assert row["difference"] == "+0.0200"


def test_one_seed_has_no_deviation():
    assert only_row({"accuracy": [0.5]})["ours"] == "0.5000"


def test_nothing_published_and_nothing_measured_are_dashes():
    assert only_row({"accuracy": [0.5]})["published"] == "–"
    assert only_row({"accuracy": [0.5]})["difference"] == "–"
    row = only_row({}, {"macro_f1": 0.995})
    assert (row["ours"], row["published"], row["difference"]) == ("–", "0.9950", "–")


@pytest.mark.parametrize(
    ("value", "verdict"), [(math.inf, "better"), (-math.inf, "worse"), (math.nan, "")]
)
def test_values_that_are_not_finite_are_shown(value, verdict):
    row = only_row({"psnr": [value, value]}, {"psnr": 20.0})
    assert str(abs(value)) in row["ours"]
    assert row["verdict"] == verdict


def test_rows_group_by_data_set_then_metric_then_run():
    scores = {"psnr": [20.0], "separability_accuracy": [0.9], "a_new_one": [1.0]}
    runs = [measured("se_co", scores), measured("ae", {"psnr": [10.0]}, "cifar10")]
    groups = compare([*runs, measured("dae", {"psnr": [15.0]})])
    assert list(groups) == ["mnist", "cifar10"]
    assert [(row["metric"], row["label"], row["run"]) for row in groups["mnist"]] == [
        ("separability_accuracy", "se_co", 1),
        ("psnr", "se_co", 1),
        ("psnr", "dae", 3),
        ("a_new_one", "se_co", 1),
    ]
    assert [row["label"] for row in groups["cifar10"]] == ["ae"]


def test_only_errors_are_better_when_lower():
    lower = [n for n, metric in known_metrics().items() if metric.higher_is_better is False]
    errors = ["reconstruction_error", "corrupted_reconstruction_error"]
    others = ["generator_ratio", "expected_calibration_error", "hamming_loss"]
    distances = ["fid", "kid", "reconstruction_fid"]
    assert sorted(lower) == sorted([*others, *errors, *distances])
    assert metric_of("accuracy_blur_2").higher_is_better is True
    assert metric_of("a_new_one") == Metric("a_new_one", "A new one", "", 4, higher_is_better=None)


def test_best_of_each_metric_as_it_prints():
    runs = [
        measured("a", {"psnr": [20.0], "reconstruction_error": [0.01]}),
        measured("b", {"psnr": [22.001], "reconstruction_error": [0.02], "accuracy": [0.9]}),
        measured("c", {"psnr": [22.0, 22.0], "reconstruction_error": [math.nan]}),
        measured("d", {"psnr": [30.0]}, "cifar10"),
    ]
    rows = [row for rows in compare(runs).values() for row in rows]
    best = {(row["metric"], row["label"]) for row in rows if row["best"]}
    # 22.001 and 22 print alike; one value alone is the best of nothing.
    assert best == {("psnr", "b"), ("psnr", "c"), ("reconstruction_error", "a")}


def test_a_metric_of_no_known_direction_has_no_best():
    rows = compare([measured(scores={"sharpness": [each]}) for each in (1.0, 2.0)])["mnist"]
    assert [row["best"] for row in rows] == [False, False]


def test_a_threshold_is_shown_and_not_judged():
    found = {"threshold": [0.25], "hamming_loss": [0.1]}
    other = {"threshold": [0.15, 0.35], "hamming_loss": [0.2]}
    runs = [measured(scores=found, target={"threshold": 0.5}), measured(scores=other)]
    loss, worse, one, two = compare(runs)["mnist"]
    assert (loss["best"], worse["best"]) == (True, False)
    # Sample deviation of 0.15 and 0.35: 0.1 · sqrt(2).
    assert (one["ours"], two["ours"]) == ("0.25", "0.25 ± 0.14")
    assert (one["verdict"], one["best"], two["best"]) == ("", False, False)


@pytest.mark.parametrize(
    ("scores", "unit"),
    [({"example_f1": [0.5]}, "rows"), ({"mean_iou": [0.5]}, "images"), ({}, "images")],
)
def test_only_rows_of_label_sets_are_no_images(scores, unit):
    assert rows_as(scores) == unit


def test_says_where_a_metric_was_not_measured_with_every_seed():
    scores = {"psnr": [1.0, 2.0], "accuracy": [0.5, 0.5, 0.5]}
    run = measured(scores=scores, target={"mean_iou": 0.9}, seeds=[0, 1, 2])
    seeds = {row["metric"]: row["seeds"] for row in compare([run])["mnist"]}
    assert seeds == {"psnr": "2 of 3 seeds", "accuracy": "", "mean_iou": ""}


def test_matrix_has_a_line_per_run_and_a_column_per_metric():
    runs = [measured("z", {"psnr": [20.0]}), measured("a", {"accuracy": [0.5], "psnr": [10.0]})]
    table = matrix(compare(runs)["mnist"])
    assert [name for name, _ in table["metrics"]] == ["accuracy", "psnr"]
    shown = [
        (number, label, [cell and cell["ours"] for cell in cells])
        for number, label, cells in table["runs"]
    ]
    assert shown == [(1, "z", [None, "20.00"]), (2, "a", ["0.5000", "10.00"])]


def test_within_the_spread_of_the_best():
    # Mean 0.92 and sample deviation 0.01 of the best.
    best, near, far = [0.91, 0.92, 0.93], [0.912], [0.85, 0.95]
    runs = [measured(str(i), {"accuracy": each}) for i, each in enumerate((best, near, far))]
    [rows] = compare(runs).values()
    assert [(row["best"], row["near"]) for row in rows] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    # The best of one seed has no spread.
    [rows] = compare([measured("a", {"psnr": [20.0]}), measured("b", {"psnr": [19.9]})]).values()
    assert not any(row["near"] for row in rows)
