"""From a trained model to a server: SavedModels with named signatures, and answers from them."""

from zoo.errors import check_installed

check_installed("tensorflow_serving", "serving", "tensorflow-serving-api, by which the zoo serves,")

# Only now: the extra may be missing.
# ruff: noqa: E402
from zoo.serving.export import export_model, export_run
from zoo.serving.image_inputs import IMAGE_INPUTS
from zoo.serving.prediction import predict
from zoo.serving.signatures import Signature, signatures_of
