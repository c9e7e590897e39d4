"""Codes of images, which tell of the classes, and from which the images are rebuilt."""

from zoo.evaluation.codes import evaluate_codes
from zoo.kinds import Column, Metric, Task, register_task
from zoo.report import feature_profiles, panels, side_by_side
from zoo.report.panels import Panel
from zoo.serving.answers import ANSWERS

RECONSTRUCTION_ERROR = Metric(
    "reconstruction_error",
    "Reconstruction error",
    "the mean squared error per pixel on [0, 1], over clean test images; of rows of features "
    "that of standardized ones",
    higher_is_better=False,
)
SCATTER = Panel(
    "scatter",
    lambda run, folded: panels.scatter(run.arrays, panels.resolution(folded)),
    "scatter.html",
)
GRIDS = Panel("grids", lambda run, folded: panels.grids(run.arrays, folded), "grids.html")
FEATURE_ERRORS = Panel(
    "feature_errors", lambda run, folded: feature_profiles.feature_errors(run.arrays)
)
SHEETS = Panel("sheets", side_by_side.sheets, "sheets_beside.html")


_METRICS = (
    Metric(
        "separability_accuracy",
        "Separability accuracy",
        "the share of test images whose class the model's own separator reads from the code",
    ),
    Metric(
        "probe_accuracy",
        "Probe accuracy",
        "the share of test images classified by one common probe for every model: an SVC with an "
        "RBF kernel, fitted on clean training codes",
    ),
    Metric(
        "logistic_accuracy",
        "Logistic accuracy",
        "as the probe accuracy, by logistic regression on standardized codes",
    ),
    Metric(
        "neighbours_accuracy",
        "Neighbors accuracy",
        "as the probe accuracy, by the vote of the five nearest training codes",
    ),
    Metric(
        "active_units",
        "Active units",
        "the dimensions of the code whose mean varies from image to image",
    ),
)
_IMAGE_METRICS = (
    RECONSTRUCTION_ERROR,
    Metric(
        "corrupted_reconstruction_error",
        "Error from corrupted images",
        "the mean squared error per pixel against the clean test image of what is rebuilt from "
        "the image with Gaussian noise of standard deviation 0.5, the same for every model",
        higher_is_better=False,
    ),
    Metric(
        "psnr",
        "PSNR",
        "the peak signal-to-noise ratio of the reconstructions, in decibels (dB)",
        digits=2,
    ),
)
# Of `zoo evaluate --generation`, see `zoo.evaluation.evaluate_generation`.
GENERATION = (
    Metric(
        "fid",
        "FID",
        "the Fréchet distance of drawn images from test images, in the features of a small "
        "network of the zoo's own: not to be set beside the FIDs of papers",
        digits=2,
        higher_is_better=False,
    ),
    Metric(
        "kid",
        "KID",
        "the kernel distance of the same images in the same features",
        digits=2,
        higher_is_better=False,
    ),
    Metric(
        "reconstruction_fid",
        "Reconstruction FID",
        "as the FID, of the test images rebuilt",
        digits=2,
        higher_is_better=False,
    ),
    Metric(
        "training_fid",
        "FID of training images",
        "as the FID, of training images in place of made ones: what can be reached",
        digits=2,
        higher_is_better=None,
    ),
)
_FACTORS = (
    Metric(
        "mutual_information_gap",
        "MIG",
        "the mutual information gap: how much more one dimension of the code tells of a known "
        "factor than any other",
    ),
    Metric(
        "disentanglement",
        "Disentanglement",
        "of DCI: whether each dimension of the code tells one factor only",
    ),
    Metric(
        "completeness",
        "Completeness",
        "of DCI: whether one dimension of the code alone tells each factor",
    ),
    Metric(
        "informativeness",
        "Informativeness",
        "of DCI: the mean accuracy with which boosted trees read the factors from the code",
    ),
)
# Of rows of features, see `zoo.evaluation.rows_of_features.figures_of_rows`.
ROWS_OF_FEATURES = {
    "feature_means": "numbers (features)",
    "feature_deviations": "numbers (features)",
    "feature_errors": "numbers (features)",
    "rows_given": "numbers (given, features)",
    "rows_rebuilt": "numbers (given, features)",
    "rows_sampled": "numbers (sampled, features)",
    "row_traversals": "numbers (walks, steps, features)",
    "class_profiles": "numbers (profiles, features)",
}
_ARRAYS = {
    "codes": "numbers (codes, size, ...)",
    "labels": "whole numbers (codes)",
    "code_images": "whole numbers (seen, high, wide, colors)",
    "originals": "numbers (images, height, width, channels)",
    "reconstructions": "numbers (images, height, width, channels)",
    "corrupted": "numbers (corrupted, height, width, channels)",
    "corrupted_reconstructions": "numbers (corrupted, height, width, channels)",
    "samples": "numbers (samples, height, width, channels)",
    "traversals": "numbers (traversals, steps, height, width, channels)",
    "traversal_steps": "numbers (...)",
    **ROWS_OF_FEATURES,
}
CODES = register_task(
    Task(
        "codes",
        metrics=_METRICS,
        image_metrics=(*_IMAGE_METRICS, *GENERATION, *_FACTORS),
        score=evaluate_codes,
        data="classes",
        needs="rows with one class each",
        rows="images",
        objectives=("accuracy", "reconstruction_error"),
        answer=lambda model, prediction: {"reconstruction": prediction},
        describe=ANSWERS["codes"],
        arrays=_ARRAYS,
        panels=(
            SCATTER,
            GRIDS,
            Panel(
                "samples",
                lambda run, folded: None if folded else panels.samples(run.arrays),
                "samples.html",
            ),
            Panel(
                "traversals",
                lambda run, folded: None if folded else panels.traversals(run.arrays),
                "traversals.html",
            ),
            FEATURE_ERRORS,
            Panel("walk", lambda run, folded: feature_profiles.row_traversals(run.arrays)),
        ),
        beside=(
            SHEETS,
            Panel(
                "samples",
                lambda runs: side_by_side.each(runs, panels.samples),
                "samples_beside.html",
            ),
            Panel(
                "traversals",
                lambda runs: side_by_side.each(runs, panels.traversals),
                "traversals_beside.html",
            ),
        ),
        columns=(
            Column(
                "accuracy",
                ("separability_accuracy", "probe_accuracy"),
                ("probe_accuracy", "logistic_accuracy", "neighbours_accuracy"),
            ),
            Column("error", ("reconstruction_error",), ("corrupted_reconstruction_error",)),
        ),
        reduced=True,
    )
)
