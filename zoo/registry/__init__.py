"""What has a name: entry points of models and estimators, and trained models to take home."""

from zoo.registry.making import create_estimator, create_model
from zoo.registry.names import (
    described,
    entry_point,
    is_estimator,
    list_estimators,
    list_models,
    matching,
    parameters,
    register_estimator,
    register_model,
    settable,
    void_arguments,
)
