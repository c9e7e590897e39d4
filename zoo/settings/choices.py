"""Choices that the command checks before TensorFlow is there; what acts on them is elsewhere."""

from collections.abc import Sequence

from zoo.errors import check_choice, check_installed

# How a run uses devices, see `zoo.distribution.choose_strategy`.
STRATEGIES = ("auto", "one", "mirrored", "multi_worker")
# What proposes the values of a search, see `zoo.tuning.resumable.make_oracle`.
TUNERS = ("bayesian", "hyperband", "random")
# What a run is logged to, see `zoo.training.tracking`.
TRACKERS = ("tensorboard", "mlflow", "wandb")
# How images reach a served model, see `zoo.serving.image_inputs`.
IMAGE_INPUTS = ("float", "uint8", "encoded")
# How many runs of a recipe a comparison may have, how many at a time, and in how many parts.
MOST_SEEDS, MOST_JOBS, MOST_SHARDS = 10_000, 1_000, 10_000


def check_trackers(names: Sequence[str]) -> None:
    """Raises `InputError` where a tracker is unknown or not installed."""
    for name in names:
        check_choice("tracker", name, TRACKERS)
        if name != "tensorboard":
            check_installed(name, name, f"The tracker {name!r}")
