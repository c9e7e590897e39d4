"""One run of a recipe in one folder: building, training, checkpoints, scores."""

from zoo.models.base.divergence import StopOnNonFiniteLoss
from zoo.training.building import build, build_estimator, load_data
from zoo.training.callbacks import Checkpoint
from zoo.training.cards import load_pretrained
from zoo.training.finished_runs import load_run
from zoo.training.runs import evaluate_run, run, started_recipe
